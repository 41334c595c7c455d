package requests_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
)

// endOf is how a write of erp ended with a transaction.
func endOf(n int, status string, err *waymark.Error) requests.Ended {
	return requests.Ended{Caller: "erp", Operation: "makeThing", TxID: txID(n), Status: status, Error: err}
}

// told checks that so many ends come to be told, and returns them.
func (m *member) told(n int) []requests.Ended {
	m.t.Helper()
	until(m.t, "its end is not told", func() bool { return len(m.ended.told()) >= n })
	return m.ended.told()
}

// What is answered with its end is told to nobody else, and what is not is, once.
func TestEndsAreTold(t *testing.T) {
	won := waymark.Errorf(waymark.Conflict, "won each time")
	tests := []struct {
		name  string
		fates []string
		do    func(*testing.T, *member, *process)
		want  []requests.Ended
	}{
		{name: "answered", do: func(t *testing.T, m *member, p *process) {
			out, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
			done(t, out, err)
			again, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
			done(t, again, err)
		}},
		{name: "answered with a failure", fates: []string{conflict, conflict}, do: func(t *testing.T, m *member, p *process) {
			if _, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{}); waymark.CodeOf(err) != waymark.Conflict {
				t.Errorf("got %v", err)
			}
		}},
		{name: "under way", do: async, want: []requests.Ended{endOf(1, ledger.Valid, nil)}},
		{name: "under way, then made anew", fates: []string{conflict}, do: async, want: []requests.Ended{endOf(2, ledger.Valid, nil)}},
		{name: "under way, and fails", fates: []string{conflict, conflict}, do: async, want: []requests.Ended{endOf(2, conflict, won)}},
		{name: "told to be under way twice", do: func(t *testing.T, m *member, p *process) {
			async(t, m, p)
			out, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{Async: true})
			if err != nil || out.Pending == nil {
				t.Errorf("got %+v %v", out, err)
			}
		}, want: []requests.Ended{endOf(1, ledger.Valid, nil)}},
		{name: "the caller is gone", do: func(t *testing.T, m *member, p *process) {
			ctx, leave := context.WithCancel(t.Context())
			q := m.request("", "a")
			q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
				return m.chain.write("a")(ctx, leaving{j, leave})
			}
			if _, err := p.Do(ctx, q, requests.Wish{}); waymark.CodeOf(err) != waymark.Unavailable {
				t.Errorf("got %v", err)
			}
		}, want: []requests.Ended{endOf(1, ledger.Valid, nil)}},
		{name: "it is not known what is kept", fates: []string{conflict}, do: func(t *testing.T, m *member, p *process) {
			p.store.next = func(do func() error) error { return errors.Join(do(), errDead) }
			async(t, m, p)
		}, want: []requests.Ended{endOf(2, ledger.Valid, nil)}},
		{name: "it cannot be kept", do: func(t *testing.T, m *member, p *process) {
			p.store.dead.Store(true)
			if _, err := p.Do(t.Context(), m.request("", "a"), requests.Wish{Wait: 50 * time.Millisecond}); waymark.CodeOf(err) != waymark.Unavailable {
				t.Errorf("got %v", err)
			}
		}, want: []requests.Ended{endOf(1, ledger.Valid, nil)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMember(t)
			m.chain.fates = tt.fates
			if len(tt.want) > 0 {
				m.chain.hold = make(chan struct{})
			}
			p := m.start()
			tt.do(t, m, p)
			if len(tt.want) > 0 {
				close(m.chain.hold)
			}
			m.told(len(tt.want))
			p.stop(t.Context())
			if got := m.ended.told(); len(got) != len(tt.want) || len(got) > 0 && !reflect.DeepEqual(got, tt.want) {
				t.Errorf("told %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Whenever a caller leaves, the end is told once, and to nobody if none leaves.
func TestAnEndIsOwedOnce(t *testing.T) {
	tests := []struct {
		steps string // o: a caller leaves without the end; c: the end comes
		due   string // at which of them it is told: -: not
	}{
		{"c", "-"}, {"oc", "-c"}, {"co", "-o"}, {"ooc", "--c"}, {"coo", "-o-"}, {"oco", "-c-"},
	}
	for _, tt := range tests {
		t.Run(tt.steps, func(t *testing.T) {
			m := newMember(t)
			o := m.start().Operation(m.request("k", "a"))
			got := ""
			for _, step := range tt.steps {
				e, due := requests.Ended{}, false
				if step == 'o' {
					e, due = requests.Owe(o)
				} else {
					e, due = requests.Conclude(o, requests.Outcome{}, waymark.Errorf(waymark.Conflict, "won"))
				}
				switch {
				case !due:
					got += "-"
				case e.Error == nil || e.Error.Code != waymark.Conflict:
					t.Errorf("told %+v", e)
				default:
					got += string(step)
				}
			}
			if got != tt.due {
				t.Errorf("told at %q, want %q", got, tt.due)
			}
		})
	}
}

// async makes a write that is told to be under way.
func async(t *testing.T, m *member, p *process) {
	out, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{Async: true})
	if err != nil || out.Pending == nil {
		t.Fatalf("got %+v %v", out, err)
	}
}

// leaving is a journal whose caller leaves once something is submitted.
type leaving struct {
	ledger.Journal
	leave func()
}

func (l leaving) Submitted(txID string) {
	l.Journal.Submitted(txID)
	l.leave()
}

// What another process has taken over is told by that one.
func TestTheHeirTellsTheEnd(t *testing.T) {
	m := newMember(t)
	m.chain.hold = make(chan struct{})
	old := m.start()
	async(t, m, old)
	old.kill()
	m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
	heir := m.start()
	if got, want := m.told(1), []requests.Ended{endOf(1, ledger.Valid, nil)}; !reflect.DeepEqual(got, want) {
		t.Errorf("told %+v, want %+v", got, want)
	}
	heir.stop(t.Context())
	if n := len(m.ended.told()); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// full is a store into which nothing can be noted any more.
type full struct {
	requests.SQL
	tries atomic.Int64
}

var errFull = errors.New("the disk is full")

func (f *full) Finish(context.Context, string, string, requests.End) error {
	f.tries.Add(1)
	return errFull
}

// An end that cannot be noted is told once, however often it is found.
func TestAnEndThatCannotBeNotedIsToldOnce(t *testing.T) {
	m := newMember(t)
	store := &full{SQL: m.store}
	p := requests.NewRunner(requests.Options{Store: store, Resolver: m.chain, Ended: m.ended.add, Limits: m.limit,
		Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	must(t, m.store.Begin(t.Context(), record("r1", p.Gateway(), "k"), step(1)))
	for range 3 {
		if err := requests.RecoverAll(p, t.Context()); !errors.Is(err, errFull) {
			t.Errorf("got %v", err)
		}
	}
	if got := m.ended.told(); store.tries.Load() != 3 || !reflect.DeepEqual(got, []requests.Ended{endOf(1, ledger.Valid, nil)}) {
		t.Errorf("after %d tries told %+v", store.tries.Load(), got)
	}
}

// A store that takes no ends is not asked about each request: their fates are known already.
func TestAFullStoreIsNotAskedForAll(t *testing.T) {
	m := newMember(t)
	store := &full{SQL: m.store}
	p := requests.NewRunner(requests.Options{Store: store, Resolver: m.chain, Ended: m.ended.add, Limits: m.limit,
		Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	const kept = 400
	for n := range kept {
		must(t, m.store.Begin(t.Context(), record(fmt.Sprint("r", n), p.Gateway(), fmt.Sprint("k", n)), step(n)))
	}
	if err := requests.RecoverAll(p, t.Context()); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if n := store.tries.Load(); n < 64 || n > 2*64 {
		t.Errorf("asked about %d of %d", n, kept)
	}
}
