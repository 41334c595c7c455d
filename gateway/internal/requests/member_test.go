package requests_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
)

// mortal is a store that a process loses when it dies.
type mortal struct {
	requests.SQL
	dead  atomic.Bool
	finds atomic.Int64
	next  func(do func() error) error // in place of Next
}

var errDead = errors.New("the process is dead")

// Exclusive is never: the processes of a test share what they have.
func (m *mortal) Exclusive() (bool, error) { return false, nil }

func (m *mortal) Begin(ctx context.Context, r requests.Record, first requests.Step) error {
	if m.dead.Load() {
		return errDead
	}
	return m.SQL.Begin(ctx, r, first)
}

func (m *mortal) Keep(ctx context.Context, r requests.Record) error {
	if m.dead.Load() {
		return errDead
	}
	return m.SQL.Keep(ctx, r)
}

func (m *mortal) Finish(ctx context.Context, id, gateway string, end requests.End) error {
	if m.dead.Load() {
		return errDead
	}
	return m.SQL.Finish(ctx, id, gateway, end)
}

func (m *mortal) Find(ctx context.Context, caller, key string) (requests.Record, bool, error) {
	if m.dead.Load() {
		return requests.Record{}, false, errDead
	}
	m.finds.Add(1)
	return m.SQL.Find(ctx, caller, key)
}

func (m *mortal) Next(ctx context.Context, id, gateway string, before ledger.Fate, next requests.Step) error {
	do := func() error { return m.SQL.Next(ctx, id, gateway, before, next) }
	if m.next != nil {
		return m.next(do)
	}
	return do()
}

// process is one of the gateways of a member.
type process struct {
	*requests.Runner
	of    *member
	store *mortal
	ended sync.Once
}

// kill leaves all as it stands. Who starts after it does not wait long for what is left behind.
func (p *process) kill() {
	p.ended.Do(func() {
		p.of.dead = 50 * time.Millisecond
		p.store.dead.Store(true)
		p.Kill()
	})
}

func (p *process) stop(ctx context.Context) { p.ended.Do(func() { p.Close(ctx) }) }

// member makes processes over one database and one ledger.
type member struct {
	t     *testing.T
	chain *chain
	store requests.SQL
	limit requests.Limits
	ended ends
	// dead and barred are longer than any process is slow, unless a test waits for them.
	dead, barred time.Duration
}

// ends are what processes told of the ends of writes.
type ends struct {
	mu  sync.Mutex
	all []requests.Ended
}

func (e *ends) add(one requests.Ended) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, one)
}

func (e *ends) told() []requests.Ended {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

func newMember(t *testing.T) *member {
	return &member{t: t, chain: newChain(), dead: time.Minute, barred: time.Minute, store: requests.NewSQL(databasetest.SQLite(t)()),
		limit: requests.Limits{Pending: 100, Bytes: 1000, CallerPercent: 100, Answer: 10 * time.Second, Keep: time.Hour, KeptBytes: 1 << 30}}
}

func (m *member) start() *process {
	p := &process{of: m, store: &mortal{SQL: m.store}}
	p.Runner = requests.NewQuickRunner(requests.Options{Store: p.store, Resolver: m.chain, Ended: m.ended.add, Limits: m.limit,
		Logger: zap.NewNop(), Registry: prometheus.NewRegistry()}, m.dead, m.barred)
	m.t.Cleanup(func() { p.stop(context.Background()) })
	return p
}

func (m *member) request(key, about string) requests.Request {
	q := requests.Request{Caller: "erp", Operation: "makeThing", Key: key, Bytes: 1, Status: 201, Run: m.chain.write(about),
		Location: func(json.RawMessage) string { return "/v1/things/" + about }}
	copy(q.Digest[:], about)
	return q
}

// done checks that a write took effect, and returns its answer.
func done(t *testing.T, out requests.Outcome, err error) requests.Answer {
	t.Helper()
	if err != nil || out.Pending != nil || out.Answer.Commit.Status != ledger.Valid || out.Answer.Status != 201 || out.Answer.Location == "" {
		t.Fatalf("got %+v, %v", out, err)
	}
	return out.Answer
}

// until waits for something that is about to be true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// statusOf is how a transaction was judged; empty while it is not.
func statusOf(v requests.View) string {
	if v.Fate == nil {
		return ""
	}
	return v.Fate.Status
}
