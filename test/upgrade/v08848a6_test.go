//go:build e2e

package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// TestALedgerOfVersion08848a6GoesOn: it has a record of each kind that this version knew,
// private ones and histories too, and shipments and offers in every state. Its shipments
// list items that nothing else knows, and have custody without title.
func TestALedgerOfVersion08848a6GoesOn(t *testing.T) {
	goesOn(t, "08848a6", []step{
		{"the ledger has records of every kind", everyKind},
		{"every record reads as before", readsAsBefore},
		{"endorsers agree on what becomes of old records", everyTransactionAgrees},
		{"an old message is a duplicate of its old transaction", oldMessagesAreDuplicates},
		{"a gap is filled and streams go on", gapIsFilled},
		{"a fork stays known", forkStays},
		{"custody still needs the members it concerns", everyKeyPolicyBinds},
		{"open offers are answered", openOffersAreAnswered},
		{"a shipment that was ready goes all its way", readyGoesAllItsWay},
		{"an old excursion is read", oldExcursionIsRead},
		{"a shipment on its way arrives", onItsWayArrives},
		{"what has ended stays ended", endedStays},
		{"an open transfer is accepted", transferIsAccepted},
		{"an open command is closed", commandIsClosed},
		{"what is sealed goes on being disclosed", sealedGoesOn},
		{"certificates go on vouching, and revoked ones do not", certificatesGoOn},
		{"devices resume, and rotate", devicesGoOn},
		{"grants hold until they are withdrawn", grantsHold},
		{"a restart goes on with the definition in force", restarts},
	})
}

func everyKind(_ context.Context, t *testing.T, w *world) {
	kinds, policies, private := map[string]int{}, 0, 0
	for _, record := range w.kept.State() {
		kinds[kindOf(record.Key)]++
		if record.Policy != nil {
			policies++
		}
		if record.Holder != "" {
			private++
		}
	}
	for _, kind := range []string{"member", "device", "transfer", "authority", "revocation", "stream", "window", "attachment", "witness",
		"disclosure", "excursion", "command", "commands", "shipment", "custody", "handoff", "guard", "policy", "decision"} {
		if kinds[kind] == 0 {
			t.Errorf("the fixture has no %s", kind)
		}
	}
	if policies != kinds["custody"] || private != kinds["disclosure"] || len(w.kept.Steps()) < 3 {
		t.Errorf("the fixture has %d policies of keys, %d private records and %d values of one key", policies, private, len(w.kept.Steps()))
	}
}

func everyTransactionAgrees(ctx context.Context, t *testing.T, w *world) {
	var texts []string
	for _, m := range append(slices.Clone(w.kept.Recorded), w.kept.Late...) {
		text, _, err := attest.Split(m.Text)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	const op, view = waymark.Operator, waymark.Viewer
	soon := time.Now().Add(time.Hour).UTC()
	questions := []question{
		{"producer", waymark.Relay, waymark.TelemetryRecord, waymark.RecordRequest{Messages: texts}},
		{"producer", op, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "ready", To: "carrier", ExpiresAt: soon}},
		{"producer", op, waymark.ShipmentsAttach, waymark.AttachDeviceRequest{Shipment: "ready", Device: "many-2"}},
		{"carrier", op, waymark.ShipmentsOffer, waymark.OfferHandoffRequest{Shipment: "on-its-way", To: "retailer", ExpiresAt: soon}},
		{"carrier", op, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "offered", Number: 1}},
		{"carrier", op, waymark.ShipmentsReject, waymark.EndHandoffRequest{Shipment: "offered", Number: 1, Reason: "test"}},
		{"retailer", op, waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "reserved", Number: 3, Reservation: "test"}},
		{"producer", op, waymark.ShipmentsCancel, waymark.EndHandoffRequest{Shipment: "renewed", Number: 3, Reason: "test"}},
		{"carrier", op, waymark.DevicesAcceptTransfer, waymark.AcceptTransferRequest{Device: "moving"}},
		{"producer", op, waymark.DevicesResume, waymark.DeviceStateRequest{Device: "suspended", Reason: "test"}},
		{"producer", op, waymark.CommandsCancel, waymark.CancelCommandRequest{Device: "commanded", ID: "open", Reason: "test"}},
		{"producer", waymark.Admin, waymark.PoliciesWithdraw, waymark.WithdrawPolicyRequest{ID: "first", Reason: "test"}},
		{"auditor", op, waymark.PoliciesAuthorize, waymark.CheckRequest{Action: waymark.ActReadTelemetry, Device: "fine"}},
		{"producer", view, waymark.PoliciesHistory, waymark.PolicyQuery{Owner: "producer", Author: "producer", ID: "first"}},
		{"producer", view, waymark.DevicesHistory, waymark.DeviceQuery{Device: "suspended"}},
	}
	for _, id := range []string{"ready", "accepted", "disputed", "on-its-way", "offered", "reserved", "renewed", "doubted", "secret"} {
		questions = append(questions,
			question{"producer", view, waymark.ShipmentsGet, waymark.ShipmentQuery{Shipment: id}},
			question{"producer", view, waymark.ShipmentsHistory, waymark.ShipmentQuery{Shipment: id}})
	}
	agreed(ctx, t, w, questions)
}

func gapIsFilled(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "gap")
	for i, r := range record(ctx, t, w, w.kept.Late[0].Text, sign(t, d, attest.COSE, 420).Text()) {
		if r.Outcome != waymark.Recorded {
			t.Errorf("message %d: %+v", i, r)
		}
	}
	if s := read[waymark.Stream](ctx, t, w, "auditor", "/v1/devices/gap/stream"); s.Last != 6 || len(s.Gaps) != 0 {
		t.Errorf("the stream is %+v", s)
	}
}

func forkStays(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "forked")
	report(ctx, t, w, d, 450)
	if s := read[waymark.Stream](ctx, t, w, "auditor", "/v1/devices/forked/stream"); len(s.Clashes) != 1 || s.Last != 3 {
		t.Errorf("the stream is %+v", s)
	}
	number := offer(ctx, t, w, "doubted", "producer", "carrier")
	_, _, err := app.Write[any](ctx, w.as(t, "carrier", waymark.Operator), http.MethodPost, answer("doubted", number, "accept"), map[string]string{})
	refusedBecause(t, "accept what a forked device vouches for", err, waymark.FailedPrecondition, waymark.ReasonFork)
	accept(ctx, t, w, "carrier", "doubted", number, "there are two of this device")
}

// everyKeyPolicyBinds: three members satisfy the chaincode's own policy, and not that of
// the custody, which the earlier version wrote.
func everyKeyPolicyBinds(ctx context.Context, t *testing.T, w *world) {
	for _, c := range []struct {
		member    string
		tx        waymark.Transaction
		request   any
		endorsers []string
	}{
		{"carrier", waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: "offered", Number: 1}, []string{"carrier", "retailer", "auditor"}},
		{"producer", waymark.ShipmentsCancel, waymark.EndHandoffRequest{Shipment: "offered", Number: 1, Reason: "test"}, []string{"producer", "retailer", "auditor"}},
	} {
		request, err := json.Marshal(c.request)
		if err != nil {
			t.Fatal(err)
		}
		code, err := audit.SubmitEndorsedBy(ctx, w.at, c.member, waymark.Operator, c.tx, string(request), c.endorsers...)
		if err != nil || code != "ENDORSEMENT_POLICY_FAILURE" {
			t.Errorf("%s endorsed by %v: %s (%v), want ENDORSEMENT_POLICY_FAILURE", c.tx, c.endorsers, code, err)
		}
	}
}

func openOffersAreAnswered(ctx context.Context, t *testing.T, w *world) {
	if h := accept(ctx, t, w, "carrier", "offered", 1, ""); h.Condition != waymark.ConditionConformant {
		t.Errorf("accepted: %+v", h)
	}
	_, _, err := app.Write[any](ctx, w.as(t, "retailer", waymark.Operator), http.MethodPost, answer("reserved", 3, "accept"), map[string]string{})
	refusedBecause(t, "accept what was out of range", err, waymark.FailedPrecondition, waymark.ReasonExcursion)
	before := read[waymark.ShipmentView](ctx, t, w, "producer", "/v1/shipments/reserved").Excursions[0]
	if e := release(ctx, t, w, "reserved", before.Device, 4); e.Released == nil || e.Readings != before.Readings { // it was recorded with message 4
		t.Errorf("an old excursion is released: %+v, it was %+v", e, before)
	}
	accept(ctx, t, w, "retailer", "reserved", 3, "as the carrier's")
	post[waymark.Handoff](ctx, t, w, "retailer", answer("renewed", 3, "reject"), map[string]string{"reason": "not today"})
	custodyIs(ctx, t, w, map[string]waymark.Custody{
		"offered":  {Custodian: "carrier", Leg: 1, State: waymark.ShipmentInCustody},
		"reserved": {Custodian: "retailer", Leg: 2, State: waymark.ShipmentDiscrepant},
	})
}

func readyGoesAllItsWay(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "many-2")
	post[waymark.Attachment](ctx, t, w, "producer", "/v1/shipments/ready/devices", map[string]string{"device": d.ID()})
	for _, leg := range []struct{ from, to string }{{"producer", "carrier"}, {"carrier", "retailer"}} {
		report(ctx, t, w, d, 400)
		accept(ctx, t, w, leg.to, "ready", offer(ctx, t, w, "ready", leg.from, leg.to), "")
	}
	custodyIs(ctx, t, w, map[string]waymark.Custody{"ready": {Custodian: "retailer", Leg: 2, State: waymark.ShipmentAccepted}})
}

// oldExcursionIsRead: it has neither a rule nor a state, and reads as closed; what has been
// accepted with it is not released any more.
func oldExcursionIsRead(ctx context.Context, t *testing.T, w *world) {
	view := read[waymark.ShipmentView](ctx, t, w, "producer", "/v1/shipments/disputed")
	if len(view.Excursions) != 1 || view.Excursions[0].State != waymark.ExcursionClosed || view.Shipment.Conditions[0].ID != "c1" {
		t.Errorf("excursions %+v by %+v", view.Excursions, view.Shipment.Conditions)
	}
	_, _, err := app.Write[any](ctx, w.as(t, "retailer", waymark.Quality), http.MethodPost, "/v1/shipments/disputed/excursions:release",
		map[string]any{"device": "warm", "rule": "c1", "first": 1, "disposition": "stable for a day at 25 degrees"})
	refusedBecause(t, "release what was accepted", err, waymark.FailedPrecondition, waymark.ReasonShipment)
}

// release is the word of the consignee's quality on the excursion of the only condition that an
// old shipment has.
func release(ctx context.Context, t *testing.T, w *world, shipment, device string, first uint64) waymark.Excursion {
	t.Helper()
	return write[waymark.Excursion](ctx, t, w, w.as(t, "retailer", waymark.Quality), http.MethodPost, "/v1/shipments/"+shipment+"/excursions:release",
		map[string]any{"device": device, "rule": "c1", "first": first, "disposition": "stable for a day at 25 degrees"})
}

// onItsWayArrives: a device that was attached before there were exposures goes on, and what it
// measures outside opens, closes and is released.
func onItsWayArrives(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "on-road")
	report(ctx, t, w, d, 1200)
	report(ctx, t, w, d, 500)
	view := read[waymark.ShipmentView](ctx, t, w, "producer", "/v1/shipments/on-its-way")
	if len(view.Excursions) != 1 || view.Excursions[0].State != waymark.ExcursionClosed || view.Excursions[0].Rule != "c1" {
		t.Fatalf("excursions %+v", view.Excursions)
	}
	release(ctx, t, w, "on-its-way", d.ID(), view.Excursions[0].First)
	report(ctx, t, w, w.open(t, "on-road-too"), 550)
	accept(ctx, t, w, "retailer", "on-its-way", offer(ctx, t, w, "on-its-way", "carrier", "retailer"), "")
	custodyIs(ctx, t, w, map[string]waymark.Custody{"on-its-way": {Custodian: "retailer", Leg: 2, State: waymark.ShipmentAccepted}})
}

func endedStays(ctx context.Context, t *testing.T, w *world) {
	for _, id := range []string{"accepted", "disputed"} {
		_, _, err := app.Write[any](ctx, w.as(t, "retailer", waymark.Operator), http.MethodPost, "/v1/shipments/"+id+"/handoffs",
			map[string]any{"to": "carrier", "expires_at": time.Now().Add(time.Hour).UTC()})
		refusedBecause(t, "offer what has arrived", err, waymark.FailedPrecondition, waymark.ReasonShipment)
	}
}

func transferIsAccepted(ctx context.Context, t *testing.T, w *world) {
	post[waymark.Transfer](ctx, t, w, "carrier", "/v1/devices/moving/transfer/accept", nil)
	for _, id := range []string{"moving", "moved"} {
		report(ctx, t, w, w.open(t, id), 400)
		if d := read[waymark.Device](ctx, t, w, "auditor", "/v1/devices/"+id); d.Owner != "carrier" || d.Owned == nil {
			t.Errorf("the device is %+v", d)
		}
		// What it said before belongs to who owned it then.
		_, err := app.Read[waymark.Window](ctx, w.as(t, "carrier", waymark.Viewer), "/v1/devices/"+id+"/windows/1")
		refusedBecause(t, "read what was recorded for the owner before", err, waymark.Forbidden, waymark.DefaultDeny)
		read[waymark.Window](ctx, t, w, "carrier", "/v1/devices/"+id+"/windows/2")
	}
}

func commandIsClosed(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "commanded")
	text, err := d.Receipt(waymark.CommandReceipt{Command: "open", Result: waymark.CommandDone, ExecutedAt: time.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	closed := write[waymark.Command](ctx, t, w, w.as(t, "carrier", waymark.Relay), http.MethodPost, "/v1/command-receipts", map[string]string{"receipt": text})
	if closed.State != waymark.CommandClosed || closed.Execution.Late {
		t.Errorf("the command is %+v", closed)
	}
	if left := read[waymark.OpenCommands](ctx, t, w, "producer", "/v1/devices/commanded/commands"); len(left.Commands) != 0 {
		t.Errorf("open are %+v", left.Commands)
	}
}

func sealedGoesOn(ctx context.Context, t *testing.T, w *world) {
	d := w.open(t, "private")
	now := time.Now().UTC().Truncate(time.Millisecond)
	m, err := d.Seal(attest.COSE, []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 433, Time: now}}, "temperature")
	if err != nil {
		t.Fatal(err)
	}
	if r := record(ctx, t, w, m.Text())[0]; r.Outcome != waymark.Recorded {
		t.Fatalf("what is sealed: %+v", r)
	}
	for _, member := range []string{"producer", "carrier"} {
		got, err := w.as(t, member, waymark.Viewer).Disclosed(ctx, waymark.DisclosedQuery{Device: d.ID(), Sequence: m.Sequence})
		if err != nil || len(got.Readings) != 1 || got.Readings[0].Value != "4.33" {
			t.Errorf("%s reads %+v (%v)", member, got, err)
		}
	}
	for _, sequence := range []uint64{1, m.Sequence} {
		_, err := w.as(t, "auditor", waymark.Viewer).Disclosed(ctx, waymark.DisclosedQuery{Device: d.ID(), Sequence: sequence})
		var refusal *app.Problem
		if !errors.As(err, &refusal) || refusal.Code != waymark.Forbidden && refusal.Code != waymark.NotFound {
			t.Errorf("the auditor reads message %d: %v", sequence, err)
		}
	}
}

func certificatesGoOn(ctx context.Context, t *testing.T, w *world) {
	report(ctx, t, w, w.open(t, "joined"), 400)
	r := record(ctx, t, w, sign(t, w.open(t, "joined-revoked"), attest.COSE, 400).Text())[0]
	if r.Outcome != waymark.Rejected || !slices.Contains(r.Reasons, waymark.ReasonRevoked) {
		t.Errorf("with a revoked certificate: %+v", r)
	}
}

func devicesGoOn(ctx context.Context, t *testing.T, w *world) {
	post[waymark.Device](ctx, t, w, "producer", "/v1/devices/suspended/resume", map[string]string{"reason": "on the road again"})
	report(ctx, t, w, w.open(t, "suspended"), 400)
	d := w.open(t, "rotated")
	report(ctx, t, w, d, 400)
	if before := read[waymark.Window](ctx, t, w, "producer", "/v1/devices/rotated/windows/3"); before.Disputed {
		t.Errorf("what the new key signed is %+v", before)
	}
	rotation, err := d.Rotate(attest.MLDSA44)
	if err != nil {
		t.Fatal(err)
	}
	rotated := post[waymark.Device](ctx, t, w, "producer", "/v1/devices/rotated/rotate", map[string]string{"rotation": rotation})
	if err := d.Activate(); err != nil {
		t.Fatal(err)
	}
	report(ctx, t, w, d, 410)
	if len(rotated.Keys) != 3 || rotated.Keys[0].Revoked == nil {
		t.Errorf("rotated: %+v", rotated)
	}
	_, _, err = app.Write[any](ctx, w.as(t, "producer", waymark.Operator), http.MethodPost, "/v1/devices/retired/resume", map[string]string{"reason": "test"})
	refusedBecause(t, "resume a retired device", err, waymark.FailedPrecondition, waymark.ReasonLifecycle)
}

// grantsHold: the auditor reads by what the carrier passed on to it.
func grantsHold(ctx context.Context, t *testing.T, w *world) {
	const path = "/v1/devices/fine/windows/1"
	viewer, admin := w.as(t, "auditor", waymark.Viewer), w.as(t, "producer", waymark.Admin)
	if got, err := app.Read[waymark.Window](ctx, viewer, path); err != nil || len(got.Obligations) != 1 {
		t.Errorf("read by a grant that was passed on: %+v (%v)", got, err)
	}
	p := write[waymark.Policy](ctx, t, w, admin, http.MethodPost, "/v1/policies/first/withdraw", map[string]string{"reason": "test"})
	if p.Version != 3 || p.State != waymark.PolicyWithdrawn {
		t.Errorf("withdrawn: %+v", p)
	}
	_, err := app.Read[waymark.Window](ctx, viewer, path)
	refusedBecause(t, "read by a grant that is withdrawn", err, waymark.Forbidden, waymark.DefaultDeny)
	text := `permit (principal in Waymark::Member::"auditor", action == Waymark::Action::"ReadTelemetry", resource == Waymark::Telemetry::"fine");`
	write[waymark.Policy](ctx, t, w, admin, http.MethodPut, "/v1/policies/anew", map[string]any{"text": text})
	if _, err := app.Read[waymark.Window](ctx, viewer, path); err != nil {
		t.Errorf("read by a new grant: %v", err)
	}
}

// report has the next message of a device recorded.
func report(ctx context.Context, t *testing.T, w *world, d *device.Device, centiCelsius int64) {
	t.Helper()
	if r := record(ctx, t, w, sign(t, d, attest.COSE, centiCelsius).Text())[0]; r.Outcome != waymark.Recorded {
		t.Fatalf("message %d of %s: %+v", r.Sequence, d.ID(), r)
	}
	last, _ := d.Last()
	if err := d.Acknowledge(last); err != nil {
		t.Fatal(err)
	}
}

func offer(ctx context.Context, t *testing.T, w *world, shipment, from, to string) uint64 {
	t.Helper()
	return post[waymark.Handoff](ctx, t, w, from, "/v1/shipments/"+shipment+"/handoffs",
		map[string]any{"to": to, "expires_at": time.Now().Add(time.Hour).UTC()}).Number
}

func accept(ctx context.Context, t *testing.T, w *world, member, shipment string, number uint64, reservation string) waymark.Handoff {
	t.Helper()
	request := map[string]string{}
	if reservation != "" {
		request["reservation"] = reservation
	}
	h := post[waymark.Handoff](ctx, t, w, member, answer(shipment, number, "accept"), request)
	if h.State != waymark.HandoffAccepted {
		t.Errorf("handoff %d of %s is %+v", number, shipment, h)
	}
	return h
}

func answer(shipment string, number uint64, how string) string {
	return fmt.Sprintf("/v1/shipments/%s/handoffs/%d/%s", shipment, number, how)
}

func custodyIs(ctx context.Context, t *testing.T, w *world, all map[string]waymark.Custody) {
	t.Helper()
	for id, want := range all {
		got := read[waymark.ShipmentView](ctx, t, w, "producer", "/v1/shipments/"+id).Custody
		if got.Custodian != want.Custodian || got.Leg != want.Leg || got.State != want.State {
			t.Errorf("%s: custody is %+v, want %+v", id, got, want)
		}
	}
}
