//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// P1, P2: messages of an anchored class are recorded as a run, their bundle is in the owner's store under the hash that the
// window names, and the same batch again changes nothing.
func TestAnchoredMessages(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	anchors(ctx, t, d)
	var texts []string
	for i := range 10 {
		texts = append(texts, sign(t, d, []attest.Format{attest.JWS, attest.COSE}[i%2], 400, int64(400+i)).Text())
	}
	first, commit := record(ctx, t, texts...)
	again, _ := record(ctx, t, texts...)
	for i := range texts {
		n := uint64(i + 2)
		if first[i].Outcome != waymark.Recorded || first[i].Sequence != n || again[i].Outcome != waymark.Duplicate || again[i].Sequence != n || again[i].TxID != commit.TxID {
			t.Errorf("message %d: %+v, then %+v of %s", n, first[i], again[i], commit.TxID)
		}
	}
	w, err := as(t, "producer", waymark.Viewer).Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 6})
	if err != nil || w.First != 2 || w.Last != 11 || w.Readings != 20 || w.Body == "" {
		t.Fatalf("window %+v, %v", w, err)
	}
	if lines := linesOf(t, bundleOf(t, w.Body), d.ID(), texts); !bytes.Equal(anchor.Root(d.ID(), 2, lines), w.Root) {
		t.Errorf("the messages of the bundle do not give root %x", w.Root)
	}
	full, _ := record(ctx, t, sign(t, d, attest.COSE, 400).Text(), otherOf(t, d).Text())
	if full[0].Outcome != waymark.Recorded || full[1].Outcome != waymark.Recorded || full[0].TxID != full[1].TxID {
		t.Errorf("a run and a message: %+v", full)
	}
	if err := app.Settle(ctx, full[1].TxID, as(t, "producer", waymark.Viewer)); err != nil {
		t.Fatal(err)
	}
	everyPeerHas(t, map[string]uint64{d.ID(): 13})
	at, err := as(t, "producer", waymark.Viewer).Stream(ctx, waymark.DeviceQuery{Device: d.ID()})
	if err != nil || at.Last != 13 || len(at.Gaps) > 0 || at.Anchored == nil || at.Anchored.Last != 12 {
		t.Errorf("stream %+v, %v", at, err)
	}
}

// P3: what is anchored is checked as it comes, so that more windows than may wait are anchored, and each gateway finds the checks true.
func TestAnchoredWindowsAreChecked(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	anchors(ctx, t, d)
	const windows = waymark.MaxUnchecked + waymark.MaxUnchecked/2
	viewer := as(t, "producer", waymark.Viewer)
	for n := range uint64(windows) {
		for { // as slowly as checks come
			at, err := viewer.Stream(ctx, waymark.DeviceQuery{Device: d.ID()})
			if err != nil {
				t.Fatal(err)
			}
			if at.Anchored == nil || len(at.Anchored.Unchecked) < waymark.MaxUnchecked-1 {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		record(ctx, t, sign(t, d, attest.COSE, 400).Text(), sign(t, d, attest.JWS, 410).Text(), sign(t, d, attest.COSE, 420).Text())
		if w, err := viewer.Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 3*n + 2}); err != nil || w.Body == "" || w.Last != 3*n+4 {
			t.Fatalf("window %d: %+v, %v", n, w, err)
		}
	}
	at, err := viewer.Stream(ctx, waymark.DeviceQuery{Device: d.ID()})
	if err != nil || at.Anchored.Last != 3*windows+1 || at.Anchored.Checked == 0 || len(at.Anchored.Digest) != sha256.Size {
		t.Errorf("stream %+v, %v", at, err)
	}
	for member := range local.at.Members {
		if untrue := metric(ctx, t, as(t, member, waymark.Viewer), "waymark_gateway_anchor_checks_untrue_total"); untrue != "0" {
			t.Errorf("the gateway of %s finds %s windows checked untruly", member, untrue)
		}
	}
}

// P8: a body that is lost, and one that is changed, are named by their windows, beside all that are whole.
func TestFsckNamesWhatIsLostAndAltered(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	anchors(ctx, t, d)
	var bodies, transactions []string
	for n := range 3 {
		result, _ := record(ctx, t, sign(t, d, attest.COSE, 400).Text(), sign(t, d, attest.JWS, 410).Text())
		w, err := as(t, "producer", waymark.Viewer).Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: uint64(2*n + 2)})
		if err != nil || w.Body == "" {
			t.Fatalf("window %+v, %v", w, err)
		}
		bodies, transactions = append(bodies, w.Body), append(transactions, result[0].TxID)
	}
	if output, status := gatewayCommand(ctx, t, "producer", []string{"fsck", "--deep"}); status != 0 {
		t.Fatalf("exit status %d:\n%s", status, output)
	}
	lost, altered := bodyFile(t, bodies[0]), bodyFile(t, bodies[1])
	kept := make(map[string][]byte)
	for _, file := range []string{lost, altered} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept[file] = data
	}
	defer func() { // other tests look at the same store
		for file, data := range kept {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Error(err)
			}
		}
	}()
	changed := bytes.Clone(kept[altered])
	changed[len(changed)/2] ^= 1
	if err := errors.Join(os.Remove(lost), os.WriteFile(altered, changed, 0o600)); err != nil {
		t.Fatal(err)
	}
	output, status := gatewayCommand(ctx, t, "producer", []string{"fsck"})
	if status != 1 || strings.Contains(output, bodies[2]) {
		t.Errorf("exit status %d:\n%s", status, output)
	}
	for n, fault := range []string{"missing", "altered"} {
		if line := fmt.Sprintf("%s messages %d to %d: %s: body %s, transaction %s\n", d.ID(), 2*n+2, 2*n+3, fault, bodies[n], transactions[n]); !strings.Contains(output, line) {
			t.Errorf("%q is not in\n%s", line, output)
		}
	}
}

// anchors has the owner of a device anchor its temperature, and waits until its gateway knows. The first message goes in full,
// as the first of each measurement has to; anchors returns its transaction.
func anchors(ctx context.Context, t *testing.T, d *device.Device) (txID string) {
	t.Helper()
	_, commit, err := app.Write[waymark.Device](ctx, operator(t, "producer"), http.MethodPut, "/v1/devices/"+d.ID()+"/attributes", map[string]any{
		"reason": "there is much of it", "attributes": waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{
			{Class: "bulk", Measurements: []string{"temperature"}, Visibility: waymark.VisibilityAnchored}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Settle(ctx, commit.TxID, as(t, "producer", waymark.Viewer)); err != nil {
		t.Fatal(err)
	}
	first, _ := record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	if w, err := as(t, "producer", waymark.Viewer).Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 1}); err != nil || w.Body != "" || w.Last != 1 {
		t.Fatalf("window of the first message %+v, %v", w, err)
	}
	return first[0].TxID
}

// bodyFile is where the producer's store has a body.
func bodyFile(t *testing.T, body string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(local.Dir(), "members", "producer", "bodies", body[:2], body[2:]))
	if err != nil || len(found) != 1 {
		t.Fatalf("body %s: %q, %v", body, found, err)
	}
	return found[0]
}

// bundleOf is the bundle with that hash in the producer's store.
func bundleOf(t *testing.T, body string) anchor.Bundle {
	t.Helper()
	encoded, err := os.ReadFile(bodyFile(t, body))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(encoded); hex.EncodeToString(sum[:]) != body {
		t.Errorf("body %s has hash %x", body, sum)
	}
	b, err := anchor.DecodeBundle(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// linesOf are the lines of a device's messages from 2 on, which are in the bundle as they were sent.
func linesOf(t *testing.T, b anchor.Bundle, id string, texts []string) (lines []anchor.Line) {
	t.Helper()
	for i, text := range texts {
		if got, _ := b.Message(id, uint64(i+2)); got != text {
			t.Errorf("message %d of the bundle is %q, sent was %q", i+2, got, text)
		}
		m, err := attest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := m.Digest()
		if err != nil {
			t.Fatal(err)
		}
		readings, err := senml.Parse(m)
		if err != nil {
			t.Fatal(err)
		}
		l, err := anchor.LineOf(m, digest, readings)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// otherOf is the device's next message, of no anchored class.
func otherOf(t *testing.T, d *device.Device) device.Message {
	t.Helper()
	m, err := d.Sign(attest.COSE, []senml.Reading{{Name: "humidity", Unit: "%RH", Value: 5000, Time: time.Now().UTC().Truncate(time.Millisecond)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
