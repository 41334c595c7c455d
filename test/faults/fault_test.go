//go:build e2e && linux

package faults_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/faults"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
)

// How long a row may take: until everything has its end once the fault is over, and in all.
const (
	before      = time.Second // of load, before the fault
	after       = 3 * time.Second
	endedWithin = 90 * time.Second
	rowWithin   = 5 * time.Minute
)

// fault is a row of the table.
type fault struct {
	name string
	// site is the bridge and the broker to which the row's devices publish; nil means the network's own.
	site func(context.Context, *testing.T) *site
	// alone says that what fails is the network's, on which all rows are.
	alone bool
	// inflict lets it happen, and returns when it is over.
	inflict inflicting
	// quarantined are the messages that are to end there, by code.
	quarantined map[string]int
	// late says that messages are meant to be recorded after greater numbers.
	late bool
	// unsure says that the broker's PUBACK is no promise, so that devices keep their messages and ask the ledger.
	unsure bool
	// remark is what else a reader of the table has to know, in a sentence.
	remark string
}

// row is a fault that is happening.
type row struct {
	fault
	*site
	number  int // of the row, from 1
	devices []*source
	seen    *watch
	extra   [][]byte // payloads outside of any stream that were acknowledged
	again   int      // messages that devices sent again, though they were acknowledged
}

// run lets a fault happen under load, and tells what became of every message.
func (f fault) run(t *testing.T, number int) faults.Outcome {
	ctx, cancel := context.WithTimeout(t.Context(), rowWithin)
	defer cancel()
	r := &row{fault: f, site: ours(), number: number}
	defer r.explain(t)
	if f.site != nil {
		r.site = f.site(ctx, t)
	}
	from := height(ctx, t, witness)
	r.seen = follow(ctx, t, from, r.devicePrefix())
	load := r.begin(ctx, t)
	pause(ctx, before)
	r.seen.begin()
	f.inflict(ctx, t, r)
	pause(ctx, after)
	if err := load.stop(ctx); err != nil {
		t.Fatal(err)
	}
	r.seen.end()
	if err := r.awaitEnd(ctx); err != nil {
		t.Error(err)
	}
	o := r.compare(ctx, t, from)
	f.check(t, o)
	return o
}

// devicePrefix begins the ids of the row's devices, and of no other's.
func (r *row) devicePrefix() string { return fmt.Sprintf("logger-%d-", r.number) }

// explain prints what may explain a failure of the row: where it failed, nobody may have the logs.
func (r *row) explain(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, log := range r.logs {
		t.Log(bridge.Explanation(log, `"`+r.devicePrefix()))
	}
}

// check fails the test unless the promises are kept.
func (f fault) check(t *testing.T, o faults.Outcome) {
	t.Helper()
	t.Logf("%+v", o)
	if o.Lost > 0 || o.Doubled > 0 {
		t.Errorf("lost %d, doubled %d", o.Lost, o.Doubled)
	}
	if o.Late > 0 && !f.late {
		t.Errorf("%d messages were recorded after one with a greater number", o.Late)
	}
	if !maps.Equal(o.Quarantined, f.quarantined) {
		t.Errorf("in quarantine are %v, want %v", o.Quarantined, f.quarantined)
	}
	if o.Acknowledged == 0 {
		t.Error("nothing was acknowledged: that shows nothing")
	}
}

// awaitEnd waits until each message that was acknowledged has its end.
func (r *row) awaitEnd(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endedWithin)
	defer cancel()
	for {
		left, err := r.unended(ctx)
		if err == nil && left == 0 {
			return nil
		}
		if r.unsure && err == nil {
			err = r.sendAgain(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s %d messages have no end: %w", endedWithin, left, err)
		case <-time.After(time.Second):
		}
	}
}

// unended counts the messages that are neither recorded, as far as the witness knows, nor in quarantine.
func (r *row) unended(ctx context.Context) (left int, err error) {
	q, err := r.quarantine(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range r.devices {
		for _, m := range s.sent {
			if !r.seen.has(s.device.ID(), m.Sequence) && !q.holds(m.Raw) {
				left++
			}
		}
	}
	return left + r.astray(q), nil
}

// astray counts the messages outside of any stream that are not in quarantine.
func (r *row) astray(q *quarantine) (n int) {
	for _, payload := range r.extra {
		if !q.holds(payload) {
			n++
		}
	}
	return n
}

// compare reads what every peer has recorded since a block, and the quarantine.
func (r *row) compare(ctx context.Context, t *testing.T, from uint64) faults.Outcome {
	t.Helper()
	awaitHeight(ctx, t, height(ctx, t, witness))
	ledgers, err := audit.ReadSince(ctx, local.at, from)
	if err != nil {
		t.Fatal(err)
	}
	q, err := r.quarantine(ctx)
	if err != nil {
		t.Fatal(err)
	}
	o := faults.Outcome{Fault: r.name, Acknowledged: len(r.extra), Quarantined: q.codesOf(r.devices), Pause: r.seen.longest(), Remark: r.remark}
	if r.again > 0 {
		o.Remark += fmt.Sprintf(" %d acknowledged messages were sent again.", r.again)
	}
	for _, s := range r.devices {
		o.Acknowledged += len(s.sent) - len(s.device.Outbox())
	}
	o.Committed = o.Acknowledged
	for _, l := range ledgers {
		p := r.atPeer(l, q)
		o.Committed = min(o.Committed, p.Committed)
		o.Lost, o.Doubled, o.Late = max(o.Lost, p.Lost), max(o.Doubled, p.Doubled), max(o.Late, p.Late)
	}
	return o
}

// atPeer is what one peer has of the row.
func (r *row) atPeer(l *audit.Ledger, q *quarantine) faults.Outcome {
	o := faults.Outcome{Lost: r.astray(q)}
	for _, s := range r.devices {
		recorded := l.Recorded[s.device.ID()]
		for _, m := range s.sent {
			if len(recorded[m.Sequence]) == 0 && !q.holds(m.Raw) {
				o.Lost++
			}
		}
		for _, transactions := range recorded {
			if len(transactions) > 1 {
				o.Doubled++
			}
		}
		o.Committed += len(recorded)
		o.Late += l.Late(s.device.ID())
	}
	return o
}
