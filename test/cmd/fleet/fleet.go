package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

// fleet is all devices of the process.
type fleet struct {
	options
	all   []*device
	more  chan struct{} // closed when devices may go on after first
	start time.Time     // when the first message is due; with a rate alone
}

func newFleet(o options) (*fleet, error) {
	f := &fleet{options: o, more: make(chan struct{})}
	for n := range o.devices {
		s, err := speaker.New(fmt.Sprintf("%s%d", o.prefix, n), o.consortium)
		if err != nil {
			return nil, err
		}
		f.all = append(f.all, newDevice(s, o))
	}
	return f, nil
}

// introduce prints the registrations.
func (f *fleet) introduce(out io.Writer) error {
	lines := bufio.NewWriter(out)
	for _, d := range f.all {
		text, err := d.speaker.Registration(f.owner)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(lines, text) // Flush says what failed
	}
	if err := lines.Flush(); err != nil {
		return fmt.Errorf("print registrations: %w", err)
	}
	return nil
}

// sign signs what each device has to say.
func (f *fleet) sign(ctx context.Context) error {
	return f.each(ctx, runtime.NumCPU(), func(d *device) error {
		d.messages = make([][]byte, f.messages)
		for i := range d.messages {
			signed, err := d.speaker.Say(time.Now(), f.readings)
			if err != nil {
				return err
			}
			d.messages[i] = signed.Raw
		}
		return nil
	})
}

// connecting bounds how many connect at once.
const connecting = 16

// connect connects all devices.
func (f *fleet) connect(ctx context.Context) error {
	roots, err := client.Roots(f.caFile)
	if err != nil {
		return err
	}
	settings := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return f.each(ctx, connecting, func(d *device) error { return d.connect(ctx, f.broker, settings) })
}

func (f *fleet) disconnect() {
	for _, d := range f.all {
		d.disconnect()
	}
}

// each does something with each device, so many at once, until something fails.
func (f *fleet) each(ctx context.Context, atOnce int, do func(*device) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	places := make(chan struct{}, atOnce)
	var doing sync.WaitGroup
	for _, d := range f.all {
		places <- struct{}{}
		doing.Go(func() {
			defer func() { <-places }()
			if ctx.Err() != nil {
				return
			}
			if err := do(d); err != nil {
				fail(fmt.Errorf("%s: %w", d.speaker.ID, err))
			}
		})
	}
	doing.Wait()
	return context.Cause(ctx)
}

// publish has the devices publish until what is told has ended, and each message its PUBACK.
func (f *fleet) publish(ctx context.Context, told *bufio.Scanner) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	stop := make(chan struct{})
	var working sync.WaitGroup
	for place, d := range f.all {
		next := d.place
		if f.rate > 0 {
			next = f.due(place).wait(d)
		}
		working.Go(func() {
			if err := d.publish(ctx, stop, d.after(f.first, f.more, next)); err != nil {
				fail(fmt.Errorf("%s: %w", d.speaker.ID, err))
			}
		})
		working.Go(func() {
			if err := d.collect(); err != nil {
				fail(fmt.Errorf("%s: %w", d.speaker.ID, err))
			}
		})
	}
	// Closing connections is all that ends a read.
	ended := context.AfterFunc(ctx, f.disconnect)
	defer ended()
	heard := make(chan error, 1)
	go func() { heard <- f.hear(told) }() // ends with the input, or the process
	select {
	case err := <-heard:
		if err != nil {
			fail(err)
		}
	case <-ctx.Done():
	}
	close(stop)
	working.Wait()
	return context.Cause(ctx)
}

// hear passes on what is recorded, until the end of the input.
func (f *fleet) hear(told *bufio.Scanner) error {
	for told.Scan() {
		take := f.recorded
		if told.Text() == "more" {
			take = f.goOn
		}
		if err := take(told.Text()); err != nil {
			return err
		}
	}
	return told.Err()
}

// goOn lets devices go on that wait.
func (f *fleet) goOn(string) error {
	if f.first == 0 || f.goesOn() {
		return errors.New("nobody waits for more")
	}
	close(f.more)
	return nil
}

// recorded takes a line that says how many more messages of a device are.
func (f *fleet) recorded(line string) error {
	var place, count int
	if _, err := fmt.Sscan(line, &place, &count); err != nil || place < 0 || place >= len(f.all) || count < 1 {
		return errors.Join(fmt.Errorf("%.80q is no device and count", line), err)
	}
	if f.rate > 0 { // nothing waits for that
		return nil
	}
	if err := f.all[place].recorded(count); err != nil {
		return fmt.Errorf("%s: %w", f.all[place].speaker.ID, err)
	}
	return nil
}

// published is how many messages all together have published.
func (f *fleet) published() (n int) {
	for _, d := range f.all {
		n += len(d.sent)
	}
	return n
}

// goesOn reports whether devices were let go on.
func (f *fleet) goesOn() bool {
	select {
	case <-f.more:
		return true
	default:
		return false
	}
}

// saveTimes writes when each message was published, if a file is named.
func (f *fleet) saveTimes() error {
	if f.times == "" {
		return nil
	}
	all := make([][]int64, len(f.all))
	for i, d := range f.all {
		for _, at := range d.sent {
			all[i] = append(all[i], at.UnixNano())
		}
	}
	encoded, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode times: %w", err)
	}
	if err := os.WriteFile(f.times, encoded, 0o600); err != nil {
		return fmt.Errorf("write times: %w", err)
	}
	return nil
}
