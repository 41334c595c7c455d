package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/profiled"
)

// during measures for a time what becomes of messages, and has the processes profiled meanwhile if they are to
// be. name is that of what is measured.
func (b *bench) during(ctx context.Context, name string, each time.Duration, messages func() int) (spent, error) {
	taken := make(chan error, 1)
	go func() { taken <- b.profile(ctx, name, each) }()
	measured, err := b.between(ctx, each, messages)
	return measured, errors.Join(err, <-taken)
}

// between takes a sample, waits, and takes another.
func (b *bench) between(ctx context.Context, each time.Duration, messages func() int) (spent, error) {
	before, err := b.meter.sample(messages())
	if err != nil {
		return spent{}, err
	}
	if err := pause(ctx, each); err != nil {
		return spent{}, err
	}
	after, err := b.meter.sample(messages())
	if err != nil {
		return spent{}, err
	}
	return after.since(before), nil
}

// profile takes profiles of the network's processes, of the fleet if there is one, and of this process.
func (b *bench) profile(ctx context.Context, name string, each time.Duration) error {
	if b.profiles == "" {
		return nil
	}
	named := maps.Clone(b.meter.named)
	for _, p := range b.meter.processes[devices] {
		named[string(devices)] = int(p)
	}
	sources := map[string]profiled.Source{}
	for process, pid := range named {
		source, err := profiled.Of(b.network, process, pid)
		if err != nil {
			return err
		}
		sources[process] = source
	}
	return profiled.Take(ctx, filepath.Join(b.profiles, strings.TrimSuffix(name, "_")), string(client), sources, int(each.Seconds()))
}

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
