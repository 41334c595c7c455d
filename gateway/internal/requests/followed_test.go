package requests_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// What a request has done is told only when all its transactions have an end, also of those
// whose failure it takes for no failure of its own; and is done anew, if it says so.
func TestWhatIsLeftToDo(t *testing.T) {
	for _, fate := range []string{ledger.Valid, "MVCC_READ_CONFLICT"} {
		t.Run(fate, func(t *testing.T) {
			m := newMember(t)
			p := m.start()
			left := true
			q := m.request("k", "a")
			q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
				done, err := m.chain.write("a")(ctx, ledger.Partial(j))
				if done.Unfinished = left; err != nil || !left {
					return done, err
				}
				m.chain.set(func() { m.chain.loses, m.chain.fates = 1, []string{fate} })
				if _, err := m.chain.write("rest")(ctx, ledger.Partial(j)); err == nil {
					t.Error("it was not lost")
				}
				return done, nil
			}
			out, err := p.Do(t.Context(), q, requests.Wish{})
			done(t, out, err)
			v, found, err := p.Transaction(t.Context(), txID(2))
			if err != nil || !found || statusOf(v) != fate {
				t.Errorf("the rest: %+v %t %v", v, found, err)
			}
			if v, _, err := p.Transaction(t.Context(), txID(1)); err != nil || v.Answer == nil || v.Answer.Commit.TxID != txID(1) {
				t.Errorf("what the answer names: %+v %v", v, err)
			}
			left = false
			again, err := p.Do(t.Context(), q, requests.Wish{})
			if a := done(t, again, err); again.Replayed || a.Commit.TxID != txID(3) {
				t.Errorf("it was not done anew: %+v", again)
			}
			kept, err := m.start().Do(t.Context(), q, requests.Wish{})
			if done(t, kept, err); !kept.Replayed {
				t.Errorf("what is finished was not kept: %+v", kept)
			}
		})
	}
}

// failing makes a request that has one transaction, and fails once it is released.
func (m *member) failing(key string, release <-chan struct{}) requests.Request {
	q := m.request(key, "a")
	q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		tx := m.chain.endorse("a")
		if err := j.Endorsed(ctx, tx); err != nil {
			return ledger.Committed{}, err
		}
		<-release
		j.Resolved(ledger.Fate{TxID: tx.TxID, Status: "MVCC_READ_CONFLICT"})
		return ledger.Committed{}, waymark.Errorf(waymark.Conflict, "won each time")
	}
	return q
}

// Who was told of what another process works on has that as its request, and no other in its
// place when it fails.
func TestReferredToWhatFails(t *testing.T) {
	m := newMember(t)
	one, other := m.start(), m.start()
	release := make(chan struct{})
	for _, p := range []*process{one, other} {
		out, err := p.Do(t.Context(), m.failing("k", release), requests.Wish{Async: true})
		if err != nil || out.Pending == nil || out.Pending.TxID != txID(1) {
			t.Fatalf("got %+v %v", out, err)
		}
	}
	close(release)
	other.stop(t.Context())
	if _, found, err := m.store.Transaction(t.Context(), txID(2)); found || err != nil {
		t.Errorf("it was done anew: %v", err)
	}
	out, err := one.Do(t.Context(), m.request("k", "a"), requests.Wish{})
	done(t, out, err)
}

// Nobody is told of what another process worked on after that has failed.
func TestWhatFailsElsewhereIsDoneHere(t *testing.T) {
	m := newMember(t)
	one, other := m.start(), m.start()
	release := make(chan struct{})
	if out, err := one.Do(t.Context(), m.failing("k", release), requests.Wish{Async: true}); err != nil || out.Pending == nil {
		t.Fatalf("got %+v %v", out, err)
	}
	reached, proceed := make(chan struct{}), make(chan struct{})
	q := m.request("k", "a")
	q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		close(reached)
		<-proceed
		return m.chain.write("a")(ctx, j)
	}
	outs := make(chan requests.Outcome, 2)
	ask := func(w requests.Wish) {
		out, err := other.Do(t.Context(), q, w)
		if err != nil {
			t.Error(err)
		}
		outs <- out
	}
	go ask(requests.Wish{})
	until(t, "it does not wait", func() bool { return other.store.finds.Load() > 1 })
	close(release)
	<-reached
	m.chain.set(func() { m.chain.hold = make(chan struct{}) })
	go ask(requests.Wish{Wait: time.Nanosecond})
	close(proceed)
	if out := <-outs; out.Pending == nil || out.Pending.TxID != txID(2) {
		t.Errorf("the impatient one: %+v", out)
	}
	close(m.chain.hold)
	if out := <-outs; out.Pending != nil || out.Answer.Commit.TxID != txID(2) {
		t.Errorf("the patient one: %+v", out)
	}
}

// A transaction of which the ordering service refuses every further copy has its end after a
// while, here and where another process takes it over; until then it may be in a block yet.
func TestWhatIsBarredHasAnEnd(t *testing.T) {
	tests := []struct {
		name   string
		bars   int
		killed bool
		want   string
	}{
		{"for good", -1, false, ledger.Unordered},
		{"for good, and taken over", -1, true, ledger.Unordered},
		{"for a moment", 2, false, ledger.Valid},
		{"for a moment, and taken over", 2, true, ledger.Valid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMember(t)
			m.chain.loses, m.chain.bars = 1, tt.bars
			if tt.bars < 0 {
				m.barred = 100 * time.Millisecond
			}
			p := m.start()
			if tt.killed {
				m.chain.hold = make(chan struct{})
			}
			async(t, m, p)
			if tt.killed {
				p.kill()
				m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
				p = m.start()
			}
			var v requests.View
			until(t, "it has no end", func() bool {
				var err error
				v, _, err = p.Transaction(t.Context(), txID(1))
				return err == nil && v.Fate != nil && (v.Answer != nil || v.Error != nil)
			})
			if valid := tt.want == ledger.Valid; v.Fate.Status != tt.want || (v.Error == nil) != valid {
				t.Errorf("got %+v, %+v", v, v.Fate)
			}
			m.chain.set(func() { m.chain.loses, m.chain.bars = 0, 0 })
			var out requests.Outcome
			until(t, "its key is not free", func() bool { // a failure is noted before it is left
				var err error
				out, err = p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
				return err == nil
			})
			if done(t, out, nil); out.Replayed != (tt.want == ledger.Valid) || m.chain.effects("a") != 1 {
				t.Errorf("got %+v, %d effects", out, m.chain.effects("a"))
			}
		})
	}
}

// One transaction that is asked for by several requests, as one can be that its creator has
// signed, has one effect, and all of them its answer.
func TestOneTransactionOfTwoRequests(t *testing.T) {
	m := newMember(t)
	p := m.start()
	m.chain.hold = make(chan struct{})
	tx := m.chain.endorse("a")
	request := func(key string) requests.Request {
		q := m.request(key, "a")
		q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
			if err := j.Endorsed(ctx, tx); err != nil {
				return ledger.Committed{}, err
			}
			f, err := m.chain.order(ctx, tx.TxID)
			if err == nil {
				j.Resolved(f)
			}
			return ledger.Committed{Commit: ledger.Commit{TxID: tx.TxID, Status: f.Status}, Result: tx.Result}, err
		}
		return q
	}
	for _, key := range []string{"k", "l", ""} {
		out, err := p.Do(t.Context(), request(key), requests.Wish{Async: true})
		if err != nil || out.Pending == nil || out.Pending.TxID != tx.TxID {
			t.Errorf("key %q: %+v %v", key, out, err)
		}
	}
	m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
	for _, key := range []string{"k", "l", ""} {
		out, err := p.Do(t.Context(), request(key), requests.Wish{})
		if a := done(t, out, err); a.Commit.TxID != tx.TxID {
			t.Errorf("key %q: %+v", key, a)
		}
	}
	if n := m.chain.effects("a"); n != 1 {
		t.Errorf("%d effects", n)
	}
}

// Another transaction of the same id, which a creator can sign that signs for itself, has another fate: it is not
// submitted while the one is kept, and what is kept ends as its own bytes do.
func TestAnotherTransactionOfTheSameID(t *testing.T) {
	m := newMember(t)
	p := m.start()
	tx := m.chain.endorse("a")
	submit := func(tx ledger.Endorsed, lost bool) func(context.Context, ledger.Journal) (ledger.Committed, error) {
		return func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
			if err := j.Endorsed(ctx, tx); err != nil {
				return ledger.Committed{}, err
			}
			if !lost {
				t.Error("it is submitted")
			}
			return ledger.Committed{}, errLost
		}
	}
	m.chain.hold, m.chain.fates = make(chan struct{}), []string{ledger.Duplicate}
	one, other := m.request("k", "a"), m.request("l", "b")
	one.Run, other.Run = submit(tx, true), submit(ledger.Endorsed{TxID: tx.TxID, Signed: [32]byte{1}, Envelope: []byte("b")}, false)
	if out, err := p.Do(t.Context(), one, requests.Wish{Async: true}); err != nil || out.Pending == nil {
		t.Fatalf("got %+v %v", out, err)
	}
	for range 2 {
		if out, err := p.Do(t.Context(), other, requests.Wish{Async: true}); waymark.CodeOf(err) != waymark.AlreadyExists {
			t.Errorf("the other: %+v %v", out, err)
		}
	}
	m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
	until(t, "it has no end", func() bool {
		v, _, err := p.Transaction(t.Context(), tx.TxID)
		return err == nil && statusOf(v) == ledger.Duplicate && v.Error != nil && waymark.CodeOf(v.Error) == waymark.AlreadyExists
	})
}

// Where it is not known which transaction is kept, what is kept is followed to its end.
func TestTheNextMayBeKept(t *testing.T) {
	for name, tt := range map[string]struct {
		next func(do func() error) error
		kept int // the number of the transaction that has the end
	}{
		"it is":     {func(do func() error) error { return errors.Join(do(), errDead) }, 2},
		"it is not": {func(func() error) error { return errDead }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMember(t)
			p := m.start()
			p.store.next, m.chain.fates = tt.next, []string{"MVCC_READ_CONFLICT"}
			_, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
			var concerned *ledger.Failure
			if waymark.CodeOf(err) != waymark.Unavailable || !errors.As(err, &concerned) || concerned.TxID != txID(2) {
				t.Fatalf("got %v", err)
			}
			until(t, "it has no end", func() bool {
				v, _, err := p.Transaction(t.Context(), txID(tt.kept))
				return err == nil && v.Fate != nil && (v.Answer != nil || v.Error != nil)
			})
			again, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
			if a := done(t, again, err); again.Replayed != (tt.kept == 2) || m.chain.effects("a") != 1 {
				t.Errorf("got %+v, %d effects", a, m.chain.effects("a"))
			}
		})
	}
}
