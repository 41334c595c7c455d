//go:build e2e

package upgrade

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// step works on what the steps before have left.
type step struct {
	name string
	do   func(context.Context, *testing.T, *world)
}

// goesOn upgrades a ledger that a version made, once, and then works on what it holds,
// step by step.
func goesOn(t *testing.T, version string, steps []step) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	w := upgraded(ctx, t, version)
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) { step.do(ctx, t, w) })
		if t.Failed() {
			return // what follows builds on it
		}
	}
}

// TestALedgerOfVersion20a6063GoesOn: its windows are JSON, its devices' keys have no
// origins and its streams no clashes.
func TestALedgerOfVersion20a6063GoesOn(t *testing.T) {
	goesOn(t, "20a6063", []step{
		{"the records are of the old form", oldForm},
		{"every record reads as before", readsAsBefore},
		{"endorsers agree on what becomes of old records", endorsersAgree},
		{"an old message is a duplicate of its old transaction", oldMessagesAreDuplicates},
		{"another message of an old number shows", clashesShow},
		{"a stream goes on and its gap is filled", streamGoesOn},
		{"custody still needs the members it concerns", keyPoliciesBind},
		{"open offers are accepted", offersAreAccepted},
		{"a suspended device resumes", suspendedResumes},
		{"a retired device stays retired", retiredStays},
		{"an old device is commanded and described", newTransactions},
		{"an owner's policy grants what is old", grantsReachOldWindows},
		{"an old device takes a key of a new algorithm", rotatesOn},
		{"a restart goes on with the definition in force", restarts},
	})
}

// oldForm fails if the fixture is of a version that this one has nothing to migrate from.
func oldForm(_ context.Context, t *testing.T, w *world) {
	windows := 0
	for _, record := range w.kept.State() {
		if strings.HasPrefix(record.Key, "window/") && strings.HasPrefix(record.Text, "{") {
			windows++
		}
	}
	if windows == 0 {
		t.Error("no window of the fixture is JSON, as the previous version kept them")
	}
}

func readsAsBefore(ctx context.Context, t *testing.T, w *world) {
	for _, a := range w.kept.Answers {
		got, err := app.Read[json.RawMessage](ctx, w.as(t, a.Member, waymark.Role(a.Role)), a.Path)
		if err != nil {
			t.Errorf("GET %s: %v", a.Path, err)
			continue
		}
		if err := holds("", decoded(t, got), asNow(decoded(t, a.Body))); err != nil {
			t.Errorf("GET %s: %v", a.Path, err)
		}
	}
	if len(w.kept.Answers) < 20 {
		t.Errorf("the fixture has %d answers", len(w.kept.Answers))
	}
}

func endorsersAgree(ctx context.Context, t *testing.T, w *world) {
	var texts []string
	for _, m := range append(slices.Clone(w.kept.Recorded), w.kept.Late...) {
		texts = append(texts, m.Text)
	}
	suspended := waymark.DeviceStateRequest{Device: "logger-suspended", Reason: "test"}
	agreed(ctx, t, w, []question{
		{"producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: texts}},
		{"producer", waymark.Viewer, waymark.TelemetryWindow, waymark.WindowQuery{Device: "logger-gap", Sequence: 4}},
		{"producer", waymark.Viewer, waymark.TelemetryStream, waymark.DeviceQuery{Device: "logger-gap"}},
		{"producer", waymark.Operator, waymark.DevicesResume, suspended},
		{"producer", waymark.Operator, waymark.DevicesRetire, suspended},
		{"producer", waymark.Operator, waymark.DevicesRevokeKey, waymark.RevokeKeyRequest{Device: "logger-rotated", Key: "k1", From: time.Now(), Reason: "test"}},
		{"producer", waymark.Operator, waymark.DevicesSetAttributes, waymark.SetAttributesRequest{Device: "logger-gap", Reason: "test",
			Attributes: waymark.DeviceAttributes{LocationClass: "vehicle"}}},
		{"producer", waymark.Operator, waymark.DevicesOfferTransfer, waymark.OfferTransferRequest{Device: "logger-suspended", To: "carrier", ExpiresAt: time.Now().Add(time.Hour)}},
		{"producer", waymark.Operator, waymark.CommandsRequest, waymark.CommandRequest{ID: "c-1", Device: "logger-gap", Name: "wake", Arguments: "{}", ExpiresAt: time.Now().Add(time.Hour)}},
		{"producer", waymark.Viewer, waymark.DevicesHistory, waymark.DeviceQuery{Device: "logger-rotated"}},
		{"carrier", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "shipment-open", Number: 1}},
		{"carrier", waymark.Operator, waymark.ShipmentsReject, waymark.EndHandoffRequest{Shipment: "shipment-open", Number: 1, Reason: "test"}},
		{"retailer", waymark.Operator, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "shipment-reserved", Number: 3, Reservation: "test"}},
		{"auditor", waymark.Viewer, waymark.ShipmentsGet, waymark.ShipmentQuery{Shipment: "shipment-delivered"}},
		{"auditor", waymark.Viewer, waymark.ShipmentsHistory, waymark.ShipmentQuery{Shipment: "shipment-reserved"}},
	})
}

// question is a transaction that a member's role proposes.
type question struct {
	member  string
	role    waymark.Role
	tx      waymark.Transaction
	request any
}

// agreed fails the test unless every peer endorses each transaction, with the same bytes.
func agreed(ctx context.Context, t *testing.T, w *world, questions []question) {
	t.Helper()
	for _, c := range questions {
		request, err := json.Marshal(c.request)
		if err != nil {
			t.Fatal(err)
		}
		payloads, err := audit.EndorseEverywhere(ctx, w.at, c.member, c.role, c.tx, string(request))
		if err != nil {
			t.Errorf("%s: %v", c.tx, err)
			continue
		}
		first := slices.Sorted(maps.Keys(payloads))[0]
		for member, payload := range payloads {
			if !bytes.Equal(payload, payloads[first]) {
				t.Errorf("%s: %s and %s endorse different bytes", c.tx, first, member)
			}
		}
	}
}

func oldMessagesAreDuplicates(ctx context.Context, t *testing.T, w *world) {
	var texts []string
	for _, m := range w.kept.Recorded {
		texts = append(texts, m.Text)
	}
	for i, r := range record(ctx, t, w, texts...) {
		if m := w.kept.Recorded[i]; r.Outcome != waymark.Duplicate || r.TxID != m.TxID {
			t.Errorf("message %d of %s: %s of %s (%s), want duplicate of %s", m.Sequence, m.Device, r.Outcome, r.TxID, r.Detail, m.TxID)
		}
	}
}

// clashesShow: a copy of a device that has lost its journal begins again at number 1.
func clashesShow(ctx context.Context, t *testing.T, w *world) {
	dir := t.TempDir()
	copied := maps.Clone(w.kept.Devices["logger-gap"])
	journal := copied["outbox.jsonl"]
	if journal == "" {
		t.Fatal("the fixture has no journal of logger-gap")
	}
	delete(w.kept.Devices["logger-gap"], "outbox.jsonl")
	err := w.kept.Unpack(dir, "logger-gap")
	w.kept.Devices["logger-gap"] = copied
	if err != nil {
		t.Fatal(err)
	}
	d, err := device.Open(dir, "logger-gap")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r := record(ctx, t, w, sign(t, d, attest.COSE, 410).Text())[0]
	if r.Outcome != waymark.Rejected || r.Code != waymark.AlreadyExists || !slices.Contains(r.Reasons, waymark.ReasonJumpBack) {
		t.Errorf("got %+v", r)
	}
	if s := read[waymark.Stream](ctx, t, w, "auditor", "/v1/devices/logger-gap/stream"); len(s.Clashes) != 1 || s.Last != 5 {
		t.Errorf("the stream is %+v", s)
	}
}

// streamGoesOn: the device connects to the broker with its old key and its old outbox,
// in which the missing message waits.
func streamGoesOn(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "logger-gap")
	if outbox := d.Outbox(); len(outbox) != 1 || outbox[0].Sequence != 3 {
		t.Fatalf("%d messages wait in the outbox", len(outbox))
	}
	s, err := d.Connect(ctx, device.Broker{URL: w.at.MQTT.URL, CAFile: w.at.MQTT.CAFile})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Send(ctx, sign(t, d, attest.COSE, 420)); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	awaitStream(ctx, t, w, "logger-gap", 6)
	for number, old := range map[uint64]bool{2: true, 3: false, 4: true, 6: false} {
		got := read[waymark.Window](ctx, t, w, "producer", fmt.Sprintf("/v1/devices/logger-gap/windows/%d", number))
		if hasRoot := len(got.Root) > 0; hasRoot == old || got.First > number || got.Last < number {
			t.Errorf("the window of message %d is %+v", number, got)
		}
	}
}

// keyPoliciesBind: three members satisfy the chaincode's own policy, and not that of
// the custody, which the previous version wrote.
func keyPoliciesBind(ctx context.Context, t *testing.T, w *world) {
	request, err := json.Marshal(waymark.AcceptHandoffRequest{Shipment: "shipment-open", Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	code, err := audit.SubmitEndorsedBy(ctx, w.at, "carrier", waymark.Operator, waymark.ShipmentsAccept, string(request), "carrier", "retailer", "auditor")
	if err != nil || code != "ENDORSEMENT_POLICY_FAILURE" {
		t.Errorf("without the producer's endorsement: %s (%v), want ENDORSEMENT_POLICY_FAILURE", code, err)
	}
}

func offersAreAccepted(ctx context.Context, t *testing.T, w *world) {
	const open, reserved = "/v1/shipments/shipment-open", "/v1/shipments/shipment-reserved"
	h := post[waymark.Handoff](ctx, t, w, "carrier", open+"/handoffs/1/accept", map[string]string{})
	if h.State != waymark.HandoffAccepted || h.Condition != waymark.ConditionConformant {
		t.Errorf("accepted: %+v", h)
	}
	_, _, err := app.Write[any](ctx, w.as(t, "retailer", waymark.Operator), http.MethodPost, reserved+"/handoffs/3/accept", map[string]string{})
	refusedBecause(t, "accept what was out of range", err, waymark.FailedPrecondition, waymark.ReasonExcursion)
	post[waymark.Handoff](ctx, t, w, "retailer", reserved+"/handoffs/3/accept", map[string]string{"reservation": "as the carrier's"})
	for path, want := range map[string]waymark.Custody{
		open:     {Custodian: "carrier", Leg: 1, State: waymark.ShipmentInCustody},
		reserved: {Custodian: "retailer", Leg: 2, State: waymark.ShipmentDiscrepant},
	} {
		got := read[waymark.ShipmentView](ctx, t, w, "producer", path).Custody
		if got.Custodian != want.Custodian || got.Leg != want.Leg || got.State != want.State {
			t.Errorf("%s: custody is %+v, want %+v", path, got, want)
		}
	}
}

func suspendedResumes(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "logger-suspended")
	next := sign(t, d, attest.COSE, 500).Text()
	if r := record(ctx, t, w, next)[0]; r.Outcome != waymark.Rejected || r.Code != waymark.Forbidden {
		t.Errorf("while it is suspended: %+v", r)
	}
	resumed := post[waymark.Device](ctx, t, w, "producer", "/v1/devices/logger-suspended/resume", map[string]string{"reason": "on the road again"})
	if resumed.State != waymark.DeviceActive {
		t.Errorf("resumed: %+v", resumed)
	}
	if r := record(ctx, t, w, next)[0]; r.Outcome != waymark.Recorded {
		t.Errorf("once it is resumed: %+v", r)
	}
	if err := d.Acknowledge(2); err != nil {
		t.Fatal(err)
	}
}

func retiredStays(ctx context.Context, t *testing.T, w *world) {
	_, _, err := app.Write[any](ctx, w.as(t, "producer", waymark.Operator), http.MethodPost, "/v1/devices/logger-retired/resume", map[string]string{"reason": "test"})
	refusedBecause(t, "resume a retired device", err, waymark.FailedPrecondition, waymark.ReasonLifecycle)
}

func newTransactions(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "logger-rotated")
	path := "/v1/devices/" + d.ID()
	c := post[waymark.Command](ctx, t, w, "producer", path+"/commands", map[string]any{
		"id": "command-1", "name": "wake", "arguments": `{"minutes":5}`, "expires_at": time.Now().Add(time.Hour).UTC()})
	text, err := d.Receipt(waymark.CommandReceipt{Command: c.ID, Result: waymark.CommandDone, ExecutedAt: time.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	relay := w.as(t, "carrier", waymark.Relay)
	closed := write[waymark.Command](ctx, t, w, relay, http.MethodPost, "/v1/command-receipts", map[string]string{"receipt": text})
	if closed.State != waymark.CommandClosed {
		t.Errorf("the command is %+v", closed)
	}
	described := write[waymark.Device](ctx, t, w, w.as(t, "producer", waymark.Operator), http.MethodPut, path+"/attributes",
		map[string]any{"reason": "first description", "attributes": waymark.DeviceAttributes{LocationClass: "vehicle"}})
	if described.Attributes == nil || described.Attributes.LocationClass != "vehicle" || len(described.Keys) != 2 {
		t.Errorf("described: %+v", described)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func grantsReachOldWindows(ctx context.Context, t *testing.T, w *world) {
	const path = "/v1/devices/logger-suspended/windows/1"
	viewer := w.as(t, "carrier", waymark.Viewer)
	_, err := app.Read[waymark.Window](ctx, viewer, path)
	refusedBecause(t, "read without a grant", err, waymark.Forbidden, waymark.DefaultDeny)
	write[waymark.Policy](ctx, t, w, w.as(t, "producer", waymark.Admin), http.MethodPut, "/v1/policies/carrier-reads",
		map[string]any{"text": `permit (principal in Waymark::Member::"carrier", action == Waymark::Action::"ReadTelemetry", resource);`})
	if got, err := app.Read[waymark.Window](ctx, viewer, path); err != nil || got.First != 1 || len(got.Series) != 1 {
		t.Errorf("read with a grant: %+v (%v)", got, err)
	}
}

func rotatesOn(ctx context.Context, t *testing.T, w *world) {
	d, err := device.Open(w.dir, "logger-rotated")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rotation, err := d.Rotate(attest.MLDSA44)
	if err != nil {
		t.Fatal(err)
	}
	post[waymark.Device](ctx, t, w, "producer", "/v1/devices/logger-rotated/rotate", map[string]string{"rotation": rotation})
	if err := d.Activate(); err != nil {
		t.Fatal(err)
	}
	if r := record(ctx, t, w, sign(t, d, attest.COSE, 500).Text())[0]; r.Outcome != waymark.Recorded || r.Sequence != 4 {
		t.Errorf("under the new key: %+v", r)
	}
}

// restarts: down and up start the chaincode of the definition in force, and every peer
// has the same ledger.
func restarts(ctx context.Context, t *testing.T, w *world) {
	if err := w.network.Down(ctx, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.network.Up(ctx, "--no-build"); err != nil {
		t.Fatal(err)
	}
	oldMessagesAreDuplicates(ctx, t, w)
	ledgers, err := audit.ReadAll(ctx, w.at)
	if err != nil {
		t.Fatal(err)
	}
	if doubled := ledgers[0].Doubled(); len(doubled) > 0 {
		t.Errorf("recorded twice: %v", doubled)
	}
}
