// Command fleet is devices in one process of its own, which publish as fast as they are let, or at a rate: what
// `make bench` loads the whole way with. It does as it is told on standard input, a line each:
//
//	(at once)        prints each device's signed registration, a line each
//	sign             signs all messages, connects the devices, and prints "ready"
//	publish          lets them publish; with --rate it prints when the first message is due, in nanoseconds since 1970
//	DEVICE COUNT     so many more messages of a device, by its place from 0 on, are recorded
//	more             lets them go on after --first
//	(end of input)   ends them once each message has its PUBACK, and prints how many were published
//
// A device has at most --window messages under way: published and not recorded. With --rate it has as many as come to be: the devices take turns,
// and each publishes when its message is due, whatever became of those before, so that nothing that is slow is asked less. A device signs beforehand, so
// that its processor time is that of sending alone, and it keeps nothing: what fails ends the command. With --times it says in the end when each message was published.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/command"
)

func main() {
	command.Main("fleet", func(ctx context.Context, args []string) error { return run(ctx, args, os.Stdin, os.Stdout) })
}

// timeout bounds the whole run.
const timeout = 20 * time.Minute

// options say what the devices are and where they publish.
type options struct {
	prefix     string
	devices    int
	messages   int // of a device, at most
	readings   int // of a message
	window     int
	first      int     // messages of a device before all wait for "more"; 0: none does
	times      string  // file for when each message was published; none if it is empty
	rate       float64 // messages a second of all devices; 0: as fast as window lets them
	broker     string
	caFile     string
	consortium string
	owner      string
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.StringVar(&o.prefix, "prefix", "fleet-", "start of the devices' ids")
	flags.IntVar(&o.devices, "devices", 100, "devices, 1 to 20000")
	flags.IntVar(&o.messages, "messages", 100, "messages that a device has, 1 to 1000000; it is an error if it had more to send")
	flags.IntVar(&o.readings, "readings", 1, "readings of a message, 1 to 100")
	flags.IntVar(&o.window, "window", 64, "messages of a device that may be under way, 1 to 10000")
	flags.IntVar(&o.first, "first", 0, "messages of a device after which it waits until it is told more, 1 to 1000000; without it none waits")
	flags.StringVar(&o.times, "times", "", "file for when each message was published: JSON, an array of each device, in nanoseconds since 1970")
	flags.Float64Var(&o.rate, "rate", 0, "messages a second of all devices together, above 0 to 100000; without it --window is what bounds them")
	flags.StringVar(&o.broker, "mqtt", "", "host:port of the broker, which speaks TLS")
	flags.StringVar(&o.caFile, "ca", "", "PEM file with the CA of the broker")
	flags.StringVar(&o.consortium, "consortium", "waymark", "the consortium that messages are for")
	flags.StringVar(&o.owner, "owner", "producer", "the member that owns the devices")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for name, is := range map[string]bool{
		"devices": within(o.devices, 20_000), "messages": within(o.messages, 1_000_000), "readings": within(o.readings, 100),
		"window": within(o.window, 10_000), "first": o.first >= 0 && o.first <= 1_000_000, "rate": o.rate >= 0 && o.rate <= 100_000, "mqtt": o.broker != "",
	} {
		if !is {
			return o, fmt.Errorf("--%s is out of its bounds", name)
		}
	}
	return o, nil
}

func within(n, most int) bool { return n >= 1 && n <= most }

// headStart is how long devices have to get ready before their first message is due.
const headStart = 100 * time.Millisecond

// errEnded is the end of the input before all was said.
var errEnded = errors.New("the input has ended too soon")

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	f, err := newFleet(o)
	if err != nil {
		return err
	}
	if err := f.introduce(out); err != nil {
		return err
	}
	told := bufio.NewScanner(in)
	if err := expect(told, "sign"); err != nil {
		return err
	}
	if err := errors.Join(f.sign(ctx), f.connect(ctx)); err != nil {
		return err
	}
	defer f.disconnect()
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if err := expect(told, "publish"); err != nil {
		return err
	}
	return f.run(ctx, told, out)
}

// run has the devices publish, and says when that begins if it is at a rate, and how many messages it was.
func (f *fleet) run(ctx context.Context, told *bufio.Scanner, out io.Writer) error {
	if f.rate > 0 {
		f.start = time.Now().Add(headStart)
		if _, err := fmt.Fprintln(out, f.start.UnixNano()); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	if err := errors.Join(f.publish(ctx, told), f.saveTimes()); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, f.published()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// expect reads a line that has to be there.
func expect(told *bufio.Scanner, want string) error {
	if !told.Scan() {
		return errors.Join(errEnded, told.Err())
	}
	if told.Text() != want {
		return fmt.Errorf("%q instead of %q", told.Text(), want)
	}
	return nil
}
