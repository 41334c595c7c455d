package health

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// part is one whose state a test sets.
type part struct {
	err   error
	asked atomic.Int32
}

func (p *part) check(context.Context) error {
	p.asked.Add(1)
	return p.err
}

// TestARowTellsHowAPartWorks, and what is wrong with one that does not.
func TestARowTellsHowAPartWorks(t *testing.T) {
	var feed part
	m := New([]Part{{Name: "model", Check: feed.check, How: func() string { return "another gateway feeds it" }}}, prometheus.NewRegistry())
	if row := m.Check(t.Context()).Rows[0]; !row.Ready || row.Detail != "another gateway feeds it" {
		t.Errorf("%+v", row)
	}
	feed.err = waymark.Errorf(waymark.Unavailable, "nobody feeds it")
	m.checked = time.Time{}
	if row := m.Check(t.Context()).Rows[0]; row.Ready || row.Detail != "nobody feeds it" {
		t.Errorf("%+v", row)
	}
}

func TestARowTellsSinceWhen(t *testing.T) {
	var peer, database part
	registry := prometheus.NewRegistry()
	m := New([]Part{{Name: "peer", Check: peer.check}, {Name: "database", Check: database.check, Optional: true}}, registry)
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m.now = func() time.Time { return start }

	report := m.Check(t.Context())
	if !report.Ready || report.Err() != nil || len(report.Rows) != 2 || report.Rows[0].Since != start {
		t.Fatalf("all is well: %+v", report)
	}
	broke := start.Add(5 * time.Second)
	database.err = errors.New("password hunter2")
	peer.err = fmt.Errorf("dial: %w", waymark.Errorf(waymark.Unavailable, "no answer"))
	for _, now := range []time.Time{broke, broke.Add(7 * time.Second)} {
		m.now = func() time.Time { return now }
		report = m.Check(t.Context())
		got := report.Rows[0]
		if report.Ready || got.Ready || got.Since != broke || got.Detail != "no answer" {
			t.Errorf("at %v: %+v", now, report)
		}
		if row := report.Rows[1]; row.Ready || row.Detail != "internal error" {
			t.Errorf("a foreign error is told: %+v", row)
		}
	}
	if err := report.Err(); waymark.CodeOf(err) != waymark.Unavailable || strings.Contains(waymark.AsError(err).Message, "hunter2") ||
		!strings.Contains(err.Error(), "dial: ") {
		t.Errorf("told %v", err)
	}
	peer.err = nil
	m.now = func() time.Time { return broke.Add(time.Minute) }
	if report = m.Check(t.Context()); !report.Ready || report.Rows[0].Since != broke.Add(time.Minute) {
		t.Errorf("an optional part alone: %+v", report)
	}
	want := "# HELP waymark_gateway_part_ready 1 while a part of the gateway works, 0 while it does not.\n" +
		"# TYPE waymark_gateway_part_ready gauge\n" +
		"waymark_gateway_part_ready{part=\"database\"} 0\nwaymark_gateway_part_ready{part=\"peer\"} 1\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestManyAskersAreOneCheck(t *testing.T) {
	var peer part
	m := New([]Part{{Name: "peer", Check: peer.check}}, prometheus.NewRegistry())
	at := time.Unix(1e9, 0)
	m.now = func() time.Time { return at }
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 50 {
		if report := m.Check(gone); !report.Ready {
			t.Fatalf("a caller that left spoils it: %+v", report)
		}
	}
	if got := peer.asked.Load(); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

// TestAPartThatNeverAnswers is not ready, keeps nobody waiting once that is known, and is asked
// again after it has answered.
func TestAPartThatNeverAnswers(t *testing.T) { synctest.Test(t, aPartThatNeverAnswers) } // and the other is not late for the machine

func aPartThatNeverAnswers(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{}, 10)
	hung := Part{Name: "tokens", Check: func(context.Context) error {
		asked <- struct{}{}
		<-release
		return nil
	}}
	var peer part
	m := New([]Part{hung, {Name: "peer", Check: peer.check}}, prometheus.NewRegistry())
	at := time.Unix(1e9, 0)
	m.now = func() time.Time { return at }
	m.patience = 50 * time.Millisecond
	check := func(ready bool) {
		t.Helper()
		at = at.Add(fresh)
		report := m.Check(t.Context())
		if got := report.Rows[0]; got.Ready != ready || !ready && got.Detail != "it does not answer in time" {
			t.Errorf("tokens: %+v", got)
		}
		if got := report.Rows[1]; !got.Ready {
			t.Errorf("peer: %+v", got)
		}
	}
	check(false)
	m.patience = time.Hour // which it is not waited for again
	check(false)
	if len(asked) != 1 || peer.asked.Load() != 2 {
		t.Errorf("asked %d times, the other %d times", len(asked), peer.asked.Load())
	}
	close(release)
	synctest.Wait()
	check(true)
	if len(asked) != 2 {
		t.Errorf("asked %d times", len(asked))
	}
}
