//go:build e2e

package upgrade

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
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

// world is the network with the ledger of the previous version.
type world struct {
	network *localnet.Network
	at      *endpoints.Network
	kept    *fixture.Ledger
	dir     string // of the devices
}

// upgraded brings a network up whose first definition is the restorer, restores the
// ledger that the previous version made, and takes it to the chaincode proper.
func upgraded(ctx context.Context, t *testing.T) *world {
	t.Helper()
	kept, err := fixture.Load(filepath.Join("testdata", "ledger.json"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{network: localnet.New(root, filepath.Join(root, ".waymark", "upgrade"), basePort), kept: kept, dir: t.TempDir()}
	restorer := filepath.Join(t.TempDir(), "restorer")
	build := exec.CommandContext(ctx, "go", "build", "-o", restorer, "../cmd/restorer")
	build.Env = append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the restorer: %v\n%s", err, output)
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

// restore puts every record back as it was, with its endorsement policy. What a key was
// before its last value is not restored: no rule but a history reads it.
func (w *world) restore(ctx context.Context, t *testing.T) {
	t.Helper()
	state := w.kept.State()
	w.prolong(t, state)
	records, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	code, err := audit.SubmitEndorsedBy(ctx, w.at, "producer", waymark.Admin, fixture.Restore, string(records), members...)
	if err != nil || code != "VALID" {
		t.Fatalf("restore: %s (%v)", code, err)
	}
}

// prolong moves the end of open offers, on the ledger and in the answers: an offer lasts
// 90 days at most, and the fixture is kept for longer. Nothing else of it is changed.
func (w *world) prolong(t *testing.T, state []fixture.Write) {
	t.Helper()
	end, err := json.Marshal(time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for i, record := range state {
		var h waymark.Handoff
		if !strings.HasPrefix(record.Key, "handoff/") || json.Unmarshal([]byte(record.Text), &h) != nil || h.State != waymark.HandoffOffered {
			continue
		}
		old, err := json.Marshal(h.ExpiresAt)
		if err != nil {
			t.Fatal(err)
		}
		open++
		state[i].Text = strings.ReplaceAll(record.Text, string(old), string(end))
		for k := range w.kept.Answers {
			w.kept.Answers[k].Body = bytes.ReplaceAll(w.kept.Answers[k].Body, old, end)
		}
	}
	if open == 0 {
		t.Fatal("the fixture has no open offer")
	}
}
