//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// over starts a gateway of a member over a SQLite file, with more of a configuration. kill ends it by SIGKILL.
func over(ctx context.Context, t *testing.T, member, file string, more ...string) (a *app.App, kill func()) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	url, cmd := launch(t, filepath.Join(root, ".waymark", "bin", "gateway"), member, func(config string) string {
		return config + "database: {sqlite_file: " + file + "}\n" + strings.Join(more, "\n")
	})
	kill = func() {
		_ = cmd.Process.Kill() // fails if it was killed before
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	return operatorAt(ctx, t, member, url), kill
}

// keepsNothing fails the test unless a gateway refuses what it would have to keep, says why, and
// does the rest.
func keepsNothing(ctx context.Context, t *testing.T, a *app.App, member, key, why string) {
	t.Helper()
	_, err := commissionUnder(ctx, a, key, name("item"))
	if p, ok := gateway.AsProblem(err); !ok || p.Status != http.StatusServiceUnavailable || p.RetryAfter == 0 {
		t.Errorf("a write with a key: %v", err)
	}
	if _, err := app.Read[waymark.Member](ctx, a, "/v1/members/"+member); err != nil {
		t.Errorf("a read: %v", err)
	}
	for { // it looks every two seconds
		status, body, err := a.Do(ctx, http.MethodGet, "/readyz", nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("ready: %d %s %v", status, body, err)
		}
		if strings.Contains(string(body), `{"part":"database","ready":false`) && strings.Contains(string(body), why) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("ready: %s", body)
		case <-time.After(faultInterval):
		}
	}
}

// A database is of one member, and nothing is acknowledged that is kept in files that are gone;
// what was acknowledged before is found after a crash.
func TestADatabaseThatCannotKeep(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	file := filepath.Join(t.TempDir(), "gateway.db")
	commission(ctx, t, name("item")) // registers the product
	producer, kill := over(ctx, t, "producer", file)
	serial, key := name("item"), name("key")
	first, err := insist(ctx, producer, key, serial)
	if err != nil {
		t.Fatal(err)
	}
	kill()

	carrier, kill := over(ctx, t, "carrier", file)
	keepsNothing(ctx, t, carrier, "carrier", key, "another member, channel or ledger")
	kill()

	producer, kill = over(ctx, t, "producer", file)
	again, err := insist(ctx, producer, key, serial)
	same(t, again, first, err)
	later, laterKey := name("item"), name("key")
	second, err := commissionUnder(ctx, producer, laterKey, later)
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(file + suffix); err != nil {
			t.Fatal(err)
		}
	}
	keepsNothing(ctx, t, producer, "producer", name("key"), "removed or replaced")
	kill()

	producer, _ = over(ctx, t, "producer", file)
	again, err = insist(ctx, producer, key, serial)
	same(t, again, first, err)
	again, err = insist(ctx, producer, laterKey, later)
	same(t, again, second, err)
}
