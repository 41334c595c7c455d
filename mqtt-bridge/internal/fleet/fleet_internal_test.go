package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
	slow time.Duration   // how long each question takes
	lame string          // a lease that nobody can take
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
	select {
	case <-time.After(d.slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return f()
}

func (d desk) Take(ctx context.Context, l Lease, within time.Duration) error {
	return d.do(ctx, func() error {
		if l.Name == d.lame {
			return errAway
		}
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

// TestWhatIsLostTogetherEndsTogether, though each session takes a while to disconnect.
func TestWhatIsLostTogetherEndsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.leaving = 500 * time.Millisecond
		w.start("a")
		time.Sleep(take)
		w.book.mu.Lock()
		for name, r := range w.rows { // as if others had them
			if strings.Contains(name, "shard") {
				r.Holder, r.until = "b:x", time.Now().Add(time.Hour)
				w.rows[name] = r
			}
		}
		w.book.mu.Unlock()
		time.Sleep(lease/3 + w.leaving + time.Millisecond)
		if f := w.all["a"]; f.Held() != 0 {
			t.Errorf("%d are held still", f.Held())
		}
		w.has()
		w.end()
	})
}

// world is bridges of a fleet.
type world struct {
	*hub
	*book

	stop    map[string]func()
	all     map[string]*Fleet
	signers map[string]string // of bridges with a key of their own
	next    next
}

func newWorld(t *testing.T) *world {
	return &world{
		hub:  &hub{t: t, by: make(map[string]string), is: make(map[string]bool), wait: make(map[string][]string), gone: make(map[string]time.Time), doubt: make(map[string]bool)},
		book: &book{rows: make(map[string]row), away: make(map[string]bool)},
		stop: make(map[string]func()), all: make(map[string]*Fleet), signers: make(map[string]string),
	}
}

// start runs a bridge. key is its id, and what tells it from another of that id.
func (w *world) start(key string) {
	id, _, _ := strings.Cut(key, "/")
	open := func(client string, r Receiver, anew, subscribed func()) Session {
		return plug{w.hub, client, key, r, anew, subscribed}
	}
	f := New(Options{Fleet: "f", ID: id, Shards: shards, Lease: lease, Settle: settle, Signer: cmp.Or(w.signers[id], "bridge-1:k")}, desk{w.book, key}, open, &w.next, w, zap.NewNop())
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

// TestOneLeaseOfMany that cannot be renewed says nothing of the others.
func TestOneLeaseOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		time.Sleep(take)
		w.book.mu.Lock()
		w.lame = names{"f", shards}.shard(0)
		w.book.mu.Unlock()
		time.Sleep(2 * lease)
		if f := w.all["a"]; f.Held() != shards-1 || f.Has("logger-2") || !f.Subscribed() || !errors.Is(f.State(), errAway) {
			t.Errorf("%d held, %v", f.Held(), f.State())
		}
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

// TestABridgeWithAnotherKey: devices would pass over what it says, so it says so, and so do the others, who cannot know whose is right.
func TestABridgeWithAnotherKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.signers["c"] = "bridge-1:another"
		for _, bridge := range []string{"a", "b", "c"} {
			w.start(bridge)
		}
		time.Sleep(take)
		for bridge, strange := range map[string]string{"a": "c", "b": "c", "c": "a, b"} {
			if err := w.all[bridge].State(); err == nil || !strings.Contains(err.Error(), "bridges "+strange+" sign as another") {
				t.Errorf("%s says %v", bridge, err)
			}
		}
		w.stop["c"]()
		w.signers["c"] = ""
		w.start("c")
		time.Sleep(take)
		w.has("a", "b", "c")
		w.end()
	})
}

// A bridge that the broker does not let in takes nothing from those that it does.
func TestABridgeThatDoesNotReachTheBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, reached := newWorld(t), make(chan struct{})
		open := func(client string, r Receiver, anew, subscribed func()) Session {
			return plug{w.hub, client, "a", r, anew, subscribed}
		}
		f := New(Options{Fleet: "f", ID: "a", Shards: shards, Lease: lease, Settle: settle, Reached: reached}, desk{w.book, "a"}, open, nil, make(counts), zap.NewNop())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); f.Run(ctx) }()
		time.Sleep(time.Minute)
		if f.Held() != 0 || f.State() == nil || len(w.rows) != 0 {
			t.Errorf("%d held, %d leases: %v", f.Held(), len(w.rows), f.State())
		}
		close(reached)
		time.Sleep(take)
		if f.Held() != shards || f.State() != nil {
			t.Errorf("%d held: %v", f.Held(), f.State())
		}
		cancel()
		<-done
	})
}

// TestARoundOfManyShards takes a small part of a lease, though each question takes a while: nothing ends meanwhile.
func TestARoundOfManyShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, short = 64, 5 * time.Second
		w := newWorld(t)
		w.slow = 300 * time.Millisecond
		moved := make(counts)
		open := func(client string, r Receiver, anew, subscribed func()) Session {
			return plug{w.hub, client, "a", r, anew, subscribed}
		}
		f := New(Options{Fleet: "f", ID: "a", Shards: many, Lease: short, Settle: settle}, desk{w.book, "a"}, open, nil, moved, zap.NewNop())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); f.Run(ctx) }()
		time.Sleep(time.Minute)
		if f.Held() != many || f.State() != nil || !f.Subscribed() {
			t.Errorf("%d held, subscribed %t: %v", f.Held(), f.Subscribed(), f.State())
		}
		cancel()
		<-done
		if moved[Taken] != many || moved[Lost] != 0 || moved[Given] != many || len(w.rows) != 0 {
			t.Errorf("moved %v, left %d", moved, len(w.rows))
		}
	})
}

// counts counts moves.
type counts map[Move]int

func (c counts) Moved(m Move) { c[m]++ }
