package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/profiled"
)

// fleet is the command of that name, with devices that are registered.
type fleet struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	ended   func() error // waits for its end, once

	mu   sync.Mutex
	told bool // all that it is told
}

// buildFleet builds the command.
func (b *bench) buildFleet(ctx context.Context) error {
	if b.profiles != "" {
		return profiled.Build(ctx, filepath.Join(b.site.Root, "test"), "./cmd/fleet", b.fleet)
	}
	return b.site.Network.BuildCommand(ctx, "fleet", b.fleet)
}

// warmUp is how long devices may send before they are measured, and afterwards, in which they must not run
// out of what to say.
const warmUp = 30 * time.Second

// startFleet starts devices, and registers them.
func (b *bench) startFleet(ctx context.Context, u *underway) (*fleet, error) {
	mqtt := b.network.MQTT
	args := []string{"--prefix", u.prefix, "--devices", strconv.Itoa(u.devices), "--messages", strconv.Itoa(u.messages),
		"--readings", strconv.Itoa(u.readings), "--window", strconv.Itoa(max(u.window, 1)), "--rate", strconv.FormatFloat(u.rate, 'f', -1, 64),
		"--mqtt", strings.TrimPrefix(mqtt.URL, "ssl://"), "--ca", mqtt.CAFile, "--consortium", b.network.Consortium, "--owner", member}
	if u.anchored {
		args = append(args, "--first", "1")
	}
	if u.timed {
		args = append(args, "--times", b.times(u.prefix))
	}
	cmd := exec.CommandContext(ctx, b.fleet, args...) //nolint:gosec // ours
	cmd.Stderr, cmd.Dir = os.Stderr, b.site.Work
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the fleet: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the fleet: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the fleet: %w", err)
	}
	f := &fleet{process: cmd, in: in, out: bufio.NewScanner(out), ended: sync.OnceValue(cmd.Wait)}
	if err := b.register(ctx, f, u.devices); err != nil {
		f.end()
		return nil, err
	}
	return f, nil
}

// registering is how many devices are registered at once.
const registering = 200

// register registers the devices, and lets them get ready.
func (b *bench) register(ctx context.Context, f *fleet, devices int) error {
	operator, err := app.New(b.network, member, waymark.Operator)
	if err != nil {
		return err
	}
	defer operator.Close()
	for left := devices; left > 0; {
		request := waymark.RegisterManyRequest{Activate: true}
		for range min(left, registering) {
			registration, err := f.line()
			if err != nil {
				return err
			}
			request.Registrations = append(request.Registrations, registration)
		}
		left -= len(request.Registrations)
		if _, err := operator.RegisterManyDevices(ctx, request); err != nil {
			return fmt.Errorf("register devices: %w", err)
		}
	}
	if err := f.say("sign"); err != nil {
		return err
	}
	ready, err := f.line()
	if err == nil && ready != "ready" {
		err = fmt.Errorf("the fleet says %q", ready)
	}
	return err
}

// pid is the process's id.
func (f *fleet) pid() int { return f.process.Process.Pid }

// line is the next that it prints.
func (f *fleet) line() (string, error) {
	if !f.out.Scan() {
		return "", errors.Join(errors.New("the fleet prints no more"), f.out.Err())
	}
	return f.out.Text(), nil
}

// begin lets the devices publish, and returns when the first message is due if they do that at a rate.
func (f *fleet) begin(atRate bool) (due time.Time, err error) {
	if err := f.say("publish"); err != nil || !atRate {
		return due, err
	}
	line, err := f.line()
	if err != nil {
		return due, err
	}
	since1970, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		return due, fmt.Errorf("the fleet says %q", line)
	}
	return time.Unix(0, since1970), nil
}

// say tells it a line, or several. Once it was told all it says nothing.
func (f *fleet) say(lines string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told {
		return nil
	}
	if _, err := io.WriteString(f.in, lines+"\n"); err != nil {
		return fmt.Errorf("tell the fleet: %w", err)
	}
	return nil
}

// tell says how many more messages are recorded of each device.
func (f *fleet) tell(counts map[string]int) error {
	var lines []string
	for place, n := range counts {
		lines = append(lines, place+" "+strconv.Itoa(n))
	}
	if len(lines) == 0 {
		return nil
	}
	return f.say(strings.Join(lines, "\n"))
}

// finish ends the devices once each message has its PUBACK, and returns how many were published.
func (f *fleet) finish() (int, error) {
	if err := f.close(); err != nil {
		return 0, err
	}
	line, err := f.line()
	if err != nil {
		return 0, errors.Join(err, f.ended())
	}
	published, err := strconv.Atoi(line)
	if err != nil {
		return 0, fmt.Errorf("the fleet says %q", line)
	}
	return published, f.ended()
}

// close tells it that this was all.
func (f *fleet) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told {
		return nil
	}
	f.told = true
	return f.in.Close()
}

// end ends it, whatever it does.
func (f *fleet) end() {
	_ = f.process.Process.Kill() // it may have ended
	_ = f.ended()                // so it does not end well
	_ = f.close()
}
