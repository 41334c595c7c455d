package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// maxFleet bounds the devices of one process.
const maxFleet = 100_000

// fleet says which devices a command is about.
type fleet struct {
	dir    string
	ids    []string
	count  int
	prefix string
}

func (f *fleet) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "dir", ".waymark/devices", "folder that holds one folder for each device")
	flags.StringSliceVar(&f.ids, "id", nil, "device id; several are separated by commas")
	flags.IntVar(&f.count, "count", 0, "instead of --id: this many devices, PREFIX1 to PREFIXn")
	flags.StringVar(&f.prefix, "prefix", "logger-", "start of the ids that --count makes")
}

// list returns the ids, all valid and all different.
func (f *fleet) list() ([]string, error) {
	ids := f.ids
	switch {
	case (len(ids) > 0) == (f.count > 0):
		return nil, errors.New("give either --id or --count")
	case f.count < 0 || f.count > maxFleet:
		return nil, fmt.Errorf("--count must be 1 to %d", maxFleet)
	case f.count > 0:
		for n := range f.count {
			ids = append(ids, fmt.Sprintf("%s%d", f.prefix, n+1))
		}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if err := waymark.ValidateID("/id", id); err != nil {
			return nil, fmt.Errorf("device id %q: %w", id, err)
		}
		if seen[id] {
			return nil, fmt.Errorf("device id %s is there twice", id)
		}
		seen[id] = true
	}
	return ids, nil
}

// each opens the devices one after another and calls do with each.
func (f *fleet) each(do func(*device.Device) error) error {
	ids, err := f.list()
	if err != nil {
		return err
	}
	for _, id := range ids {
		d, err := device.Open(f.dir, id)
		if err != nil {
			return err
		}
		if err := errors.Join(do(d), d.Close()); err != nil {
			return fmt.Errorf("device %s: %w", id, err)
		}
	}
	return nil
}
