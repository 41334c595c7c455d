package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// quarantine runs one of its commands against the running bridge, which holds
// the spool.
func quarantine(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := newFlags()
	path := flags.String("config", "", "configuration file (YAML)")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	c, err := config.Load(*path, os.Environ())
	if err != nil {
		return err
	}
	client, err := adminClient(c)
	if err != nil {
		return err
	}
	return command(ctx, client, args[0], flags.Args(), out)
}

// adminClient is a client of the running bridge.
func adminClient(c config.Config) (*admin.Client, error) {
	token, err := admin.ReadToken(c.AdminToken())
	if err != nil {
		return nil, err
	}
	return admin.NewClient(c.Listen, token), nil
}

func command(ctx context.Context, client *admin.Client, name string, numbers []string, out io.Writer) error {
	switch name {
	case "list":
		return list(ctx, client, out)
	case "export":
		return export(ctx, client, out)
	case "devices":
		return devices(ctx, client, out)
	case "show":
		return each(numbers, func(n uint64) error { return show(ctx, client, n, out) })
	case "replay":
		return each(numbers, func(n uint64) error { return client.Replay(ctx, n) })
	case "drop":
		return each(numbers, func(n uint64) error { return client.Drop(ctx, n) })
	case "withdraw":
		return each(numbers, func(n uint64) error { return client.Withdraw(ctx, n) })
	}
	return errUsage
}

func list(ctx context.Context, client *admin.Client, out io.Writer) error {
	return client.Each(ctx, func(q spool.Quarantined) error {
		_, err := fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%q\t%d times\n", q.Number, q.Received.Format(time.RFC3339), q.Device, q.Code, q.Detail, q.Repeats+1)
		return err
	})
}

// devices writes what each device has, and full for those that are refused.
func devices(ctx context.Context, client *admin.Client, out io.Writer) error {
	accounts, err := client.Devices(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		state := "room"
		if a.Full {
			state = "full"
		}
		if _, err := fmt.Fprintf(out, "%s\t%d messages\t%d bytes\t%d held\t%s\n", a.Device, a.Messages, a.Bytes, a.Held, state); err != nil {
			return err
		}
	}
	return nil
}

// export writes one JSON document a line, bytes included.
func export(ctx context.Context, client *admin.Client, out io.Writer) error {
	encoder := json.NewEncoder(out)
	return client.Each(ctx, func(q spool.Quarantined) error { return encoder.Encode(q) })
}

func show(ctx context.Context, client *admin.Client, number uint64, out io.Writer) error {
	q, err := client.Show(ctx, number)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(q)
}

func each(numbers []string, act func(uint64) error) error {
	if len(numbers) == 0 {
		return errors.New("name at least one message by its number (see quarantine list)")
	}
	for _, text := range numbers {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return fmt.Errorf("%q is no message number", text)
		}
		if err := act(n); err != nil {
			return err
		}
	}
	return nil
}
