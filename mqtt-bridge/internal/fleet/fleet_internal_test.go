package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shards = 8
	lease  = 15 * time.Second
	settle = 2500 * time.Millisecond
)

// book is leases by the clock of the test.
type book struct {
	mu   sync.Mutex
	rows map[string]row
	away map[string]bool // ids of bridges that do not reach it
}

type row struct {
	Lease

	until time.Time
}

// desk is the book as one bridge reaches it.
type desk struct {
	*book

	id string
}

var errAway = errors.New("nobody answers")

func (d desk) do(ctx context.Context, f func() error) error {
	d.mu.Lock()
	away := d.away[d.id]
	d.mu.Unlock()
	if away {
		<-ctx.Done() // it hangs
		return fmt.Errorf("%w: %w", errAway, ctx.Err())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return f()
}

func (d desk) Take(ctx context.Context, l Lease, within time.Duration) error {
	return d.do(ctx, func() error {
		if was := d.rows[l.Name]; was.Holder != l.Holder && time.Now().Before(was.until) {
			return ErrHeld
		}
		d.rows[l.Name] = row{l, time.Now().Add(within)}
		return nil
	})
}

func (d desk) Release(ctx context.Context, l Lease) error {
	return d.do(ctx, func() error {
		if d.rows[l.Name].Holder == l.Holder {
			delete(d.rows, l.Name)
		}
		return nil
	})
}

func (d desk) List(ctx context.Context, prefix string) (all []Lease, err error) {
	err = d.do(ctx, func() error {
		for _, r := range d.rows {
			if strings.HasPrefix(r.Name, prefix) && time.Now().Before(r.until) {
				all = append(all, r.Lease)
			}
		}
		return nil
	})
	return all, err
}

// hub is a broker that has one connection for a client id.
type hub struct {
	t  *testing.T
	mu sync.Mutex
	by map[string]string // whose the sessions are
}

func (h *hub) Moved(Move) {}

// plug is a session of a bridge.
type plug struct {
	*hub

	client, bridge string
	subscribed     func()
}

func (p plug) Run(ctx context.Context) {
	p.mu.Lock()
	if other := p.by[p.client]; other != "" {
		p.t.Errorf("%s takes the session %s from %s", p.bridge, p.client, other)
	}
	p.by[p.client] = p.bridge
	p.mu.Unlock()
	p.subscribed()
	<-ctx.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, p.client)
}

func (p plug) Subscribed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.by[p.client] == p.bridge
}

// world is bridges of a fleet.
type world struct {
	*hub
	*book

	stop map[string]func()
	all  map[string]*Fleet
}

func newWorld(t *testing.T) *world {
	return &world{
		hub:  &hub{t: t, by: make(map[string]string)},
		book: &book{rows: make(map[string]row), away: make(map[string]bool)},
		stop: make(map[string]func()), all: make(map[string]*Fleet),
	}
}

// start runs a bridge. key is its id, and what tells it from another of that id.
func (w *world) start(key string) {
	id, _, _ := strings.Cut(key, "/")
	open := func(client string, _ Receiver, subscribed func()) Session {
		return plug{w.hub, client, key, subscribed}
	}
	f := New(Options{Fleet: "f", ID: id, Shards: shards, Lease: lease, Settle: settle}, desk{w.book, key}, open, nil, w, zap.NewNop())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }()
	w.all[key], w.stop[key] = f, func() { cancel(); <-done }
}

// cut has a bridge reach no lease any more, or reach them again.
func (w *world) cut(key string, away bool) {
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	w.away[key] = away
}

// kill ends a bridge that releases nothing.
func (w *world) kill(key string) {
	w.cut(key, true)
	w.stop[key]()
	w.cut(key, false)
	delete(w.stop, key)
}

func (w *world) end() {
	for _, stop := range w.stop {
		stop()
	}
}

// has fails the test unless these bridges have all shards, each those of which it is the home.
func (w *world) has(bridges ...string) {
	w.t.Helper()
	w.hub.mu.Lock()
	got := maps.Clone(w.by)
	w.hub.mu.Unlock()
	want := make(map[string]string)
	for shard, home := range homesOf(shards, bridges) {
		if home != "" {
			want[names{"f", shards}.session(shard)] = home
		}
	}
	if !maps.Equal(got, want) {
		w.t.Errorf("sessions %v, want %v", got, want)
	}
	for _, key := range bridges {
		if f := w.all[key]; f.Has("logger-1") != (got[names{"f", shards}.session(ShardOf("logger-1", shards))] == key) {
			w.t.Errorf("%s has a device: %t", key, f.Has("logger-1"))
		}
		if f := w.all[key]; !f.Subscribed() || (f.State() == nil) != (f.Held() > 0) {
			w.t.Errorf("%s: subscribed %t, %d held, %v", key, f.Subscribed(), f.Held(), f.State())
		}
	}
}

// take is about how long it takes until all is settled: a lease, two rounds, and the wait before a session.
const take = lease + 2*lease/3 + settle

func TestShardsMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		time.Sleep(take)
		w.has("a")
		w.start("b")
		w.start("c")
		time.Sleep(take)
		w.has("a", "b", "c")
		w.kill("b")
		time.Sleep(take)
		w.has("a", "c")
		w.start("b")
		time.Sleep(take)
		w.has("a", "b", "c")
		w.stop["c"]() // in order: its shards need not wait for its leases to end
		delete(w.stop, "c")
		time.Sleep(2*lease/3 + settle)
		w.has("a", "b")
		w.end()
		w.has()
		if len(w.rows) != 0 {
			t.Errorf("left %v", w.rows)
		}
	})
}

// TestNotReadyBeforeItHasItsPart: a bridge that has not learnt which shards are its own lets nobody think that devices can come.
func TestNotReadyBeforeItHasItsPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cut("a", true)
		w.start("a")
		time.Sleep(take)
		if w.all["a"].Subscribed() {
			t.Error("it is subscribed, and has not asked yet what is its own")
		}
		w.cut("a", false)
		time.Sleep(take)
		w.has("a")
		w.end()
	})
}

// TestWhoCannotRenewDisconnects before another has the shard, also if its questions hang; and has its shards again when it can.
func TestWhoCannotRenewDisconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		w.start("b")
		time.Sleep(take)
		w.cut("a", true)
		time.Sleep(lease)
		if f := w.all["a"]; f.Held() != 0 || !errors.Is(f.State(), errAway) {
			t.Errorf("%d held, %v", f.Held(), f.State())
		}
		time.Sleep(take - lease)
		w.has("b")
		w.cut("b", true)
		time.Sleep(take)
		w.has()
		w.cut("a", false)
		w.cut("b", false)
		time.Sleep(take)
		w.has("a", "b")
		w.end()
	})
}

// TestAnIDIsOneBridges: another process of that id has nothing, and says why.
func TestAnIDIsOneBridges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		time.Sleep(take)
		w.start("a/2")
		time.Sleep(take)
		w.has("a")
		if err := w.all["a/2"].State(); err == nil || !strings.Contains(err.Error(), "another process is bridge a") {
			t.Errorf("the second says %v", err)
		}
		w.end()
	})
}

// next takes what it is given, and keeps whose it was.
type next struct{ devices []string }

func (n *next) Put(_ context.Context, a intake.Arrival) error {
	n.devices = append(n.devices, a.Device)
	return nil
}

// TestWhatIsOfOtherShards is acknowledged unread, once their sessions have stood.
func TestWhatIsOfOtherShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := new(next), newStanding(shards)
		r := &receiver{next: n, shard: ShardOf("logger-1", shards), standing: s}
		device, acked := "logger-2", 0
		if ShardOf(device, shards) == r.shard {
			t.Fatal("both devices are of one shard")
		}
		put := func(ctx context.Context, device string) error {
			return r.Put(ctx, intake.Arrival{Device: device, Ack: func() { acked++ }})
		}
		if err := put(t.Context(), "logger-1"); err != nil || !slices.Equal(n.devices, []string{"logger-1"}) || acked != 0 {
			t.Errorf("its own: %v, %v, %d acknowledged", n.devices, err, acked)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := put(ctx, device); !errors.Is(err, context.DeadlineExceeded) || acked != 0 {
			t.Errorf("nobody may have it: %v, %d acknowledged", err, acked)
		}
		done := make(chan error)
		go func() { done <- put(t.Context(), device) }()
		synctest.Wait()
		s.note(ShardOf(device, shards))
		s.note(ShardOf(device, shards))
		if err := <-done; err != nil || acked != 1 || len(n.devices) != 1 {
			t.Errorf("another has it: %v, %d acknowledged, taken %v", err, acked, n.devices)
		}
	})
}

// TestBacklogsDoNotWaitForOneAnother: two sessions whose first arrivals are each of the other's shard, before either subscription is answered.
func TestBacklogsDoNotWaitForOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, acked := newStanding(shards), make(chan string, 2)
		for mine, other := range map[string]string{"logger-1": "logger-2", "logger-2": "logger-1"} {
			r := &receiver{next: new(next), shard: ShardOf(mine, shards), standing: s}
			go func() {
				if err := r.Put(t.Context(), intake.Arrival{Device: other, Ack: func() { acked <- other }}); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		if len(acked) != 2 {
			t.Errorf("%d of 2 are acknowledged", len(acked))
		}
	})
}

// TestTheOthersLearnThatASessionStands, so that what is for it need not wait for more than a round.
func TestTheOthersLearnThatASessionStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		w.start("b")
		time.Sleep(take)
		for shard := range shards {
			if !w.all["a"].standing.has(shard) || !w.all["b"].standing.has(shard) {
				t.Errorf("shard %d: somebody does not know", shard)
			}
		}
		w.end()
	})
}
