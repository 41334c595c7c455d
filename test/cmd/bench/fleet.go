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
func (b *bench) startFleet(ctx context.Context, prefix string, readings, window int) (*fleet, error) {
	a, mqtt := b.amounts, b.network.MQTT
	messages := int((a.each+warmUp).Seconds())*a.ceiling/a.devices + window
	cmd := exec.CommandContext(ctx, b.fleet, "--prefix", prefix, "--devices", strconv.Itoa(a.devices), "--messages", strconv.Itoa(messages), //nolint:gosec // ours
		"--readings", strconv.Itoa(readings), "--window", strconv.Itoa(window), "--mqtt", strings.TrimPrefix(mqtt.URL, "ssl://"), "--ca", mqtt.CAFile,
		"--consortium", b.network.Consortium, "--owner", member)
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
	if err := b.register(ctx, f); err != nil {
		f.end()
		return nil, err
	}
	return f, nil
}

// registering bounds how many devices are registered at once.
const registering = 32

// register registers the devices, and lets them get ready.
func (b *bench) register(ctx context.Context, f *fleet) error {
	operator, err := app.New(b.network, member, waymark.Operator)
	if err != nil {
		return err
	}
	defer operator.Close()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	places := make(chan struct{}, registering)
	var working sync.WaitGroup
	for range b.amounts.devices {
		registration, err := f.line()
		if err != nil {
			fail(err)
			break
		}
		places <- struct{}{}
		working.Go(func() {
			defer func() { <-places }()
			if _, err := operator.RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: registration, Activate: true}); err != nil {
				fail(fmt.Errorf("register a device: %w", err))
			}
		})
	}
	working.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := f.say("sign"); err != nil {
		return err
	}
	ready, err := f.line()
	if err == nil && ready != "ready" {
		err = fmt.Errorf("the fleet says %q", ready)
	}
	return errors.Join(err, context.Cause(ctx))
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

// begin lets the devices publish.
func (f *fleet) begin() error { return f.say("publish") }

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
