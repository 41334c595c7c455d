//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// What becomes of numbers, through the bridge: gaps close, replays change nothing, a device that was restored
// from an older copy of its state is told apart from one that uses a number twice, and can go on.
func TestNumbersThroughTheBridge(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	dir := t.TempDir()
	d, err := device.Create(dir, device.Settings{ID: name("logger"), Algorithm: attest.Ed25519, Consortium: local.at.Consortium,
		Owner: "producer", Model: "TL-20"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	older := filepath.Join(t.TempDir(), "older")
	if out, err := exec.CommandContext(ctx, "cp", "-a", dir, older).CombinedOutput(); err != nil { // with who may read what
		t.Fatalf("%v: %s", err, out)
	}
	registration, err := d.Registration()
	if err != nil {
		t.Fatal(err)
	}
	done(ctx, t, operator(t, "producer").RegisterDevice, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
	begun := time.Now().UTC().Truncate(time.Millisecond)
	time.Sleep(20 * time.Millisecond) // what is measured from here on is later
	var m []device.Message
	for range 6 {
		m = append(m, sign(t, d, attest.COSE, 400))
	}
	restored, err := device.Open(older, d.ID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = restored.Close() })
	s := connect(ctx, t, restored)
	for _, i := range []int{0, 2, 1, 2, 0, 1, 2, 5, 4, 3, 0, 1, 2, 3, 4, 5} { // gaps that close, in any order, and replays
		if err := s.PublishRaw(ctx, m[i].Raw); err != nil {
			t.Fatal(err)
		}
	}
	awaitStream(ctx, t, d.ID(), 6)
	jump := sign(t, restored, attest.COSE, 500) // number 1 again, measured now
	fork, err := restored.Sign(attest.COSE, []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 600, Time: begun}})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []device.Message{jump, fork} {
		if err := s.PublishRaw(ctx, message.Raw); err != nil {
			t.Fatal(err)
		}
	}
	clashed(ctx, t, d.ID(), map[string]string{string(jump.Raw): waymark.ReasonJumpBack, string(fork.Raw): waymark.ReasonFork})
	if err := restored.Recover(6); err != nil { // as the remedy in the bridge's log says
		t.Fatal(err)
	}
	if err := s.PublishRaw(ctx, sign(t, restored, attest.COSE, 420).Raw); err != nil {
		t.Fatal(err)
	}
	awaitGap(ctx, t, d.ID(), 8, 7)
}

// clashed waits until the quarantine holds these messages of a device and no others, each for its reason.
func clashed(ctx context.Context, t *testing.T, id string, want map[string]string) {
	t.Helper()
	var mine []bridge.Quarantined
	for ctx.Err() == nil && len(mine) < len(want) {
		all, err := bridge.Quarantine(ctx, local.at)
		if err != nil {
			t.Fatal(err)
		}
		mine = slices.DeleteFunc(all, func(q bridge.Quarantined) bool { return q.Device != id })
		time.Sleep(100 * time.Millisecond)
	}
	for _, q := range mine {
		if reason := want[string(q.Payload)]; q.Code != string(waymark.AlreadyExists) || !slices.Equal(q.Reasons, []string{reason}) || q.Detail == "" {
			t.Errorf("in quarantine: %s %v %q, want %s", q.Code, q.Reasons, q.Detail, reason)
		}
	}
	if len(mine) != len(want) {
		t.Errorf("%d in quarantine, want %d", len(mine), len(want))
	}
}

// awaitGap waits for the last number, with one number missing before it.
func awaitGap(ctx context.Context, t *testing.T, id string, last, missing uint64) {
	t.Helper()
	viewer := as(t, "producer", waymark.Viewer)
	for {
		stream, err := viewer.Stream(ctx, waymark.DeviceQuery{Device: id})
		if err == nil && stream.Last == last {
			if len(stream.Gaps) != 1 || stream.Gaps[0].First != missing || stream.Gaps[0].Last != missing || len(stream.Clashes) != 2 {
				t.Errorf("gaps %+v, clashes %+v", stream.Gaps, stream.Clashes)
			}
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the stream is at %d: %v", stream.Last, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// The small device in Go registers, publishes, and frees its messages as the bridge says that they are on the ledger.
func TestDeviceInGo(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	bridge, err := json.Marshal(bridgeKey(ctx, t))
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "bridge.json")
	if err := os.WriteFile(keyFile, bridge, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(ctx, "go", "run", "../devices/go", filepath.Join(local.Dir(), "endpoints.json"), keyFile)
	run.Env = append(os.Environ(), "GOWORK=off")
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
