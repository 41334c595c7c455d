//go:build e2e && postgres

package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
)

// TestPostgresWebhooksGoOn: of two gateways over one database one delivers, and when it is killed the other goes on behind what
// was taken.
func TestPostgresWebhooksGoOn(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	dsnFile := postgresDSN(t)
	good := newReceiver(t, func(gateway.Event, int) int { return 204 })
	config := calling(t, good)
	first, second := newReplica(ctx, t, dsnFile, config), newReplica(ctx, t, dsnFile, config)
	w := hook(ctx, t, first.App, good)
	delivers := func(r *replica) bool { return metric(ctx, t, r.App, "waymark_gateway_webhooks_delivering") == "1" }
	until(ctx, t, "for one to deliver", func() bool { return delivers(first) != delivers(second) })
	victim, other := first, second
	if delivers(second) {
		victim, other = second, first
	}
	for n := range 12 {
		if n == 6 {
			victim.kill()
		}
		registered(ctx, t)
	}
	began := time.Now()
	want := pagesOf(ctx, t, as(t, "carrier", waymark.Viewer), waymark.EventsQuery{Kind: "device", After: w.Checkpoint})
	until(ctx, t, "for all", func() bool { return len(good.has()) >= len(want) })
	t.Logf("%s after the last event it was there", time.Since(began).Round(time.Millisecond))
	if got := good.has(); len(got) < 12 || !slices.Equal(got, want) {
		t.Errorf("taken %v, happened %v", got, want)
	}
	good.set(func() {
		if good.again > 1 { // what was taken when the gateway was killed
			t.Errorf("%d came again", good.again)
		}
	})
	if now := webhookNow(ctx, t, other.App, w); now.Failing != nil || now.DeadLetters != 0 {
		t.Errorf("%+v", now)
	}
	if !delivers(other) {
		t.Error("the other one says that it does not deliver")
	}
}
