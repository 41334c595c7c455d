package webhooks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// ample are limits that no test comes to.
var ample = Limits{Most: 100, PerIdentity: 100, Attempts: 3, DeadLetters: 100, Timeout: 5 * time.Second}

func TestSQLite(t *testing.T) { conform(t, databasetest.SQLite) }

// conform is what a store does, whatever its database.
func conform(t *testing.T, open databasetest.Opener) {
	for name, test := range map[string]func(*testing.T, *Store){
		"a webhook is an identity's":               aWebhookIsAnIdentitys,
		"there are as many as there may be":        asManyAsThereMayBe,
		"a secret is renewed":                      aSecretIsRenewed,
		"a checkpoint moves from where it was":     aCheckpointMovesFromWhereItWas,
		"failures are counted":                     failuresAreCounted,
		"what is given up is a dead letter":        whatIsGivenUpIsADeadLetter,
		"a webhook full of dead letters is paused": aFullWebhookIsPaused,
		"dead letters are told in pages":           deadLettersAreToldInPages,
		"dead letters are sent once more":          deadLettersAreSentOnceMore,
		"what is active is delivered":              whatIsActiveIsDelivered,
		"what hinders it is told":                  whatHindersItIsTold,
	} {
		t.Run(name, func(t *testing.T) { test(t, NewStore(open(t)())) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func code(t *testing.T, err error, want waymark.Code) {
	t.Helper()
	if waymark.CodeOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// added keeps a webhook of the operator.
func added(t *testing.T, s *Store) hook {
	t.Helper()
	h, err := s.add(t.Context(), hook{id: newID(), identity: "operator", caller: "token:erp", url: "https://erp.example/", secret: newSecret(), checkpoint: "1:0:0"}, ample)
	must(t, err)
	return h
}

// again is a webhook as it is kept now.
func again(t *testing.T, s *Store, h hook) hook {
	t.Helper()
	found, err := s.get(t.Context(), h.identity, h.id)
	must(t, err)
	return found
}

func aWebhookIsAnIdentitys(t *testing.T, s *Store) {
	ctx := t.Context()
	filter := waymark.EventsQuery{Kind: "shipment", Device: "d", Shipment: "s", Member: "m", Purpose: "p"}
	h, err := s.add(ctx, hook{id: newID(), identity: "operator", caller: "token:erp", url: "https://erp.example/", secret: "whsec_AAAA", checkpoint: "1:0:0", filter: filter}, ample)
	must(t, err)
	w := again(t, s, h).told()
	want := client.Webhook{ID: h.id, URL: "https://erp.example/", Kind: "shipment", Device: "d", Shipment: "s", Member: "m", Purpose: "p",
		State: client.WebhookActive, Checkpoint: "1:0:0", MadeBy: "token:erp", MadeAt: w.MadeAt}
	if w != want || time.Since(w.MadeAt).Abs() > time.Hour {
		t.Errorf("got %+v", w)
	}
	other := added(t, s)
	all, err := s.list(ctx, "operator")
	if must(t, err); len(all) != 2 || all[0].id >= all[1].id {
		t.Errorf("listed %+v", all)
	}
	if all, err = s.list(ctx, "viewer"); err != nil || len(all) != 0 {
		t.Errorf("the viewer has %+v, %v", all, err)
	}
	for name, do := range map[string]func(context.Context, ledger.Identity, string) (hook, error){
		"get": s.get, "pause": s.pause, "resume": s.resume, "remove": s.remove,
		"renew": func(ctx context.Context, as ledger.Identity, id string) (hook, error) {
			return s.renew(ctx, as, id, "x")
		},
		"letters": func(ctx context.Context, as ledger.Identity, id string) (hook, error) {
			_, err := s.letters(ctx, as, id, model.Position{}, 1)
			return hook{}, err
		},
		"replay": func(ctx context.Context, as ledger.Identity, id string) (hook, error) {
			_, err := s.replay(ctx, as, id, nil)
			return hook{}, err
		},
	} {
		if _, err := do(ctx, "viewer", h.id); !errors.Is(err, errNone) {
			t.Errorf("%s by another identity: %v", name, err)
		}
	}
	if was, err := s.remove(ctx, "operator", h.id); err != nil || was.id != h.id {
		t.Errorf("removed %+v, %v", was, err)
	}
	if _, err := s.get(ctx, "operator", h.id); !errors.Is(err, errNone) {
		t.Errorf("after it is removed: %v", err)
	}
	again(t, s, other)
}

// asManyAsThereMayBe, also if many ask at once.
func asManyAsThereMayBe(t *testing.T, s *Store) {
	limits := Limits{Most: 5, PerIdentity: 3}
	var all sync.WaitGroup
	refused := make(chan error, 20)
	for n := range 20 {
		all.Go(func() {
			as := []ledger.Identity{"operator", "viewer"}[n%2]
			if _, err := s.add(t.Context(), hook{id: newID(), identity: as, checkpoint: "1:0:0"}, limits); err != nil {
				refused <- err
			}
		})
	}
	all.Wait()
	close(refused)
	if len(refused) != 15 {
		t.Errorf("%d of 20 were refused", len(refused))
	}
	for err := range refused {
		code(t, err, waymark.ResourceExhausted)
	}
	for _, as := range []ledger.Identity{"operator", "viewer"} {
		if found, err := s.list(t.Context(), as); err != nil || len(found) < 2 || len(found) > 3 {
			t.Errorf("%s has %d, %v", as, len(found), err)
		}
	}
}

func aSecretIsRenewed(t *testing.T, s *Store) {
	first := added(t, s)
	second, err := s.renew(t.Context(), "operator", first.id, "whsec_BBBB")
	must(t, err)
	if second.secret != "whsec_BBBB" || second.oldSecret != first.secret {
		t.Errorf("got %q and %q", second.secret, second.oldSecret)
	}
	must(t, s.update(t.Context(), func(ctx context.Context, tx database.Statements) error { // a day later
		_, err := database.Exec(ctx, tx, `UPDATE webhooks SET old_until = old_until - $1`, oldSecretFor.Milliseconds()+1)
		return err
	}))
	if h := again(t, s, first); h.secret != "whsec_BBBB" || h.oldSecret != "" {
		t.Errorf("a day later %q and %q", h.secret, h.oldSecret)
	}
}

// aCheckpointMovesFromWhereItWas: who comes second with an event changes nothing.
func aCheckpointMovesFromWhereItWas(t *testing.T, s *Store) {
	ctx, h := t.Context(), added(t, s)
	if now, err := s.advance(ctx, h, "2:0:0"); err != nil || now.checkpoint != "2:0:0" || now.state != client.WebhookActive {
		t.Errorf("%+v, %v", now, err)
	}
	for name, err := range map[string]error{
		"advance": errorOf(s.advance(ctx, h, "3:0:0")), "skip": s.skip(ctx, h, "3:0:0"), "fail": s.fail(ctx, h, "x", 0),
		"bury": errorOf(s.bury(ctx, h, "3:0:0", "x", 9)), "disable": s.disable(ctx, h, 1, "x"),
	} {
		if !errors.Is(err, errMoved) {
			t.Errorf("%s from an old checkpoint: %v", name, err)
		}
	}
	now := again(t, s, h)
	if now.checkpoint != "2:0:0" || now.attempts != 0 || now.letters != 0 || now.state != client.WebhookActive {
		t.Errorf("got %+v", now)
	}
	if _, err := s.pause(ctx, "operator", h.id); err != nil {
		t.Error(err)
	}
	if now, err := s.advance(ctx, now, "3:0:0"); err != nil || now.state != client.WebhookPaused { // what was under way was delivered
		t.Errorf("a paused one: %+v, %v", now, err)
	}
	if now = again(t, s, h); now.checkpoint != "3:0:0" || now.state != client.WebhookPaused {
		t.Errorf("got %+v", now)
	}
	must(t, s.disable(ctx, now, 1, "it is gone"))
	if now = again(t, s, h); now.state != client.WebhookGone || now.told().Failing.Problem != "it is gone" || now.attempts != 1 {
		t.Errorf("got %+v", now)
	}
	if _, err := s.remove(ctx, "operator", h.id); err != nil {
		t.Error(err)
	}
	if _, err := s.advance(ctx, now, "4:0:0"); !errors.Is(err, errMoved) {
		t.Errorf("one that is not there: %v", err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

func failuresAreCounted(t *testing.T, s *Store) {
	ctx, h := t.Context(), added(t, s)
	must(t, s.fail(ctx, h, "it answered 500", time.Hour))
	if err := s.fail(ctx, h, "it answered 501", time.Hour); !errors.Is(err, errMoved) {
		t.Errorf("the same attempt twice: %v", err)
	}
	now := again(t, s, h)
	if now.attempts != 1 || now.wait() < 59*time.Minute || now.wait() > time.Hour || now.failingSince == 0 {
		t.Errorf("got %+v", now)
	}
	f := now.told().Failing
	if f == nil || f.Attempts != 1 || f.Problem != "it answered 500" || f.Since.IsZero() || f.RetryAt.Sub(f.Since) < 59*time.Minute {
		t.Errorf("told %+v", f)
	}
	failing := func(want bool) {
		t.Helper()
		must(t, s.update(ctx, func(ctx context.Context, tx database.Statements) error { // a minute later
			_, err := database.Exec(ctx, tx, `UPDATE webhooks SET failing_since = failing_since - 60000 WHERE failing_since > 0`)
			return err
		}))
		if _, failing, err := s.active(ctx); err != nil || (failing >= time.Minute) != want || (failing == 0) == want {
			t.Errorf("%s, %v", failing, err)
		}
	}
	failing(true)
	now = again(t, s, h)
	since := now.failingSince
	must(t, s.fail(ctx, now, "it answered 502", 0))
	if now = again(t, s, h); now.attempts != 2 || now.failingSince != since || now.wait() != 0 {
		t.Errorf("got %+v", now)
	}
	must(t, s.skip(ctx, now, "2:0:0")) // the event is not for it any more
	failing(false)
	if now = again(t, s, h); now.attempts != 0 || now.failingSince != 0 || now.told().Failing != nil {
		t.Errorf("got %+v", now)
	}
	must(t, s.fail(ctx, now, "it answered 500", 0))
	failing(true)
	if now, err := s.bury(ctx, again(t, s, h), "2:0:1", "it answered 500", 9); err != nil || now.told().Failing == nil {
		t.Errorf("got %+v, %v", now, err)
	}
	failing(false) // as long as nothing comes after what was given up
	now = again(t, s, h)
	if _, err := s.advance(ctx, now, "3:0:0"); err != nil {
		t.Error(err)
	}
	if now = again(t, s, h); now.told().Failing != nil || now.failingSince != 0 {
		t.Errorf("got %+v", now)
	}
	must(t, s.fail(ctx, now, "it answered 500", time.Hour))
	failed := again(t, s, h)
	if now, err := s.resume(ctx, "operator", h.id); err != nil || now.attempts != 0 || now.wait() != 0 || now.told().Failing != nil {
		t.Errorf("resumed %+v, %v", now, err)
	}
	if err := s.fail(ctx, failed, "it answered 500", time.Hour); !errors.Is(err, errMoved) {
		t.Errorf("an attempt from before it was resumed: %v", err)
	}
}

func whatIsGivenUpIsADeadLetter(t *testing.T, s *Store) {
	ctx, h := t.Context(), added(t, s)
	must(t, s.fail(ctx, h, "it answered 500", 0))
	if now, err := s.bury(ctx, again(t, s, h), "2:7:1", "it answered 400", 9); err != nil || now.state != client.WebhookActive {
		t.Errorf("%+v, %v", now, err)
	}
	now := again(t, s, h)
	if now.checkpoint != "2:7:1" || now.attempts != 0 || now.letters != 1 || now.waiting || now.failingSince == 0 {
		t.Errorf("got %+v", now)
	}
	letters, err := s.letters(ctx, "operator", h.id, model.Position{}, 9)
	must(t, err)
	if len(letters) != 1 || letters[0].Event != "2:7:1" || letters[0].Problem != "it answered 400" || letters[0].Attempts != 2 || letters[0].At.IsZero() || letters[0].Waiting {
		t.Errorf("got %+v", letters)
	}
	if _, err := s.bury(ctx, now, "no event", "x", 9); err == nil {
		t.Error("what is no event is a dead letter")
	}
	other := added(t, s)
	if letters, err := s.letters(ctx, "operator", other.id, model.Position{}, 9); err != nil || letters == nil || len(letters) != 0 {
		t.Errorf("another has %+v, %v", letters, err)
	}
	if _, err := s.remove(ctx, "operator", h.id); err != nil {
		t.Error(err)
	}
	if _, found, err := s.waiting(ctx, h.id); err != nil || found {
		t.Errorf("its letters stay: %v", err)
	}
}

func aFullWebhookIsPaused(t *testing.T, s *Store) {
	ctx, h := t.Context(), added(t, s)
	if now, err := s.bury(ctx, h, "2:0:0", "x", 1); err != nil || now.state != client.WebhookActive {
		t.Errorf("%+v, %v", now, err)
	}
	if now, err := s.bury(ctx, again(t, s, h), "3:0:0", "x", 1); err != nil || now.state != client.WebhookPaused {
		t.Errorf("%+v, %v", now, err)
	}
	if now := again(t, s, h); now.checkpoint != "2:0:0" || now.letters != 1 || now.state != client.WebhookPaused || now.problem != problemFull {
		t.Errorf("got %+v", now)
	}
}

// buried is a webhook with dead letters.
func buried(t *testing.T, s *Store, events ...string) hook {
	t.Helper()
	h := added(t, s)
	for _, e := range events {
		if _, err := s.bury(t.Context(), h, e, "x", 99); err != nil {
			t.Fatal(err)
		}
		h = again(t, s, h)
	}
	return h
}

func deadLettersAreToldInPages(t *testing.T, s *Store) {
	ctx := t.Context()
	want := []string{"2:0:0", "9:0:0", "10:0:0", "10:0:1", "10:2:0", "10:10:0"}
	h := buried(t, s, want...)
	b := NewBook(s, nil, nil, ample)
	var got []string
	for q := (waymark.DeadLettersQuery{Webhook: h.id, Limit: 4}); ; {
		page, err := b.DeadLetters(ctx, "operator", q)
		must(t, err)
		for _, l := range page.DeadLetters {
			got = append(got, l.Event)
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, err := b.DeadLetters(ctx, "operator", waymark.DeadLettersQuery{Webhook: h.id, Cursor: "x"})
	code(t, err, waymark.Invalid)
}

func deadLettersAreSentOnceMore(t *testing.T, s *Store) {
	ctx := t.Context()
	h := buried(t, s, "2:0:0", "3:0:0", "4:0:0")
	b := NewBook(s, nil, nil, ample)
	replay := func(event string, want int) {
		t.Helper()
		if got, err := b.Replay(ctx, "operator", waymark.ReplayRequest{Webhook: h.id, Event: event}); err != nil || got.Waiting != want {
			t.Errorf("%d wait, %v, want %d", got.Waiting, err, want)
		}
	}
	first := func(want string) {
		t.Helper()
		l, found, err := s.waiting(ctx, h.id)
		if must(t, err); l.Event != want && found || found != (want != "") {
			t.Errorf("%+v waits, want %s", l, want)
		}
	}
	first("")
	replay("3:0:0", 1)
	first("3:0:0")
	if !again(t, s, h).waiting {
		t.Error("none waits")
	}
	must(t, s.leave(ctx, h.id, "3:0:0", "it answered 503", time.Hour, time.Minute))
	first("")
	if now := again(t, s, h); now.refused != 1 || now.wait() < 59*time.Second || now.wait() > time.Minute || now.resendAt-now.now < 59*60_000 {
		t.Errorf("refused: %+v", now)
	}
	replay("", 3)
	if now := again(t, s, h); now.refused != 0 || !now.resends() {
		t.Errorf("asked again: %+v", now)
	}
	first("2:0:0")
	must(t, s.leave(ctx, h.id, "2:0:0", "it answered 503", time.Hour, 0))
	if now := again(t, s, h); now.resends() || now.wait() != 0 {
		t.Errorf("refused: %+v", now)
	}
	first("3:0:0")
	must(t, s.taken(ctx, h.id, "3:0:0"))
	if now := again(t, s, h); !now.resends() || now.refused != 0 || now.told().Failing != nil {
		t.Errorf("taken: %+v", now)
	}
	must(t, s.forget(ctx, h.id, "2:0:0"))
	first("4:0:0")
	letters, err := s.letters(ctx, "operator", h.id, model.Position{}, 9)
	if must(t, err); len(letters) != 1 || !letters[0].Waiting {
		t.Errorf("left %+v", letters)
	}
	_, err = b.Replay(ctx, "operator", waymark.ReplayRequest{Webhook: h.id, Event: "2:0:0"})
	code(t, err, waymark.NotFound)
	_, err = b.Replay(ctx, "operator", waymark.ReplayRequest{Webhook: h.id, Event: "x"})
	code(t, err, waymark.Invalid)
	if l, err := s.letters(ctx, "operator", buried(t, s, "3:0:0").id, model.Position{}, 9); err != nil || len(l) != 1 || l[0].Waiting || l[0].Attempts != 1 {
		t.Errorf("another's: %+v, %v", l, err)
	}
}

func whatIsActiveIsDelivered(t *testing.T, s *Store) {
	ctx := t.Context()
	a, b, c := added(t, s), added(t, s), added(t, s)
	if _, err := s.pause(ctx, "operator", b.id); err != nil {
		t.Error(err)
	}
	must(t, s.disable(ctx, c, 0, "x"))
	if ids, _, err := s.active(ctx); err != nil || !slices.Equal(ids, []string{a.id}) {
		t.Errorf("%v, %v", ids, err)
	}
	if h, err := s.load(ctx, a.id); err != nil || h.id != a.id || !strings.HasPrefix(h.secret, "whsec_") {
		t.Errorf("%+v, %v", h, err)
	}
	for _, h := range []hook{b, c} {
		if _, err := s.load(ctx, h.id); !errors.Is(err, errNone) {
			t.Errorf("%v", err)
		}
		if now, err := s.resume(ctx, "operator", h.id); err != nil || now.state != client.WebhookActive {
			t.Errorf("%+v, %v", now, err)
		}
	}
	if ids, _, err := s.active(ctx); err != nil || len(ids) != 3 {
		t.Errorf("%v, %v", ids, err)
	}
}

// whatHindersItIsTold to who has the webhook, while it is active.
func whatHindersItIsTold(t *testing.T, s *Store) {
	ctx, h := t.Context(), added(t, s)
	must(t, s.fail(ctx, h, "it answered 500", 0))
	for trouble, want := range map[string]string{"another rulebook": "another rulebook", "": "it answered 500"} {
		must(t, s.hinder(ctx, h.id, trouble))
		if f := again(t, s, h).told().Failing; f == nil || f.Problem != want || f.Attempts != 1 {
			t.Errorf("%q: %+v", trouble, f)
		}
	}
	must(t, s.hinder(ctx, h.id, "another rulebook"))
	if now, err := s.pause(ctx, "operator", h.id); err != nil || now.trouble != "" {
		t.Errorf("paused: %+v, %v", now, err)
	}
	must(t, s.hinder(ctx, h.id, "another rulebook"))
	if now := again(t, s, h); now.trouble != "" {
		t.Errorf("while it is paused: %+v", now)
	}
}
