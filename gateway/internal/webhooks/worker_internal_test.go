package webhooks

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// givingUp has no second attempt, and waits an hour before a second dead letter is refused.
func givingUp(t *testing.T, g *target) *rig {
	t.Helper()
	limits := ample
	limits.Attempts = 1
	return pacedRig(t, limits, time.Hour, g)
}

func (r *rig) letters(t *testing.T, id string) []client.DeadLetter {
	t.Helper()
	page, err := r.book.DeadLetters(t.Context(), "operator", waymark.DeadLettersQuery{Webhook: id})
	must(t, err)
	return page.DeadLetters
}

func (r *rig) replay(t *testing.T, id string) {
	t.Helper()
	if _, err := r.book.Replay(t.Context(), "operator", waymark.ReplayRequest{Webhook: id}); err != nil {
		t.Fatal(err)
	}
}

// died makes a webhook with as many dead letters.
func (r *rig) died(t *testing.T, g *target, n int) client.Webhook {
	t.Helper()
	w := r.hook(t, g)
	r.happen(n)
	await(t, "for dead letters", func() bool { return len(r.letters(t, w.ID)) == n })
	return w
}

func refuse(string, int) int { return http.StatusServiceUnavailable }

// TestARefusedReplayWaits: a target that refuses one dead letter is not asked to take the others at once, but what happens
// meanwhile is sent. Whoever asks again has them sent.
func TestARefusedReplayWaits(t *testing.T) {
	g := newTarget(t, refuse)
	r := givingUp(t, g)
	w := r.died(t, g, 3)
	r.replay(t, w.ID)
	await(t, "for the first", func() bool { return !r.letters(t, w.ID)[0].Waiting })
	g.answers(nil)
	now := r.happen(2)
	g.await(t, now...)
	if l := r.letters(t, w.ID); len(l) != 3 || l[0].Attempts != 2 || !l[1].Waiting || !l[2].Waiting {
		t.Errorf("%+v", l)
	}
	r.replay(t, w.ID)
	g.await(t, append(now, "2:0:0", "3:0:0", "4:0:0")...)
	await(t, "for the end", func() bool { return r.get(t, w.ID).DeadLetters == 0 })
	if now := r.get(t, w.ID); now.Failing != nil {
		t.Errorf("%+v", now.Failing)
	}
}

// TestAReplayEndsWithAGoneTarget, and goes on when the webhook is resumed.
func TestAReplayEndsWithAGoneTarget(t *testing.T) {
	g := newTarget(t, refuse)
	r := givingUp(t, g)
	w := r.died(t, g, 2)
	g.answers(func(string, int) int { return http.StatusGone })
	r.replay(t, w.ID)
	await(t, "for the end", func() bool { return r.get(t, w.ID).State == client.WebhookGone })
	if l := r.letters(t, w.ID); len(l) != 2 || !l[0].Waiting || !l[1].Waiting {
		t.Errorf("%+v", l)
	}
	g.answers(nil)
	if _, err := r.book.Resume(t.Context(), "operator", w.ID); err != nil {
		t.Fatal(err)
	}
	g.await(t, "2:0:0", "3:0:0")
}

// TestAWebhookIsReadBeforeEachEvent: what its owner changes holds for the next one, also of the same page, and after a dead letter.
func TestAWebhookIsReadBeforeEachEvent(t *testing.T) {
	g := newTarget(t, refuse)
	r := givingUp(t, g)
	w := r.died(t, g, 1)
	pause := func() {
		if _, err := r.book.Pause(context.Background(), "operator", w.ID); err != nil {
			t.Error(err)
		}
	}
	pause()
	r.happen(3)
	g.answers(func(event string, _ int) int {
		switch event {
		case "2:0:0":
			pause()
		case "3:0:0":
			if _, err := r.book.RotateSecret(context.Background(), "operator", w.ID); err != nil {
				t.Error(err)
			}
		case "4:0:0":
			pause()
		}
		return http.StatusOK
	})
	r.replay(t, w.ID)
	idle := func() bool { return testutil.ToFloat64(r.deliverer.metrics.delivering) == 0 }
	await(t, "until nobody delivers it", idle)
	for _, want := range [][]string{{"2:0:0"}, {"2:0:0", "3:0:0", "4:0:0"}, {"2:0:0", "3:0:0", "4:0:0", "5:0:0"}} {
		if _, err := r.book.Resume(t.Context(), "operator", w.ID); err != nil {
			t.Fatal(err)
		}
		await(t, "until it is paused, or done", func() bool {
			now := r.get(t, w.ID)
			return now.Checkpoint == "5:0:0" || now.State == client.WebhookPaused && idle()
		})
		if got := g.has(); !slices.Equal(got, want) {
			t.Errorf("taken %v, want %v", got, want)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if want := []int{1, 1, 1, 2, 2}; !slices.Equal(g.signed, want) {
		t.Errorf("%v signatures, want %v", g.signed, want)
	}
}

// TestARequestThatCannotBeMade is our failure: nothing is given up, and the owner is told.
func TestARequestThatCannotBeMade(t *testing.T) {
	g := newTarget(t, nil)
	r := newRig(t, ample, g)
	w := r.hook(t, g)
	change := func(what string) {
		must(t, r.store.update(t.Context(), func(ctx context.Context, tx database.Statements) error {
			_, err := database.Exec(ctx, tx, `UPDATE webhooks SET `+what)
			return err
		}))
	}
	change(`old_secret = secret, secret = 'whsec_!'`)
	want := r.happen(2)
	await(t, "for what is told", func() bool { return r.get(t, w.ID).Failing != nil })
	if now := r.get(t, w.ID); *now.Failing != (client.WebhookFailure{Problem: errRequest.Message}) || now.DeadLetters != 0 {
		t.Errorf("%+v", now.Failing)
	}
	change(`secret = old_secret`)
	g.await(t, want...)
}

// TestWhatIsGivenUpIsCounted: an event that is no dead letter, since there are as many as may be, is not.
func TestWhatIsGivenUpIsCounted(t *testing.T) {
	g := newTarget(t, refuse)
	r := newRig(t, Limits{Most: 9, PerIdentity: 9, Attempts: 1, DeadLetters: 2, Timeout: 5 * time.Second}, g)
	w := r.hook(t, g)
	r.happen(3)
	await(t, "until it is full", func() bool { return r.get(t, w.ID).State == client.WebhookPaused })
	r.stop()
	for outcome, want := range map[string]float64{outcomeDead: 2, outcomeFull: 1, outcomeFailed: 0} {
		if got := testutil.ToFloat64(r.deliverer.metrics.attempts.WithLabelValues(outcome)); got != want {
			t.Errorf("%s: %f, want %f", outcome, got, want)
		}
	}
}
