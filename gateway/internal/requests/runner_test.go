package requests_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ASVS 5.0: 2.3.3.
func TestSameKeySameAnswer(t *testing.T) {
	m := newMember(t)
	p := m.start()
	first, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
	want := done(t, first, err)
	if first.Replayed {
		t.Error("the first is no replay")
	}
	other := m.start()
	for _, p := range []*process{p, other} {
		again, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
		if got := done(t, again, err); !again.Replayed || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", again, want)
		}
		_, err = p.Do(t.Context(), m.request("k", "b"), requests.Wish{})
		if e := waymark.AsError(err); e == nil || e.Code.HTTPStatus() != 422 || !reflect.DeepEqual(e.Reasons, []string{requests.ReasonKeyReused}) {
			t.Errorf("another body: %v", err)
		}
	}
	stranger := m.request("k", "a")
	stranger.Caller = "crm"
	if out, err := p.Do(t.Context(), stranger, requests.Wish{}); err != nil || out.Replayed {
		t.Errorf("the key of another caller: %+v %v", out, err)
	}
	if n := m.chain.effects("a"); n != 2 {
		t.Errorf("%d effects", n)
	}
}

func TestFortyRequestsWithOneKey(t *testing.T) {
	m := newMember(t)
	processes := []*process{m.start(), m.start()}
	answers := make([]requests.Answer, 40)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			out, err := processes[i%2].Do(t.Context(), m.request("k", "a"), requests.Wish{})
			if err != nil || out.Pending != nil {
				t.Errorf("%d: %+v %v", i, out, err)
			}
			answers[i] = out.Answer
		})
	}
	group.Wait()
	for i, a := range answers {
		if !reflect.DeepEqual(a, answers[0]) {
			t.Errorf("%d: %+v, want %+v", i, a, answers[0])
		}
	}
	if n := m.chain.effects("a"); n != 1 {
		t.Errorf("%d effects", n)
	}
}

func TestAFailureFreesTheKey(t *testing.T) {
	m := newMember(t)
	p := m.start()
	m.chain.fates = []string{"MVCC_READ_CONFLICT", "MVCC_READ_CONFLICT"}
	if out, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{}); waymark.CodeOf(err) != waymark.Conflict {
		t.Fatalf("got %+v %v", out, err)
	}
	other, err := p.Do(t.Context(), m.request("k", "b"), requests.Wish{}) // the key is free for anything
	done(t, other, err)
	v, found, err := p.Transaction(t.Context(), txID(1))
	if err != nil || !found || statusOf(v) != "MVCC_READ_CONFLICT" || v.ReplacedBy != txID(2) || v.Error != nil {
		t.Errorf("the first transaction: %+v %t %v", v, found, err)
	}
	v, _, err = p.Transaction(t.Context(), txID(2))
	if err != nil || statusOf(v) != "MVCC_READ_CONFLICT" || v.ReplacedBy != "" || v.Error == nil || v.Error.Code != waymark.Conflict {
		t.Errorf("the second: %+v %v", v, err)
	}
}

func TestAsync(t *testing.T) {
	m := newMember(t)
	p := m.start()
	release := make(chan struct{})
	m.chain.hold = release
	out, err := p.Do(t.Context(), m.request("", "a"), requests.Wish{Async: true})
	if err != nil || out.Pending == nil || out.Pending.TxID != txID(1) {
		t.Fatalf("got %+v %v", out, err)
	}
	view := func() requests.View {
		v, found, err := p.Transaction(t.Context(), txID(1))
		if err != nil || !found {
			t.Fatalf("%t %v", found, err)
		}
		return v
	}
	until(t, "it is not submitted", func() bool { return view().Submitted })
	close(release)
	until(t, "it is not committed", func() bool { return statusOf(view()) == ledger.Valid })
	v, _, _ := p.Transaction(t.Context(), txID(1))
	if v.Caller != "erp" || v.Answer == nil || v.Answer.Status != 201 || v.Answer.Location != "/v1/things/a" || string(v.Answer.Result) != `{"about":"a","n":1}` {
		t.Errorf("got %+v", v)
	}
	refused := m.request("", "b")
	refused.Run = func(context.Context, ledger.Journal) (ledger.Committed, error) {
		return ledger.Committed{}, waymark.Errorf(waymark.Forbidden, "no")
	}
	if out, err := p.Do(t.Context(), refused, requests.Wish{Async: true}); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("what is refused was accepted: %+v %v", out, err)
	}
}

// A write that takes longer than a caller waits is kept and told to be under way, never before.
func TestPatienceEnds(t *testing.T) {
	for _, key := range []string{"", "k"} {
		m := newMember(t)
		m.limit.Answer = 50 * time.Millisecond
		p := m.start()
		release := make(chan struct{})
		m.chain.hold = release
		out, err := p.Do(t.Context(), m.request(key, "a"), requests.Wish{})
		if err != nil || out.Pending == nil || !out.Pending.Submitted || out.Pending.Fate != nil {
			t.Fatalf("got %+v %v", out, err)
		}
		if _, found, err := m.store.Transaction(t.Context(), out.Pending.TxID); !found || err != nil {
			t.Errorf("it was not kept: %v", err)
		}
		close(release)
		until(t, "it is not committed", func() bool {
			v, _, err := p.Transaction(t.Context(), txID(1))
			return err == nil && statusOf(v) == ledger.Valid
		})
	}
}

// What a process leaves behind by its death, or in order, another one brings to its end.
func TestTakeOver(t *testing.T) {
	tests := []struct {
		name    string
		end     func(*process)
		fates   []string
		effects int // of the same request, sent again
	}{
		{"killed", (*process).kill, nil, 1},
		{"killed, and it was in conflict", (*process).kill, []string{"MVCC_READ_CONFLICT"}, 1},
		{"stopped", func(p *process) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			p.stop(ctx)
		}, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMember(t)
			m.chain.hold, m.chain.fates = make(chan struct{}), tt.fates
			old := m.start()
			out, err := old.Do(t.Context(), m.request("k", "a"), requests.Wish{Async: true})
			if err != nil || out.Pending == nil {
				t.Fatalf("got %+v %v", out, err)
			}
			tt.end(old)
			m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
			again, err := m.start().Do(t.Context(), m.request("k", "a"), requests.Wish{})
			a := done(t, again, err)
			if anew := tt.fates != nil; again.Replayed == anew || anew == (a.Commit.TxID == out.Pending.TxID) {
				t.Errorf("got %+v", again)
			}
			if n := m.chain.effects("a"); n != tt.effects {
				t.Errorf("%d effects", n)
			}
		})
	}
}

// A process that ends in order before its first beat leaves its requests to the others, too.
func TestTakeOverFromWhoNeverBeat(t *testing.T) {
	m := newMember(t)
	m.chain.hold = make(chan struct{})
	_, old := requests.Rounds(requests.Options{Store: m.store, Resolver: m.chain, Limits: m.limit, Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	if out, err := old.Do(t.Context(), m.request("k", "a"), requests.Wish{Async: true}); err != nil || out.Pending == nil {
		t.Fatalf("got %+v %v", out, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	old.Close(ended)
	m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
	again, err := m.start().Do(t.Context(), m.request("k", "a"), requests.Wish{})
	done(t, again, err)
	if n := m.chain.effects("a"); n != 1 {
		t.Errorf("%d effects", n)
	}
}

// A process that is only slow loses what was taken over, and makes no further transaction.
func TestOvertaken(t *testing.T) {
	m := newMember(t)
	p := m.start()
	reached, release := make(chan struct{}), make(chan struct{})
	q := m.request("k", "a")
	q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		tx := m.chain.endorse("a")
		if err := j.Endorsed(ctx, tx); err != nil {
			return ledger.Committed{}, err
		}
		close(reached)
		<-release
		j.Resolved(ledger.Fate{TxID: tx.TxID, Status: "MVCC_READ_CONFLICT"})
		return m.chain.write("a")(ctx, j)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := p.Do(t.Context(), q, requests.Wish{})
		failed <- err
	}()
	<-reached
	beats, err := m.store.Beats(t.Context())
	must(t, err)
	for gateway := range beats {
		must(t, m.store.Adopt(t.Context(), gateway, "another"))
	}
	close(release)
	if err := <-failed; waymark.CodeOf(err) != waymark.Unavailable || !errors.Is(err, requests.ErrLost) {
		t.Errorf("got %v", err)
	}
	if n := m.chain.effects("a"); n != 0 {
		t.Errorf("%d effects", n)
	}
}

// What the ordering service refuses is at an end: its place is free, and so is its key.
func TestRefusedByTheOrderers(t *testing.T) {
	m := newMember(t)
	m.limit.Pending = 1
	p := m.start()
	q := m.request("k", "a")
	refused := make(chan string, 2)
	q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		tx := m.chain.endorse("a")
		if err := j.Endorsed(ctx, tx); err != nil {
			return ledger.Committed{}, err
		}
		j.Refused(tx.TxID)
		refused <- tx.TxID
		return ledger.Committed{}, waymark.Errorf(waymark.Internal, "refused")
	}
	for _, wish := range []requests.Wish{{}, {Async: true}} {
		if out, err := p.Do(t.Context(), q, wish); waymark.CodeOf(err) != waymark.Internal && out.Pending == nil {
			t.Fatalf("got %+v, %v", out, err)
		}
		var v requests.View
		last := <-refused
		until(t, "no end is kept", func() bool {
			var err error
			v, _, err = p.Transaction(t.Context(), last)
			return err == nil && v.Error != nil
		})
		if statusOf(v) != ledger.Unordered || v.Error.Code != waymark.Internal {
			t.Errorf("kept is %+v", v)
		}
	}
	if n := m.chain.effects("a"); n != 0 {
		t.Errorf("%d effects", n)
	}
}

// A submit that fails while the fate is unknown is followed to its end.
func TestAFateIsFollowed(t *testing.T) {
	m := newMember(t)
	p := m.start()
	m.chain.loses = 3
	out, err := p.Do(t.Context(), m.request("", "a"), requests.Wish{})
	done(t, out, err)
	m.chain.set(func() { m.chain.loses, m.chain.fates = 1, []string{"ENDORSEMENT_POLICY_FAILURE"} })
	_, err = p.Do(t.Context(), m.request("", "b"), requests.Wish{})
	var concerned *ledger.Failure
	if waymark.CodeOf(err) != waymark.Unavailable || !errors.As(err, &concerned) || concerned.TxID != txID(2) {
		t.Errorf("got %v", err)
	}
}

// A request of several transactions whose process dies is free, whatever became of the last.
func TestPartsAreNoAnswer(t *testing.T) {
	m := newMember(t)
	q := m.request("k", "a")
	q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		if _, err := m.chain.write("part")(ctx, ledger.Partial(j)); err != nil {
			return ledger.Committed{}, err
		}
		return m.chain.write("a")(ctx, j)
	}
	m.chain.hold = make(chan struct{})
	old := m.start()
	if out, err := old.Do(t.Context(), q, requests.Wish{Async: true}); err != nil || out.Pending == nil {
		t.Fatalf("got %+v %v", out, err)
	}
	old.kill()
	m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
	p := m.start()
	out, err := p.Do(t.Context(), q, requests.Wish{})
	if done(t, out, err); out.Replayed || m.chain.effects("part") != 2 || m.chain.effects("a") != 1 {
		t.Errorf("got %+v, %d parts", out, m.chain.effects("part"))
	}
	again, err := p.Do(t.Context(), q, requests.Wish{})
	if got := done(t, again, err); !again.Replayed || !reflect.DeepEqual(got, out.Answer) {
		t.Errorf("got %+v, want %+v", again, out)
	}
}

// A caller that goes away ends a write of which nothing is under way, and no other.
func TestCallersGoAway(t *testing.T) {
	for _, key := range []string{"", "k"} {
		m := newMember(t)
		p := m.start()
		ctx, leave := context.WithCancel(t.Context())
		q := m.request(key, "a")
		ended := make(chan bool, 1)
		q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
			leave()
			if key == "" {
				<-ctx.Done()
			}
			done, err := m.chain.write("a")(ctx, j)
			ended <- err == nil
			return done, err
		}
		if _, err := p.Do(ctx, q, requests.Wish{}); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("key %q: %v", key, err)
		}
		if took := <-ended; took != (key != "") {
			t.Errorf("key %q: took effect %t", key, took)
		}
	}
}

func TestAPanicIsOneFailure(t *testing.T) {
	m := newMember(t)
	p := m.start()
	q := m.request("k", "a")
	q.Run = func(context.Context, ledger.Journal) (ledger.Committed, error) { panic("secret") }
	if _, err := p.Do(t.Context(), q, requests.Wish{}); waymark.CodeOf(err) != waymark.Internal {
		t.Errorf("got %v", err)
	}
	out, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
	done(t, out, err)
}

// Without the database nothing is promised, and what needs no promise goes on (ASVS 5.0: 16.5.3).
func TestWithoutTheDatabase(t *testing.T) {
	m := newMember(t)
	p := m.start()
	p.store.dead.Store(true)
	if _, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("with a key: %v", err)
	}
	if _, err := p.Do(t.Context(), m.request("", "a"), requests.Wish{Async: true}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("async: %v", err)
	}
	if n := m.chain.effects("a"); n != 0 {
		t.Errorf("%d effects of what failed", n)
	}
	out, err := p.Do(t.Context(), m.request("", "b"), requests.Wish{})
	done(t, out, err)
	m.chain.hold = make(chan struct{})
	_, err = p.Do(t.Context(), m.request("", "c"), requests.Wish{Wait: 50 * time.Millisecond})
	var concerned *ledger.Failure
	if waymark.CodeOf(err) != waymark.Unavailable || !errors.As(err, &concerned) {
		t.Errorf("slow: %v", err)
	}
	close(m.chain.hold)
}
