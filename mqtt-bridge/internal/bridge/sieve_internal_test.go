package bridge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/metrics"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/relay"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// quarantined is accounts and a registry.
type quarantined struct {
	mu       sync.Mutex
	accounts []string // in order
	known    []string // devices of the registry
	away     bool     // the registry
	asked    map[string]int
	disowned []string
}

func (q *quarantined) DevicesAfter(device string, limit int) (page []spool.Account, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range q.accounts {
		if a > device && len(page) < limit {
			page = append(page, spool.Account{Device: a})
		}
	}
	return page, nil
}

func (q *quarantined) Disown(devices []string) (more bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	one := devices[slices.IndexFunc(devices, func(d string) bool { return !slices.Contains(q.disowned, d) })]
	q.disowned = append(q.disowned, one) // one at a time
	q.accounts = slices.DeleteFunc(q.accounts, func(a string) bool { return a == one })
	return slices.ContainsFunc(devices, func(d string) bool { return !slices.Contains(q.disowned, d) }), nil
}

func (q *quarantined) set(change func()) { q.mu.Lock(); change(); q.mu.Unlock() }

func (q *quarantined) Dropped() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return int64(len(q.disowned))
}

func (q *quarantined) Device(_ context.Context, id string) (*waymark.Device, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked[id]++
	switch {
	case q.away:
		return nil, waymark.Errorf(waymark.Unavailable, "away")
	case !slices.Contains(q.known, id):
		return nil, waymark.Errorf(waymark.Unauthenticated, "not registered")
	}
	return &waymark.Device{ID: id}, nil
}

func TestSieve(t *testing.T) {
	many := func(name string, n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprintf("%s-%04d", name, i))
		}
		return ids
	}
	for _, tt := range []struct {
		name   string
		q      *quarantined
		proved bool
		want   []string // disowned
		asked  int      // questions within four minutes
	}{
		{name: "nothing there", q: &quarantined{}, proved: true},
		{name: "devices are asked about once", q: &quarantined{accounts: []string{"a", "b"}, known: []string{"a", "b"}}, asked: 2},
		{name: "a stranger among devices", q: &quarantined{accounts: []string{"a", "x"}, known: []string{"a"}}, want: []string{"x"}, asked: 3},
		{name: "many strangers", q: &quarantined{accounts: many("made-up", 600)}, proved: true, want: many("made-up", 600), asked: 1200},
		{name: "nobody is known to this registry", q: &quarantined{accounts: []string{"a", "b"}}, asked: 16},
		{name: "the registry is away", q: &quarantined{accounts: []string{"a"}, away: true}, proved: true, asked: 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := tt.q
				q.asked = map[string]int{}
				s := newSieve(zap.NewNop())
				if tt.proved {
					s.relayed(waymark.Rejected) // proves nothing
					s.relayed(waymark.Duplicate)
				}
				s.wake()
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute+5*time.Second)
				defer cancel()
				s.run(ctx, q, q)
				asked := 0
				for _, n := range q.asked {
					asked += n
				}
				if !slices.Equal(q.disowned, tt.want) || asked != tt.asked {
					t.Errorf("disowned %d: %.100v, want %d; %d questions, want %d", len(q.disowned), q.disowned, len(tt.want), asked, tt.asked)
				}
			})
		})
	}
}

// What comes into quarantine is looked at within a moment, but not all the time.
func TestSieveIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quarantined{known: []string{"a"}, accounts: []string{"a"}, asked: map[string]int{}}
		s := newSieve(zap.NewNop())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.run(ctx, q, q); close(done) }()
		s.wake()
		time.Sleep(2 * siftPause)
		q.mu.Lock()
		q.accounts = []string{"a", "x"}
		q.mu.Unlock()
		s.wake()
		time.Sleep(2 * siftPause)
		cancel()
		<-done
		if q.asked["x"] != 1 || q.asked["a"] != 1 {
			t.Errorf("asked %v", q.asked)
		}
	})
}

// A registry that says twice that it does not know an id is believed, if some minutes are between, and it was not away meanwhile: a peer that
// was restored, or is behind, does not know all devices.
func TestSieveAsksTwice(t *testing.T) {
	for _, tt := range []struct {
		name string
		then func(s *sieve, q *quarantined) // after a minute
		want map[time.Duration]int          // disowned by then
	}{
		{"nothing happens", func(*sieve, *quarantined) {}, map[time.Duration]int{2 * time.Minute: 0, 3 * time.Minute: 1}},
		{"it knows the id by then", func(_ *sieve, q *quarantined) { q.set(func() { q.known = append(q.known, "x") }) }, map[time.Duration]int{10 * time.Minute: 0}},
		{"the gateway cannot be reached", func(s *sieve, _ *quarantined) { s.away() }, map[time.Duration]int{10 * time.Minute: 0}},
		{"the gateway comes back", func(s *sieve, _ *quarantined) {
			s.away()
			time.Sleep(2 * time.Minute)
			s.relayed(waymark.Recorded)
		}, map[time.Duration]int{5 * time.Minute: 0, 6 * time.Minute: 1}},
		{"the registry is away", func(_ *sieve, q *quarantined) {
			q.set(func() { q.away, q.accounts = true, []string{"a", "b", "x"} })
			time.Sleep(time.Minute)
			q.set(func() { q.away = false })
		}, map[time.Duration]int{4 * time.Minute: 0, 5 * time.Minute: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for after, want := range tt.want {
				synctest.Test(t, func(t *testing.T) {
					q := &quarantined{known: []string{"a"}, accounts: []string{"a", "x"}, asked: map[string]int{}}
					s, begun := newSieve(zap.NewNop()), time.Now()
					ctx, cancel := context.WithCancel(t.Context())
					done := make(chan struct{})
					go func() { s.run(ctx, q, q); close(done) }()
					s.wake()
					time.Sleep(time.Minute)
					tt.then(s, q)
					time.Sleep(after - time.Since(begun))
					cancel()
					<-done
					if len(q.disowned) != want {
						t.Errorf("after %s: disowned %v", after, q.disowned)
					}
				})
			}
		})
	}
}

// A gateway that gives no answer has to prove anew that it is ours; one that is busy has not.
func TestAwayIsToldByTheRelay(t *testing.T) {
	o := &observer{Metrics: metrics.New(), sieve: newSieve(zap.NewNop())}
	o.sieve.relayed(waymark.Recorded)
	for _, step := range []struct {
		reason string
		proved bool
	}{{"gateway_status", true}, {relay.Unreachable, false}} {
		if o.Retried(step.reason); o.sieve.proved.Load() != step.proved {
			t.Errorf("after %s: proved %t", step.reason, !step.proved)
		}
	}
}
