//go:build e2e && postgres

package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// twins are two gateways of the producer, with nothing between them but a database, behind a balancer.
type twins struct {
	dsnFile  string
	balancer *balancer
	members  [2]*replica // which act past the balancer
}

func newTwins(ctx context.Context, t *testing.T) *twins {
	t.Helper()
	commission(ctx, t, name("item")) // registers the product
	roots, err := gateway.Roots(local.at.Members["producer"].CAFile)
	if err != nil {
		t.Fatal(err)
	}
	f := &twins{dsnFile: postgresDSN(t), balancer: newBalancer(t, roots)}
	for n := range f.members {
		f.start(ctx, t, n)
	}
	return f
}

// start starts a gateway, in the place of one that has ended, and waits until the balancer takes it for ready.
func (f *twins) start(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	f.members[n] = newReplica(ctx, t, f.dsnFile, audits(filepath.Join(t.TempDir(), "audit.log")))
	var all []string
	for _, m := range f.members {
		if m != nil {
			all = append(all, m.address)
		}
	}
	f.balancer.use(all...)
	until(ctx, t, "for the balancer to take the gateway for ready", func() bool { return f.balancer.isReady(f.members[n].address) })
}

// now is the id after which come all events from now on, once there is a read model.
func (f *twins) now(ctx context.Context, t *testing.T) (after string) {
	t.Helper()
	until(ctx, t, "for the read model", func() bool {
		page, err := f.members[0].ListEvents(ctx, waymark.EventsQuery{})
		after = page.Next
		return err == nil
	})
	return after
}

// followed follows the goods through the balancer until the test ends, and says what it asked for.
func (f *twins) followed(ctx context.Context, t *testing.T) (*follower, waymark.EventsQuery) {
	t.Helper()
	q := waymark.EventsQuery{Kind: "goods", After: f.now(ctx, t)}
	streaming, leave := context.WithCancel(ctx)
	moving := following(streaming, &app.App{Client: f.client(t)}, q)
	t.Cleanup(func() {
		leave()
		if err := <-moving.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the stream ended with %v", err)
		}
	})
	return moving, q
}

// feeds reports whether a gateway is the one that feeds the read model.
func (r *replica) feeds(ctx context.Context, t *testing.T) bool {
	t.Helper()
	return metric(ctx, t, r.App, "waymark_gateway_model_feeds") == "1"
}

// pick returns the gateway that feeds the read model, or else the other one, and the one that is left.
func (f *twins) pick(ctx context.Context, t *testing.T, feeder bool) (n, left int) {
	t.Helper()
	until(ctx, t, "for one of the gateways to feed the read model", func() bool {
		first, second := f.members[0].feeds(ctx, t), f.members[1].feeds(ctx, t)
		if n = 0; second == feeder {
			n = 1
		}
		return first != second
	})
	return n, 1 - n
}

// client makes each request as often as clients do.
func (f *twins) client(t *testing.T) *gateway.Client {
	t.Helper()
	m := local.at.Members["producer"]
	roots, err := gateway.Roots(m.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := gateway.New(gateway.Options{URL: "https://" + f.balancer.address, Roots: roots, Token: gateway.Token(m.Tokens[string(waymark.Operator)])})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// burden is writes, one after another by each of its clients, until it is stopped.
type burden struct {
	stop    context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	acked []string       // serials of what was acknowledged
	last  gateway.Commit // of those, in the last block
}

// under begins a burden. once says that a request that fails is a failure; else it is made again.
func (f *twins) under(ctx context.Context, t *testing.T, once bool) *burden {
	ctx, stop := context.WithCancel(ctx)
	l := &burden{stop: stop}
	for range 4 {
		c := f.client(t)
		l.running.Go(func() {
			for ctx.Err() == nil {
				l.write(t, c, once)
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

// write makes an item. What was begun is ended also when the load is.
func (l *burden) write(t *testing.T, c *gateway.Client, once bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	serial, key := name("item"), name("key")
	for {
		written, err := commissionUnder(ctx, &app.App{Client: c}, key, serial)
		if err == nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.acked = append(l.acked, serial); written.Transaction.BlockNumber >= l.last.BlockNumber {
				l.last = written.Transaction
			}
			return
		}
		if once || ctx.Err() != nil {
			t.Errorf("a write failed: %v", err)
			return
		}
	}
}

func (l *burden) end() {
	l.stop()
	l.running.Wait()
}

func (l *burden) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// more waits for so many more writes.
func (l *burden) more(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	from := l.count()
	until(ctx, t, "for writes to be acknowledged", func() bool { return l.count() >= from+n })
}

// each fails the test unless each acknowledged write has one effect.
func (l *burden) each(ctx context.Context, t *testing.T) {
	t.Helper()
	counts := effects(ctx, t, l.acked)
	for _, serial := range l.acked {
		if counts[serial] != 1 {
			t.Errorf("%s was acknowledged, and took effect %d times", serial, counts[serial])
		}
	}
	t.Logf("%d writes were acknowledged", len(l.acked))
}

// missedNothing fails the test unless a follower got each event up to a commit once, as another gateway, with a read model of its
// own, tells them.
func (f *twins) missedNothing(ctx context.Context, t *testing.T, got *follower, q waymark.EventsQuery, last gateway.Commit) {
	t.Helper()
	until(ctx, t, "for the last event", func() bool { return got.has(last.TxID) })
	apart := operator(t, "producer")
	if _, err := apart.ListShipments(ctx, waymark.ShipmentsQuery{At: last.BlockNumber}); err != nil { // so that it has the block
		t.Fatal(err)
	}
	want := pagesOf(ctx, t, apart, q)
	until(ctx, t, "for all events", func() bool { return len(got.ids()) >= len(want) })
	if ids := got.ids(); !slices.Equal(ids, want) {
		t.Errorf("followed %v\npages have %v", ids, want)
	}
}

// goOnWithin is how soon events are to go on after a kill. A slow machine may take three times as long.
const goOnWithin = 5 * time.Second

// TestPostgresReplicasAreKilled at random moments under load: no acknowledged write is lost, none has two effects, events go on,
// and who follows them at the one and the other misses none and gets none twice.
func TestPostgresReplicasAreKilled(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	f := newTwins(ctx, t)
	moving, q := f.followed(ctx, t)
	l := f.under(ctx, t, false)
	for _, feeder := range []bool{true, false, true} {
		l.more(ctx, t, 3+rand.IntN(20))
		victim, left := f.pick(ctx, t, feeder)
		survivor := f.members[left].App
		staying := following(ctx, survivor, q)
		l.more(ctx, t, 1+rand.IntN(10))
		f.members[victim].kill()
		killed := time.Now()
		written, err := insist(ctx, survivor, name("key"), name("item"))
		if err != nil {
			t.Fatal(err)
		}
		until(ctx, t, "for events to go on", func() bool { return staying.has(written.Transaction.TxID) })
		took := time.Since(killed)
		t.Logf("killed, feeding the model %t: an event of a write after that was sent %s after it", feeder, took.Round(time.Millisecond))
		if took > 3*goOnWithin {
			t.Errorf("events went on after %s", took)
		}
		f.start(ctx, t, victim)
	}
	l.end()
	l.each(ctx, t)
	f.missedNothing(ctx, t, moving, q, l.last)
}

// TestPostgresRollingRestart under load: no request fails, and who follows events misses none.
func TestPostgresRollingRestart(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	f := newTwins(ctx, t)
	moving, q := f.followed(ctx, t)
	l := f.under(ctx, t, true)
	reading, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	for range 2 {
		c := f.client(t)
		readers.Go(func() { f.read(reading, t, c) })
	}
	for _, feeder := range []bool{true, false} {
		l.more(ctx, t, 5+rand.IntN(20))
		n, _ := f.pick(ctx, t, feeder)
		if err := f.members[n].end(syscall.SIGTERM); err != nil {
			t.Errorf("it did not end in order: %v", err)
		}
		l.more(ctx, t, 5)
		f.start(ctx, t, n)
	}
	l.more(ctx, t, 5)
	l.end()
	l.each(ctx, t)
	f.missedNothing(ctx, t, moving, q, l.last)
}

// read reads one thing and a list, again and again.
func (f *twins) read(ctx context.Context, t *testing.T, c *gateway.Client) {
	for ctx.Err() == nil {
		_, err := c.Member(ctx, waymark.MemberQuery{Member: "producer"})
		if err == nil {
			_, err = c.ListShipments(ctx, waymark.ShipmentsQuery{Limit: 2})
		}
		if err != nil && ctx.Err() == nil {
			t.Errorf("a read failed: %v", err)
		}
	}
}
