package model_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"go.uber.org/zap"
)

// chain is a source that breaks.
type chain struct {
	mu     sync.Mutex
	blocks []ledger.Block
	grown  chan struct{}
	breaks int          // after so many blocks a stream breaks; 0 never
	follow atomic.Int32 // how many follow it
	most   atomic.Int32 // at once, so far
	begun  atomic.Int32 // how many have followed it
}

func newChain(breaks int, blocks ...ledger.Block) *chain {
	return &chain{blocks: blocks, grown: make(chan struct{}), breaks: breaks}
}

func (c *chain) set(blocks ...ledger.Block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks = blocks
	close(c.grown)
	c.grown = make(chan struct{})
}

var errBroken = errors.New("the stream broke")

func (c *chain) Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error {
	c.most.Store(max(c.most.Load(), c.follow.Add(1))) // one follows, or the test fails
	defer c.follow.Add(-1)
	c.begun.Add(1)
	for sent := 0; c.breaks == 0 || sent < c.breaks; sent++ {
		b, err := c.await(ctx, from)
		if err == nil {
			err = take(b)
		}
		if err != nil {
			return err
		}
		from++
	}
	return errBroken
}

func (c *chain) await(ctx context.Context, n uint64) (ledger.Block, error) {
	for {
		c.mu.Lock()
		blocks, grown := c.blocks, c.grown
		c.mu.Unlock()
		if n < uint64(len(blocks)) {
			return blocks[n], nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ledger.Block{}, ctx.Err()
		}
	}
}

// fed runs a feed until the test ends, or what is returned is called.
func fed(t *testing.T, m *model.Model, c *chain) (f *model.Feed, stop func()) {
	t.Helper()
	f = model.NewFeed(m, c, zap.NewNop(), prometheus.NewRegistry())
	if waymark.CodeOf(f.Check(t.Context())) != waymark.Unavailable {
		t.Error("it is fed before it runs")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return f, stop
}

// eventually waits for what nothing announces.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never was")
		}
	}
}

func blocks(t *testing.T, n int) []ledger.Block {
	w := newWorld(t)
	for len(w.blocks) < n {
		w.block()
	}
	return w.blocks
}

// feedGoesOn over breaks, and over the end of its process.
func feedGoesOn(t *testing.T, open databasetest.Opener) {
	all, m := blocks(t, 7), opened(t, open)
	f, stop := fed(t, m, newChain(0, all[:4]...))
	must(t, m.Await(t.Context(), 3))
	eventually(t, func() bool { return f.Check(t.Context()) == nil })
	stop()
	c := newChain(2, all[:4]...)
	c.set(all...)
	fed(t, m, c)
	must(t, m.Await(t.Context(), 6))
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := m.Await(short, 7); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
}

// twoFeedOneModel: each block is applied once, and both know of it.
func twoFeedOneModel(t *testing.T, open databasetest.Opener) {
	all, same := blocks(t, 30), open(t)
	one, other := model.New(same()), model.New(same())
	c := newChain(7, all[:1]...)
	fed(t, one, c)
	fed(t, other, c)
	for n := range all {
		c.set(all[:n+1]...)
	}
	must(t, one.Await(t.Context(), 29))
	must(t, other.Await(t.Context(), 29))
}

// anotherLedgerIsNotTaken, also not one that begins as the first did.
func anotherLedgerIsNotTaken(t *testing.T, open databasetest.Opener) {
	all, m := blocks(t, 4), opened(t, open)
	_, stop := fed(t, m, newChain(0, all...))
	must(t, m.Await(t.Context(), 3))
	stop()
	other := all[3]
	other.Hash = []byte("another")
	f, _ := fed(t, m, newChain(0, all[0], all[1], all[2], other))
	eventually(t, func() bool { return errors.Is(f.Check(t.Context()), model.ErrOtherLedger) })
	if _, err := m.Shipments(t.Context(), rules.Tx{}, waymark.ShipmentsQuery{}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("a list of the other ledger: %v", err)
	}
	if _, err := m.Events(t.Context(), rules.Tx{}, model.EventFilter{}, model.Position{}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("events of the other ledger: %v", err)
	}
	if c, err := m.Checkpoint(t.Context()); err != nil || c.Height != 4 {
		t.Errorf("at %+v, %v", c, err)
	}
}

// oneFeedsAtATime: of two gateways one reads blocks; both are ready, and when the one leaves the other goes on.
func oneFeedsAtATime(t *testing.T, open databasetest.Opener) {
	all, same := blocks(t, 6), open(t)
	first, second := same(), same()
	one, other := model.New(first), model.New(second)
	c := newChain(0, all[:3]...)
	feeding, stop := fed(t, one, c)
	must(t, one.Await(t.Context(), 2))
	waiting, _ := fed(t, other, c)
	must(t, other.Await(t.Context(), 2))
	eventually(t, func() bool { return waiting.Check(t.Context()) == nil && feeding.Check(t.Context()) == nil })
	if !first.Shared() {
		if feeding.Who() == waiting.Who() {
			t.Errorf("both say: %s", feeding.Who())
		}
	} else {
		stop()
	}
	c.set(all...)
	must(t, other.Await(t.Context(), 5))
	if most := c.most.Load(); most != 1 {
		t.Errorf("%d read blocks at once", most)
	}
}

// feedIsStuck: where a block cannot be applied, whatever often it is tried, nobody is told that all is well.
func feedIsStuck(t *testing.T, open databasetest.Opener) {
	w := newTelemetryWorld(t)
	w.block()
	w.report(t, celsius(w.Now, 500))
	w.block()
	w.blocks[len(w.blocks)-1].Transactions[0].Request = "{"
	m, c := opened(t, open), newChain(0, w.blocks...)
	f, _ := fed(t, m, c)
	stuck := func() bool {
		err := f.Check(t.Context())
		return err != nil && strings.Contains(err.Error(), "messages: ")
	}
	eventually(t, stuck)
	eventually(t, func() bool {
		if !stuck() {
			t.Errorf("it says %v", f.Check(t.Context()))
		}
		return t.Failed() || c.begun.Load() >= 4
	})
}

// databaseIsAway: all that is asked is to be asked again.
func databaseIsAway(t *testing.T, open databasetest.Opener) {
	w := newWorld(t)
	w.block()
	m := w.modelOf(t, open)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("producer", waymark.Viewer)}
	must(t, m.DB().Update(t.Context(), func(ctx context.Context, s database.Statements) error { // which no more answers what it is asked
		_, err := s.ExecContext(ctx, `DROP TABLE checkpoint`)
		return err
	}))
	for name, ask := range map[string]func() error{
		"a list":   func() error { _, err := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{}); return err },
		"a search": func() error { _, err := m.Search(t.Context(), by, waymark.SearchQuery{Q: "s"}); return err },
		"events":   func() error { _, err := m.Events(t.Context(), by, model.EventFilter{}, model.Position{}); return err },
		"readings": func() error {
			_, err := m.Readings(t.Context(), by, waymark.ReadingsQuery{Device: "d", Name: "n"})
			return err
		},
		"how far":     func() error { _, err := m.Checkpoint(t.Context()); return err },
		"provenances": func() error { _, err := m.Provenance(t.Context(), by, waymark.ProvenanceQuery{ID: "x"}); return err },
	} {
		if err := ask(); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}
