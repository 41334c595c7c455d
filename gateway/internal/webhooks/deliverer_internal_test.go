package webhooks

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"go.uber.org/zap"
)

// TestEachEventOnceInOrder, whatever the target answers at first, and over a restart.
func TestEachEventOnceInOrder(t *testing.T) {
	g := newTarget(t, func(event string, attempt int) int {
		if event[0]%2 == 0 && attempt < 3 {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	})
	r := newRig(t, ample, g)
	before := r.happen(2)
	w := r.hook(t, g)
	if w.Checkpoint != before[1] {
		t.Errorf("it begins after %s", w.Checkpoint)
	}
	want := r.happen(5)
	g.await(t, want...)
	r.stop()
	want = append(want, r.happen(5)...)
	r.start(t)
	g.await(t, want...)
	await(t, "for the checkpoint", func() bool { return r.get(t, w.ID).Checkpoint == want[9] })
	if now := r.get(t, w.ID); now.Failing != nil || now.DeadLetters != 0 {
		t.Errorf("%+v", now)
	}
	r.stop()
	if r.whose != part {
		t.Errorf("it is asked for as %q, of which others are too", r.whose)
	}
}

// TestASlowTargetDelaysNoOther, nor do one that is not there and one that refuses.
func TestASlowTargetDelaysNoOther(t *testing.T) {
	release := make(chan struct{})
	slow := newTarget(t, func(string, int) int { <-release; return http.StatusOK })
	refusing := newTarget(t, func(string, int) int { return http.StatusTeapot })
	absent := newTarget(t, nil)
	absent.Close()
	fast := newTarget(t, nil)
	r := newRig(t, Limits{Most: 9, PerIdentity: 9, Attempts: MaxAttempts, DeadLetters: 9, Timeout: 20 * time.Second}, slow, refusing, fast)
	for _, g := range []*target{slow, refusing, absent, fast} {
		r.hook(t, g)
	}
	want := r.happen(30)
	fast.await(t, want...)
	if got := slow.has(); len(got) != 0 {
		t.Errorf("the slow one has taken %v", got)
	}
	close(release)
	slow.await(t, want...)
}

func TestDeadLettersAreReplayed(t *testing.T) {
	poison := map[string]bool{"3:0:0": true, "5:0:0": true}
	refuse := func(event string, _ int) int {
		if poison[event] {
			return http.StatusUnprocessableEntity
		}
		return http.StatusOK
	}
	g := newTarget(t, refuse)
	r := newRig(t, ample, g)
	w := r.hook(t, g)
	r.happen(5)
	g.await(t, "2:0:0", "4:0:0", "6:0:0")
	letters := func() []client.DeadLetter {
		t.Helper()
		page, err := r.book.DeadLetters(t.Context(), "operator", waymark.DeadLettersQuery{Webhook: w.ID})
		must(t, err)
		return page.DeadLetters
	}
	if got := letters(); len(got) != 2 || got[0].Event != "3:0:0" || got[1].Event != "5:0:0" || got[0].Attempts != ample.Attempts || got[0].Problem != "it answered 422" {
		t.Errorf("%+v", got)
	}
	replay := func(event string, want int) {
		t.Helper()
		if got, err := r.book.Replay(t.Context(), "operator", waymark.ReplayRequest{Webhook: w.ID, Event: event}); err != nil || got.Waiting != want {
			t.Errorf("%+v, %v", got, err)
		}
		await(t, "for the replay", func() bool {
			return !slices.ContainsFunc(letters(), func(l client.DeadLetter) bool { return l.Waiting })
		})
	}
	replay("5:0:0", 1)
	if got := letters(); len(got) != 2 || got[1].Attempts != ample.Attempts+1 {
		t.Errorf("after a replay in vain: %+v", got)
	}
	g.answers(nil)
	replay("5:0:0", 1)
	r.happenings.mu.Lock()
	r.hidden["3:0:0"] = true // not for it any more
	r.happenings.mu.Unlock()
	replay("", 1)
	if got := letters(); len(got) != 0 {
		t.Errorf("left: %+v", got)
	}
	r.happen(1)
	g.await(t, "2:0:0", "4:0:0", "6:0:0", "5:0:0", "7:0:0")
}

func TestATargetThatIsGone(t *testing.T) {
	g := newTarget(t, func(string, int) int { return http.StatusGone })
	r := newRig(t, ample, g)
	w := r.hook(t, g)
	want := r.happen(2)
	await(t, "for the end", func() bool { return r.get(t, w.ID).State == client.WebhookGone })
	if now := r.get(t, w.ID); now.DeadLetters != 0 || now.Checkpoint != "1:0:0" || now.Failing == nil {
		t.Errorf("%+v", now)
	}
	g.answers(nil)
	if _, err := r.book.Resume(t.Context(), "operator", w.ID); err != nil {
		t.Fatal(err)
	}
	g.await(t, want...)
}

func TestAPausedWebhookGoesOnWhereItWas(t *testing.T) {
	g := newTarget(t, nil)
	r := newRig(t, ample, g)
	w := r.hook(t, g)
	first := r.happen(1)
	g.await(t, first...)
	if _, err := r.book.Pause(t.Context(), "operator", w.ID); err != nil {
		t.Fatal(err)
	}
	await(t, "until nobody delivers it", func() bool { return testutil.ToFloat64(r.deliverer.metrics.delivering) == 0 })
	fast := newTarget(t, nil)
	r.hook(t, fast)
	later := r.happen(3)
	fast.await(t, later...)
	if got := g.has(); !slices.Equal(got, first) {
		t.Errorf("while it is paused: %v", got)
	}
	if _, err := r.book.Resume(t.Context(), "operator", w.ID); err != nil {
		t.Fatal(err)
	}
	g.await(t, append(first, later...)...)
}

// TestWhatIsNotForItIsPassed: the checkpoint moves past what an identity is not told, and an attempt at what it may know
// no longer is no more made.
func TestWhatIsNotForItIsPassed(t *testing.T) {
	g := newTarget(t, nil)
	r := newRig(t, ample, g)
	r.hidden["2:0:0"], r.hidden["3:0:0"], r.hidden["5:0:0"] = true, true, true
	w := r.hook(t, g)
	r.happen(4)
	g.await(t, "4:0:0")
	await(t, "for the checkpoint", func() bool { return r.get(t, w.ID).Checkpoint == "5:0:0" })
}

// TestOurOwnFailuresAreNoAttempts: while events cannot be read nothing is given up.
func TestOurOwnFailuresAreNoAttempts(t *testing.T) {
	g := newTarget(t, nil)
	r := newRig(t, ample, g)
	w := r.hook(t, g)
	r.happenings.mu.Lock()
	r.err = waymark.Errorf(waymark.Unavailable, "another rulebook")
	r.happenings.mu.Unlock()
	want := r.happen(3)
	await(t, "for what is told", func() bool { return r.get(t, w.ID).Failing != nil })
	if now := r.get(t, w.ID); *now.Failing != (client.WebhookFailure{Problem: "another rulebook"}) || now.DeadLetters != 0 {
		t.Errorf("%+v", now)
	}
	if n := testutil.ToFloat64(r.deliverer.metrics.waiting); n != 1 {
		t.Errorf("%f wait", n)
	}
	if _, err := r.book.Create(t.Context(), "operator", "token:erp", waymark.WebhookRequest{URL: g.URL}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("another one: %v", err)
	}
	r.happenings.mu.Lock()
	r.err = nil
	r.happenings.mu.Unlock()
	g.await(t, want...)
	await(t, "until all is well", func() bool {
		return r.get(t, w.ID).Failing == nil && testutil.ToFloat64(r.deliverer.metrics.waiting) == 0
	})
}

// TestTwoDeliverersMissNothing: while two processes deliver the same webhook, as for a moment when a lease passes on, its target
// still gets each event, first in the order of the ledger, and under the same id whoever sends it.
func TestTwoDeliverersMissNothing(t *testing.T) {
	g := newTarget(t, func(event string, attempt int) int {
		if len(event)%2 == 0 && attempt < 2 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	limits := ample
	limits.Attempts = MaxAttempts
	r := newRig(t, limits, g)
	w := r.hook(t, g)
	other := newDeliverer(Options{Store: r.store, Source: r.happenings, Guard: guardOf(t, false, "127.0.0.0/8"), Roots: rootsOf(g.Server),
		Limits: limits, Logger: zap.NewNop(), Registry: prometheus.NewRegistry()}, r.deliverer.pace)
	beside := &rig{deliverer: other}
	beside.start(t)
	var want []string
	for range 10 {
		want = append(want, r.happen(12)...)
	}
	await(t, "for the last one", func() bool { return r.get(t, w.ID).Checkpoint == want[len(want)-1] })
	r.stop()
	beside.stop()
	var first []string
	for _, event := range g.has() {
		if !slices.Contains(first, event) {
			first = append(first, event)
		}
	}
	if !slices.Equal(first, want) {
		t.Errorf("taken %v, want %v", first, want)
	}
	if now := r.get(t, w.ID); now.DeadLetters != 0 || now.Failing != nil {
		t.Errorf("%+v", now)
	}
}

// TestAnAttemptIsNotCut by a stop in order, as long as it ends soon.
func TestAnAttemptIsNotCut(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	g := newTarget(t, func(string, int) int { close(arrived); <-release; return http.StatusOK })
	r := newRig(t, ample, g)
	w := r.hook(t, g)
	want := r.happen(1)
	<-arrived
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	close(release)
	<-stopped
	if now := r.get(t, w.ID); now.Checkpoint != want[0] {
		t.Errorf("%+v", now)
	}
}

func TestWebhooksAreTurnedOff(t *testing.T) {
	b := NewBook(nil, nil, nil, Limits{})
	_, err := b.Create(t.Context(), "operator", "token:erp", waymark.WebhookRequest{URL: "https://erp.example/"})
	code(t, err, waymark.FailedPrecondition)
}

// TestWithoutADatabase nothing is told but that.
func TestWithoutADatabase(t *testing.T) {
	db := databasetest.SQLite(t)()
	must(t, db.Update(t.Context(), func(ctx context.Context, tx database.Statements) error {
		_, err := tx.ExecContext(ctx, `DROP TABLE dead_letters`)
		return err
	}))
	b := NewBook(NewStore(db), newHappenings(), guardOf(t, false), ample)
	_, err := b.List(t.Context(), "operator")
	code(t, err, waymark.Unavailable)
	_, err = b.Create(t.Context(), "operator", "token:erp", waymark.WebhookRequest{URL: "https://erp.example/"})
	code(t, err, waymark.Unavailable)
}
