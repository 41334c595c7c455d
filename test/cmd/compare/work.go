package main

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/command"
	"github.com/waymark-ledger/waymark/test/internal/fabriciot"
	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// The sides.
const (
	fabricIoT = "fabric_iot"
	ourSide   = "waymark"
)

// sides are measured in this order at an even level, in the other at an odd one.
func sides() []string { return []string{fabricIoT, ourSide} }

// work is a row of the table: one thing that both sides do.
type work struct {
	name  string            // in the figures
	title string            // in the table
	calls map[string]string // by side: what is called, in the table
	reads bool
	// prepare puts on the ledger what the calls need, if anything.
	prepare func(ctx context.Context) error
	// next makes the nth call of a worker, by side. inFlight tells the levels apart.
	next map[string]func(inFlight, worker, n int) (call, error)
}

// level is how many calls are made, and how many at once.
type level struct {
	inFlight, writes, reads int
}

// loads are the levels of a run.
type loads struct {
	levels []level
	limit  time.Duration // of a cell
}

const callTimeout = 30 * time.Second

func (s settings) loads() loads {
	if s.Quick {
		return loads{levels: []level{{1, 3, 5}, {4, 8, 20}}, limit: 5 * time.Second}
	}
	return loads{levels: []level{{1, 40, 400}, {16, 400, 3000}, {64, 1200, 6000}}, limit: 20 * time.Second}
}

// row is what was measured of a work: by side, then by level.
type row struct {
	work  work
	cells map[string][]result
}

// result is a cell with its level.
type result struct {
	inFlight int
	cell     timing.Cell
}

// measure prepares and measures every work.
func measure(ctx context.Context, c *clients, l loads) ([]row, error) {
	command.Progress("register members, warm up")
	b := newBench(c, l)
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	var rows []row
	for _, w := range b.works() {
		command.Progress(w.title)
		if w.prepare != nil {
			if err := w.prepare(ctx); err != nil {
				return nil, fmt.Errorf("prepare %s: %w", w.name, err)
			}
		}
		r, err := b.measure(ctx, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// measure measures one work at every level, the sides in turn.
func (b *bench) measure(ctx context.Context, w work) (row, error) {
	r := row{work: w, cells: map[string][]result{}}
	for i, level := range b.loads.levels {
		for turn := range sides() {
			side := sides()[(turn+i)%len(sides())]
			cell, err := b.cell(ctx, w, side, level)
			if err != nil {
				return r, fmt.Errorf("%s: %w", side, err)
			}
			r.cells[side] = append(r.cells[side], result{level.inFlight, cell})
		}
	}
	return r, nil
}

func (b *bench) cell(ctx context.Context, w work, side string, at level) (timing.Cell, error) {
	load := timing.Load{Count: at.writes, InFlight: at.inFlight, Limit: b.loads.limit, Timeout: callTimeout}
	if w.reads {
		load.Count = at.reads
	}
	return timing.Run(ctx, load, func(worker, n int) (timing.Call, error) {
		k, err := w.next[side](at.inFlight, worker, n)
		if err != nil {
			return nil, err
		}
		k.reads = w.reads
		return b.clients.make(k), nil
	}, failure)
}

// begin registers the members and calls every chaincode until all peers answer.
func (b *bench) begin(ctx context.Context) error {
	for member := range b.clients.network.Members {
		k, err := ours(who{member, waymark.Admin}, waymark.MembersRegister, waymark.RegisterMemberRequest{ID: member, Name: member})
		if err != nil {
			return err
		}
		if err := b.clients.must(ctx, k); err != nil {
			return err
		}
	}
	for as := range b.clients.peers {
		for _, contract := range fabriciot.Contracts() {
			if err := b.clients.must(ctx, call{as: as, chaincode: contract, function: "Synchro"}); err != nil {
				return err
			}
		}
		if err := b.clients.must(ctx, call{as: as, chaincode: "waymark", function: string(waymark.PoliciesBaseline), reads: true}); err != nil {
			return err
		}
	}
	return nil
}
