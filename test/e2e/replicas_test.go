//go:build e2e && postgres

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
	"github.com/waymark-ledger/waymark/test/internal/way"
)

// postgresDSN is a file with the connection string of the PostgreSQL server that WAYMARK_POSTGRES names.
func postgresDSN(t *testing.T) (file string) {
	t.Helper()
	return written(t, os.Getenv("WAYMARK_POSTGRES")+" dbname=postgres")
}

// written is a file with a connection string.
func written(t *testing.T, dsn string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(dsn), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// replica is a gateway of the producer over a database of PostgreSQL, and acts as its operator.
type replica struct {
	*app.App

	address string
	cmd     *exec.Cmd
}

// newReplica starts one, with more of a configuration. At the end of the test it is killed.
func newReplica(ctx context.Context, t *testing.T, dsnFile string, more ...string) *replica {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	url, cmd := launch(t, filepath.Join(root, ".waymark", "bin", "gateway"), "producer", func(config string) string {
		return config + fmt.Sprintf("database: {postgres_dsn_file: %q}\n", dsnFile) + strings.Join(more, "\n")
	})
	r := &replica{address: strings.TrimPrefix(url, "https://"), cmd: cmd}
	t.Cleanup(r.kill)
	r.App = operatorAt(ctx, t, "producer", url)
	return r
}

// audits is the configuration of an audit log.
func audits(file string) string { return fmt.Sprintf("log: {audit_file: %q}\n", file) }

// end ends it by a signal and waits for its end.
func (r *replica) end(by syscall.Signal) error {
	_ = r.cmd.Process.Signal(by) // fails if it has ended
	return r.cmd.Wait()
}

func (r *replica) kill() { _ = r.end(syscall.SIGKILL) }

// Two gateways of a member over one database answer for each other, and when one dies the other
// takes its write to its end: with one effect, and the same answer for the same key.
func TestPostgresReplicas(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	dsnFile := postgresDSN(t)
	commission(ctx, t, name("item")) // registers the product
	logs := []string{filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")}
	first, second := newReplica(ctx, t, dsnFile, audits(logs[0])), newReplica(ctx, t, dsnFile, audits(logs[1]))

	serial, key := name("item"), name("key")
	answer, err := commissionUnder(ctx, first.App, key, serial)
	if err != nil || answer.Replayed {
		t.Fatalf("got %+v %v", answer, err)
	}
	for _, r := range []*replica{second, first} {
		again, err := commissionUnder(ctx, r.App, key, serial)
		same(t, again, answer, err)
	}

	resume := haltOrdering(ctx, t)
	left, leftKey := name("item"), name("key")
	pending, err := gateway.Write[waymark.Commissioned](ctx, first.Client, http.MethodPost, "/v1/goods:commission", making(left),
		gateway.WithKey(leftKey), gateway.Async())
	if err != nil || !pending.Pending {
		t.Fatalf("got %+v %v", pending, err)
	}
	first.kill()
	if s := standingOf(ctx, t, second.App, pending.Transaction.TxID); s.State != "accepted" {
		t.Errorf("at the other: %+v", s)
	}
	resume()
	taken, err := insist(ctx, second.App, leftKey, left)
	if err != nil || !taken.Replayed || taken.Transaction.TxID != pending.Transaction.TxID || len(taken.Result.Items) != 1 {
		t.Errorf("got %+v %v, want the answer of %s", taken, err, pending.Transaction.TxID)
	}
	if got := metric(ctx, t, second.App, `waymark_gateway_requests_recovered_total{outcome="done"}`); got == "0" { // and what tests before have left in the database
		t.Error("nothing was taken over")
	}
	counts := effects(ctx, t, []string{serial, left})
	if counts[serial] != 1 || counts[left] != 1 {
		t.Errorf("got %v", counts)
	}
	id := pending.Transaction.TxID
	audited(t, logs[0], id, `{"event":"write","outcome":"pending","operation":"commissionGoods","status":202}`)
	audited(t, logs[1], id, `{"event":"end","outcome":"done","operation":"commissionGoods","fate":"VALID"}`)
}

// audited checks that the first line of an audit log about a transaction has what is wanted.
func audited(t *testing.T, file, txID, want string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, txID) {
			continue
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		for key, value := range wanted {
			if caller, _ := got["caller"].(string); got[key] != value || !strings.HasPrefix(caller, "token:producer-operator;") {
				t.Errorf("audited %s, want %s", line, want)
			}
		}
		return
	}
	t.Errorf("nothing is audited of %s", txID)
}

// While its database is away a gateway stays in rotation: reads go on, and so do writes that ask
// for no promise; those that do are to be sent again.
func TestPostgresIsAway(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	server := strings.TrimPrefix(strings.Fields(os.Getenv("WAYMARK_POSTGRES"))[0], "host=")
	w := way.New(t, filepath.Join(server, ".s.PGSQL.5432"))
	host, port, err := net.SplitHostPort(w.Address)
	if err != nil {
		t.Fatal(err)
	}
	dsn := fmt.Sprintf("host=%s port=%s user=postgres dbname=postgres sslmode=disable", host, port)
	commission(ctx, t, name("item")) // registers the product
	a := newReplica(ctx, t, written(t, dsn)).App
	if _, err := commissionUnder(ctx, a, name("key"), name("item")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := a.Client.Member(ctx, waymark.MemberQuery{Member: "producer"}); err != nil {
		t.Errorf("a read: %v", err)
	}
	if _, err := gateway.Write[waymark.Commissioned](ctx, a.Client, http.MethodPost, "/v1/goods:commission", making(name("item")), gateway.WithoutKey()); err != nil {
		t.Errorf("a write without a key: %v", err)
	}
	_, err = commissionUnder(ctx, a, name("key"), name("item"))
	if p, ok := gateway.AsProblem(err); !ok || p.Status != http.StatusServiceUnavailable || p.RetryAfter == 0 {
		t.Errorf("a write with a key: %v", err)
	}
	status, body, err := a.Do(ctx, http.MethodGet, "/readyz", nil)
	if err != nil || status != http.StatusOK || !strings.Contains(string(body), `{"part":"database","ready":false`) {
		t.Errorf("ready: %d %s %v", status, body, err)
	}
	w.Open(t)
	for {
		_, err := commissionUnder(ctx, a, name("key"), name("item"))
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(faultInterval)
	}
}
