package model

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// ruled is a ledger that has a rulebook.
type ruled struct {
	hash  string
	err   error
	asked int
	hold  chan struct{} // when not nil, an answer waits until it is closed
	began chan struct{} // when not nil, is told of each question
}

func (*ruled) Caller(ledger.Identity) (rules.Caller, error) { return rules.Caller{}, nil }

func (*ruled) Height(context.Context) (uint64, error) { return 1, nil }

func (r *ruled) Evaluate(context.Context, ledger.Call) (json.RawMessage, error) {
	r.asked++
	if r.began != nil {
		r.began <- struct{}{}
		<-r.hold
	}
	if r.err != nil {
		return nil, r.err
	}
	return json.Marshal(waymark.Baseline{SHA256: r.hash})
}

// TestARulebookCountsForAWhile, and another one at once.
func TestARulebookCountsForAWhile(t *testing.T) {
	l := &ruled{hash: access.Baseline().SHA256}
	b, now, away := newRulebook(l, "own"), time.Now(), errors.New("away")
	b.now = func() time.Time { return now }
	for n, tt := range []struct {
		after time.Duration
		hash  string
		err   error
		asked int
		want  error
	}{
		{0, l.hash, nil, 1, nil},
		{4 * time.Second, l.hash, away, 1, nil},
		{2 * time.Second, l.hash, away, 2, nil},                     // half of the time has passed: it is asked, and still counts
		{time.Second / 2, l.hash, away, 2, nil},                     // not so soon again
		{2 * time.Second, l.hash, away, 3, nil},                     //
		{2 * time.Second, l.hash, away, 4, away},                    // it does not count any more
		{time.Second / 2, l.hash, nil, 4, away},                     // told to all
		{time.Second, l.hash, nil, 5, nil},                          //
		{6 * time.Second, "another", nil, 6, errOtherRules},         // at once
		{2 * time.Second, access.Baseline().SHA256, nil, 7, nil},    //
		{20 * time.Second, access.Baseline().SHA256, away, 8, away}, //
	} {
		now = now.Add(tt.after)
		l.hash, l.err = tt.hash, tt.err
		if err := b.check(t.Context()); !errors.Is(err, tt.want) || l.asked != tt.asked {
			t.Errorf("step %d: %v after %d questions, want %v after %d", n, err, l.asked, tt.want, tt.asked)
		}
	}
}

// TestOneAsksForTheRulebook, and the others do not wait for it while it still counts; else no longer than they want to.
func TestOneAsksForTheRulebook(t *testing.T) {
	l := &ruled{hash: access.Baseline().SHA256}
	b, now := newRulebook(l, "own"), time.Now()
	b.now = func() time.Time { return now }
	if err := b.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after time.Duration
		want  error
	}{{6 * time.Second, nil}, {20 * time.Second, context.Canceled}} {
		now = now.Add(tt.after)
		l.began, l.hold = make(chan struct{}), make(chan struct{})
		ended := make(chan error)
		go func() { ended <- b.check(t.Context()) }()
		<-l.began
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.check(ctx); !errors.Is(err, tt.want) {
			t.Errorf("after %s: %v, want %v", tt.after, err, tt.want)
		}
		close(l.hold)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if l.asked != 3 {
		t.Errorf("%d questions", l.asked)
	}
}
