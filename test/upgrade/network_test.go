//go:build e2e

package upgrade

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/fixture"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// basePort keeps clear of the ports of other networks.
const basePort = 21500

// world is the network with the ledger of an earlier version.
type world struct {
	network *localnet.Network
	at      *endpoints.Network
	kept    *fixture.Ledger
	dir     string // of the devices
}

// upgraded brings a network up whose first definition is the restorer, restores the
// ledger that a version made, and takes it to the chaincode proper.
func upgraded(ctx context.Context, t *testing.T, version string) *world {
	t.Helper()
	kept, err := fixture.Load(filepath.Join("testdata", version+".json"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{network: localnet.New(root, filepath.Join(root, ".waymark", "upgrade"), basePort), kept: kept, dir: t.TempDir()}
	restorer := filepath.Join(t.TempDir(), "restorer")
	if err := w.network.BuildCommand(ctx, "restorer", restorer); err != nil {
		t.Fatal(err)
	}
	if err := w.network.Build(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.network.Down(ctx, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.network.Down(context.WithoutCancel(ctx), false); err != nil {
			t.Error(err)
		}
	})
	if w.at, err = w.network.Up(ctx, "--fabric-only", "--chaincode", restorer); err != nil {
		t.Fatal(err)
	}
	w.restore(ctx, t)
	began := time.Now()
	if err := w.network.Upgrade(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("upgraded after %s", time.Since(began).Round(time.Millisecond))
	if w.at, err = w.network.Up(ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

// restore puts every record back as it was, with its endorsement policy, one value after
// another, so that there are histories. Only the transactions have other ids.
func (w *world) restore(ctx context.Context, t *testing.T) {
	t.Helper()
	w.prolong(t)
	for n, step := range w.kept.Steps() {
		records, err := json.Marshal(step)
		if err != nil {
			t.Fatal(err)
		}
		code, err := audit.SubmitEndorsedBy(ctx, w.at, "producer", waymark.Admin, fixture.Restore, string(records), members...)
		if err != nil || code != "VALID" {
			t.Fatalf("restore, step %d: %s (%v)", n, code, err)
		}
	}
}

// prolong moves the end of open offers, transfers and commands, on the ledger and in the
// answers: they last for days, and the fixture is kept for longer. Nothing else of it is
// changed.
func (w *world) prolong(t *testing.T) {
	t.Helper()
	end, err := json.Marshal(time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, record := range w.kept.State() {
		old := openUntil(record)
		if old == nil {
			continue
		}
		open++
		for _, transaction := range w.kept.Transactions {
			for i, write := range transaction.Writes {
				transaction.Writes[i].Text = strings.ReplaceAll(write.Text, string(old), string(end))
			}
		}
		for k, answer := range w.kept.Answers {
			w.kept.Answers[k].Body = bytes.ReplaceAll(answer.Body, old, end)
		}
	}
	if open == 0 {
		t.Fatal("the fixture has no open offer")
	}
}

// openUntil is the end, in JSON, of an offer, a transfer or a command that waits for an
// answer, nil of anything else.
func openUntil(record fixture.Write) []byte {
	waits, ends := map[string]string{"handoff": "offered", "transfer": "offered", "command": "requested"}[kindOf(record.Key)]
	var r struct {
		State     string          `json:"state"`
		ExpiresAt json.RawMessage `json:"expires_at"`
	}
	if !ends || json.Unmarshal([]byte(record.Text), &r) != nil || r.State != waits {
		return nil
	}
	return r.ExpiresAt
}

// kindOf is the first part of a key.
func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, "/")
	return kind
}
