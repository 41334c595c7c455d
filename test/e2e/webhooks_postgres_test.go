//go:build e2e && postgres

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// replicaWith is a replica with more of a configuration.
func replicaWith(ctx context.Context, t *testing.T, dsnFile, more string) (a *app.App, kill func()) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	url, cmd := launch(t, filepath.Join(root, ".waymark", "bin", "gateway"), "producer", func(config string) string {
		return config + fmt.Sprintf("database: {postgres_dsn_file: %q}\n", dsnFile) + more
	})
	kill = func() {
		_ = cmd.Process.Kill() // fails if it was killed before
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	return operatorAt(ctx, t, "producer", url), kill
}

// TestPostgresWebhooksGoOn: of two gateways over one database one delivers, and when it is killed the other goes on behind what
// was taken.
func TestPostgresWebhooksGoOn(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	dsnFile := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(dsnFile, []byte(os.Getenv("WAYMARK_POSTGRES")+" dbname=postgres"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := newReceiver(t, func(gateway.Event, int) int { return 204 })
	config := calling(t, good)
	first, killFirst := replicaWith(ctx, t, dsnFile, config)
	second, killSecond := replicaWith(ctx, t, dsnFile, config)
	w := hook(ctx, t, first, good)
	delivers := func(a *app.App) bool { return metric(ctx, t, a, "waymark_gateway_webhooks_delivering") == "1" }
	until(ctx, t, "for one to deliver", func() bool { return delivers(first) != delivers(second) })
	other, kill := second, killFirst
	if delivers(second) {
		other, kill = first, killSecond
	}
	for n := range 12 {
		if n == 6 {
			kill()
		}
		registered(ctx, t)
	}
	began := time.Now()
	want := pagesOf(ctx, t, as(t, "carrier", waymark.Viewer), waymark.EventsQuery{Kind: "device", After: w.After})
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
	if now := webhookNow(ctx, t, other, w); now.Failing != nil || now.DeadLetters != 0 {
		t.Errorf("%+v", now)
	}
	if !delivers(other) {
		t.Error("the other one says that it does not deliver")
	}
}
