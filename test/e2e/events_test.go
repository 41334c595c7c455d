//go:build e2e

package e2e

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// follower collects the events of a stream.
type follower struct {
	mu     sync.Mutex
	events []gateway.Event
	ended  chan error
}

// following follows events at a gateway until ctx is done.
func following(ctx context.Context, a *app.App, q waymark.EventsQuery) *follower {
	f := &follower{ended: make(chan error, 1)}
	go func() {
		var ended error
		for e, err := range a.Events(ctx, q) {
			if ended = err; err == nil {
				f.mu.Lock()
				f.events = append(f.events, e)
				f.mu.Unlock()
			}
		}
		f.ended <- ended
	}()
	return f
}

// ids are those of what has come so far.
func (f *follower) ids() (ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		ids = append(ids, e.ID)
	}
	return ids
}

// has reports whether an event of a transaction has come.
func (f *follower) has(txID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.events, func(e gateway.Event) bool { return e.TxID == txID })
}

// last is the event that came last.
func (f *follower) last() gateway.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.events[len(f.events)-1]
}

// pagesOf are the ids of all events after one, as pages tell them.
func pagesOf(ctx context.Context, t *testing.T, a *app.App, q waymark.EventsQuery) (ids []string) {
	t.Helper()
	for {
		page, err := a.ListEvents(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		if page.Next == q.After {
			return ids
		}
		q.After = page.Next
	}
}

// TestEventsMissNothing: who follows a gateway that is killed and started again, who follows another member's,
// and who asks for pages get the same events, each once and in order.
func TestEventsMissNothing(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	killed, other := as(t, "auditor", waymark.Viewer), as(t, "carrier", waymark.Viewer)
	began, err := killed.ListEvents(ctx, waymark.EventsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	q := waymark.EventsQuery{Kind: "device", After: began.Next}
	streaming, leave := context.WithCancel(ctx)
	defer leave()
	followers := []*follower{following(streaming, killed, q), following(streaming, other, q)}
	var last string
	for n := range 12 {
		step := map[int]func(context.Context, string) error{4: local.Kill, 8: local.Start}[n]
		if step != nil {
			if err := step(ctx, "gateway.auditor"); err != nil {
				t.Fatal(err)
			}
		}
		d := newLogger(t, attest.Ed25519)
		registration, err := d.Registration()
		if err != nil {
			t.Fatal(err)
		}
		written, err := operator(t, "producer").RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
		if err != nil {
			t.Fatal(err)
		}
		last = written.Transaction.TxID
	}
	for _, f := range followers {
		for !f.has(last) {
			select {
			case err := <-f.ended:
				t.Fatalf("the stream ended: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	leave()
	want := pagesOf(ctx, t, other, q)
	for n, f := range followers {
		if err := <-f.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("follower %d ended with %v", n, err)
		}
		if got := f.ids(); len(got) < 12 || !slices.Equal(got, want) {
			t.Errorf("follower %d got %v, and pages have %v", n, got, want)
		}
	}
}

// TestEventsAreOfWhomTheyConcern: who may not read a shipment is told nothing of it.
func TestEventsAreOfWhomTheyConcern(t *testing.T) {
	ctx := limit(t, time.Minute)
	producer := operator(t, "producer")
	done(ctx, t, as(t, "producer", waymark.Admin).RegisterProduct, waymark.RegisterProductRequest{GTIN: app.GTIN, Name: "vaccine"})
	item := waymark.Item(app.GTIN, name("item")).String()
	done(ctx, t, as(t, "producer", waymark.Admin).CommissionGoods, waymark.CommissionRequest{Items: []string{item}})
	made, written := done(ctx, t, producer.CreateShipment, waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Goods: []waymark.Line{{ID: item}}})
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
		for _, role := range []waymark.Role{waymark.Viewer, waymark.Relay} {
			a := as(t, member, role)
			if _, err := a.ListShipments(ctx, waymark.ShipmentsQuery{At: written.BlockNumber}); err != nil { // so that its model has the block
				t.Fatal(err)
			}
			_, err := a.Shipment(ctx, waymark.ShipmentQuery{Shipment: made.ID}) // policies of others may let more of them read it
			told := err == nil
			if party := member == "producer" || member == "retailer"; party && role == waymark.Viewer && !told || role == waymark.Relay && told {
				t.Errorf("%s of %s reads the shipment: %v", role, member, err)
			}
			if ids := pagesOf(ctx, t, a, waymark.EventsQuery{Shipment: made.ID, After: "0:0:0"}); (len(ids) > 0) != told {
				t.Errorf("%s of %s is told of %v, and reads the shipment: %v", role, member, ids, err)
			}
		}
	}
}
