package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
)

// next takes what it is given, and keeps whose it was.
type next struct {
	mu      sync.Mutex
	devices []string
}

func (n *next) Put(_ context.Context, a intake.Arrival) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.devices = append(n.devices, a.Device)
	return nil
}

// TestWhatIsOfOtherShards is acknowledged unread while their sessions are known to stand, and is taken else. Nothing waits: what waited
// for a session comes before the answer to its subscription.
func TestWhatIsOfOtherShards(t *testing.T) {
	n, s := new(next), newStanding(shards)
	r := &receiver{next: n, shard: ShardOf("logger-1", shards), standing: s}
	device, acked := "logger-2", 0
	if ShardOf(device, shards) == r.shard {
		t.Fatal("both devices are of one shard")
	}
	put := func(ctx context.Context, device string) error {
		return r.Put(ctx, intake.Arrival{Device: device, Ack: func() { acked++ }})
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := put(over, "logger-1"); !errors.Is(err, context.Canceled) || s.has(r.shard) || len(n.devices) != 0 {
		t.Errorf("of a connection that is over: %v, taken %v", err, n.devices)
	}
	for _, step := range []struct {
		name   string
		before func()
		device string
		taken  bool
	}{
		{"its own", func() {}, "logger-1", true},
		{"nobody may have it", func() {}, device, true},
		{"another has it", func() { s.heard(ShardOf(device, shards), time.Now()) }, device, false},
		{"its own still", func() {}, "logger-1", true},
		{"the broker lost it", func() { s.lost(lease, lease/3) }, device, true},
		{"what came before says nothing", func() { s.arrived(ShardOf(device, shards)) }, device, true},
		{"it has it again", func() { s.heard(ShardOf(device, shards), time.Now()) }, device, false},
	} {
		step.before()
		n.devices, acked = nil, 0
		shows := s.gone.IsZero() // an arrival, that its session stands
		if err := put(t.Context(), step.device); err != nil || (len(n.devices) == 1) != step.taken || (acked == 1) == step.taken {
			t.Errorf("%s: %v, %d acknowledged, taken %v", step.name, err, acked, n.devices)
		}
		if s.has(r.shard) != shows {
			t.Errorf("%s: its own session is known to stand: %t", step.name, !shows)
		}
	}
}

// TestAFleetThatStopsInOrderStartsWithABacklog: no lease tells any more that a session stands, and each has messages of all shards.
func TestAFleetThatStopsInOrderStartsWithABacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		w.start("b")
		time.Sleep(2 * take)
		w.end()
		for n := range 100 {
			w.publish(fmt.Sprint("logger-", n%6))
		}
		w.start("a")
		w.start("b")
		time.Sleep(take)
		w.has("a", "b")
		w.knows("a", "b")
		count := make(map[string]int)
		for _, device := range w.next.devices {
			count[device]++
		}
		for n := range 6 {
			if device := fmt.Sprint("logger-", n); count[device] < 100/6 {
				t.Errorf("of %s %d messages are taken", device, count[device])
			}
		}
		w.end()
	})
}

// TestTheOthersLearnThatASessionStands, so that what is for it is not taken by all for more than a round, and devices can be let in.
func TestTheOthersLearnThatASessionStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		w.start("b")
		time.Sleep(settle / 2)
		for _, bridge := range []string{"a", "b"} {
			if w.all[bridge].stood() {
				t.Errorf("%s lets devices in before a session stands", bridge)
			}
		}
		time.Sleep(2 * take)
		w.knows("a", "b")
		w.stop["a"]()
		w.start("a")
		time.Sleep(lease/3 + settle) // nobody has its shards when it comes back
		w.knows("a", "b")
		w.end()
	})
}

// stood reports whether all sessions have stood.
func (f *Fleet) stood() bool {
	select {
	case <-f.Stood():
		return true
	default:
		return false
	}
}

// knows fails the test unless these bridges know that all sessions stand.
func (w *world) knows(bridges ...string) {
	w.t.Helper()
	for _, bridge := range bridges {
		f := w.all[bridge]
		for shard := range shards {
			if !f.standing.has(shard) {
				w.t.Errorf("%s does not know of shard %d", bridge, shard)
			}
		}
		if !f.stood() {
			w.t.Errorf("%s lets no devices in", bridge)
		}
	}
}

// TestALostStore: while the connection of another session is gone and nobody knows, what is of its shard is taken, the bridge is not
// ready, and no lease by which another says so is believed.
func TestALostStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start("a")
		time.Sleep(time.Second)
		w.start("b")
		time.Sleep(10*lease/3 - time.Second)
		a, dumb := w.all["a"], make(map[string]int) // a shard of each bridge
		for shard, home := range homesOf(shards, []string{"a", "b"}) {
			dumb[home] = shard
		}
		client := names{"f", shards}.session(dumb["a"])
		for _, lost := range []bool{true, false} { // a connection, and no store
			w.hub.mu.Lock()
			w.doubt[client] = lost
			w.hub.mu.Unlock()
			if a.Stands() == lost {
				t.Errorf("its connection lost %t: stands %t", lost, a.Stands())
			}
		}
		for _, shard := range dumb {
			w.breaks(names{"f", shards}.session(shard), true)
		}
		time.Sleep(1500 * time.Millisecond) // b has renewed its leases meanwhile, and knows of nothing
		a.lostStore()
		for range 10 {
			if time.Sleep(lease / 3); a.Stands() {
				t.Error("it lets devices in, of whose messages it may get none")
			}
			if a.standing.has(dumb["a"]) || a.standing.has(dumb["b"]) || a.Subscribed() {
				t.Errorf("known to stand: its own %t, the other's %t; subscribed %t", a.standing.has(dumb["a"]), a.standing.has(dumb["b"]), a.Subscribed())
			}
		}
		for shard := range shards {
			if shard != dumb["a"] && shard != dumb["b"] && !a.standing.has(shard) {
				t.Errorf("shard %d is not known to stand", shard)
			}
		}
		for _, shard := range dumb {
			w.breaks(names{"f", shards}.session(shard), false)
		}
		time.Sleep(lease)
		w.knows("a", "b")
		w.has("a", "b")
		if !a.Stands() {
			t.Error("it lets nobody in")
		}
		w.end()
	})
}
