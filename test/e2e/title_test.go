//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// unconditional is a shipment of the producer to the retailer that needs no witness.
func unconditional(ctx context.Context, t *testing.T, arbiter string, draft bool) string {
	t.Helper()
	request := waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Arbiter: arbiter,
		Goods: commission(ctx, t, name("item")), Conditions: []waymark.Condition{}, Draft: draft}
	done(ctx, t, operator(t, "producer").CreateShipment, request)
	return request.ID
}

func offerTitle(ctx context.Context, t *testing.T, shipment, from, to string) {
	t.Helper()
	done(ctx, t, operator(t, from).OfferTitle, waymark.OfferTitleRequest{Shipment: shipment, To: to, ExpiresAt: time.Now().Add(time.Hour)})
}

// answerTitle is the path of an answer to an offer of title.
func answerTitle(shipment string, number int, verb string) string {
	return fmt.Sprintf("/v1/shipments/%s/title/offers/%d/%s", shipment, number, verb)
}

// expectShipment compares where a shipment is, with whom, and whose it is.
func expectShipment(ctx context.Context, t *testing.T, id string, state waymark.ShipmentState, custodian, holder string) waymark.ShipmentView {
	t.Helper()
	v, err := as(t, "producer", waymark.Quality).Shipment(ctx, waymark.ShipmentQuery{Shipment: id})
	if err != nil {
		t.Fatal(err)
	}
	if v.Custody.State != state || v.Custody.Custodian != custodian || v.Title.Holder != holder {
		t.Errorf("%s is %s with %s and belongs to %s, want %s with %s of %s", id, v.Custody.State, v.Custody.Custodian, v.Title.Holder, state, custodian, holder)
	}
	return v
}

// submitBy submits a transaction on the endorsements of three members and returns how it
// was validated.
func submitBy(ctx context.Context, t *testing.T, by string, tx waymark.Transaction, request any, endorsers ...string) string {
	t.Helper()
	encoded, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	awaitSameHeight(ctx, t)
	code, err := audit.SubmitEndorsedBy(ctx, local.at, by, waymark.Operator, tx, string(encoded), endorsers...)
	if err != nil {
		t.Fatalf("%s by %s: %v", tx, by, err)
	}
	return code
}

// Title and custody of one shipment move apart, and each move needs the members that it
// concerns then, although three of four satisfy the chaincode's own policy.
func TestTitleMovesInTransit(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	const failed, valid = "ENDORSEMENT_POLICY_FAILURE", "VALID"
	id, later := unconditional(ctx, t, "", false), time.Now().Add(time.Hour).UTC()
	expect := func(want, by string, tx waymark.Transaction, request any, endorsers ...string) {
		t.Helper()
		if got := submitBy(ctx, t, by, tx, request, endorsers...); got != want {
			t.Errorf("%s by %s, endorsed by %v: %s, want %s", tx, by, endorsers, got, want)
		}
	}
	offer(ctx, t, id, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
	expectShipment(ctx, t, id, waymark.ShipmentInCustody, "carrier", "producer")

	// Title at rest: the new custodian and the holder.
	give := waymark.OfferTitleRequest{Shipment: id, To: "retailer", ExpiresAt: later}
	expect(failed, "producer", waymark.TitlesOffer, give, "producer", "retailer", "auditor")
	expect(valid, "producer", waymark.TitlesOffer, give, "producer", "carrier", "auditor")
	// While it is offered: its two sides.
	take := waymark.AcceptTitleRequest{Shipment: id, Number: 1}
	expect(failed, "retailer", waymark.TitlesAccept, take, "retailer", "carrier", "auditor")
	refused(ctx, t, operator(t, "carrier"), answerTitle(id, 1, "accept"), nil, waymark.Forbidden, "only-offeree-answers-title")
	done(ctx, t, operator(t, "retailer").AcceptTitle, waymark.AcceptTitleRequest{Shipment: id, Number: 1})
	expectShipment(ctx, t, id, waymark.ShipmentInCustody, "carrier", "retailer")
	refused(ctx, t, operator(t, "producer"), "/v1/shipments/"+id+"/title/offers", map[string]any{"to": "auditor", "expires_at": later}, waymark.Forbidden, waymark.DefaultDeny)

	// Custody at rest: the custodian and the new holder of title.
	on := waymark.OfferHandoffRequest{Shipment: id, To: "auditor", ExpiresAt: later}
	expect(failed, "carrier", waymark.ShipmentsOffer, on, "carrier", "producer", "auditor")
	expect(valid, "carrier", waymark.ShipmentsOffer, on, "carrier", "retailer", "producer")
	// Both are offered: neither needs those whom it does not concern.
	offerTitle(ctx, t, id, "retailer", "producer")
	done(ctx, t, operator(t, "producer").AcceptTitle, waymark.AcceptTitleRequest{Shipment: id, Number: 2})
	expect(failed, "auditor", waymark.ShipmentsAccept, waymark.AcceptHandoffRequest{Shipment: id, Number: 2}, "auditor", "producer", "retailer")
	done(ctx, t, operator(t, "auditor").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 2})
	expectShipment(ctx, t, id, waymark.ShipmentInCustody, "auditor", "producer")
	awaitSameHeight(ctx, t)
	view, err := as(t, "retailer", waymark.Viewer).Title(ctx, waymark.ShipmentQuery{Shipment: id})
	if err != nil || view.Title.Holder != "producer" || view.Offer == nil || view.Offer.State != waymark.TitleAccepted {
		t.Errorf("title %+v (%v)", view, err)
	}
}

// A hold stops custody and title, at their offer and at their acceptance.
func TestHoldsStopTheGoods(t *testing.T) {
	ctx := limit(t, time.Minute)
	id := unconditional(ctx, t, "auditor", false)
	at := "/v1/shipments/" + id
	offer(ctx, t, id, "producer", "carrier")
	offerTitle(ctx, t, id, "producer", "retailer")
	hold, later := map[string]any{"kind": "quarantine", "reason": "smells"}, time.Now().Add(time.Hour).UTC()
	refused(ctx, t, operator(t, "retailer"), at+"/holds", hold, waymark.Forbidden, waymark.DefaultDeny)
	post[waymark.Hold](ctx, t, as(t, "retailer", waymark.Quality), at+"/holds", hold)
	refused(ctx, t, operator(t, "carrier"), answer(id, 1, "accept"), map[string]string{}, waymark.FailedPrecondition, "quarantine")
	refused(ctx, t, operator(t, "retailer"), answerTitle(id, 1, "accept"), nil, waymark.FailedPrecondition, "quarantine")
	done(ctx, t, operator(t, "carrier").RejectHandoff, waymark.EndHandoffRequest{Shipment: id, Number: 1, Reason: "on hold"})
	refused(ctx, t, operator(t, "producer"), at+"/handoffs", map[string]any{"to": "carrier", "expires_at": later}, waymark.FailedPrecondition, "quarantine")
	if v := expectShipment(ctx, t, id, waymark.ShipmentReady, "producer", "producer"); len(v.Holds) != 1 || v.Holds[0].Set.Role != waymark.Quality {
		t.Errorf("holds %+v", v.Holds)
	}
	refused(ctx, t, as(t, "producer", waymark.Quality), at+"/holds/quarantine/lift", map[string]string{"reason": "fine"}, waymark.Forbidden, waymark.DefaultDeny)
	post[waymark.Hold](ctx, t, as(t, "auditor", waymark.Quality), at+"/holds/quarantine/lift", map[string]string{"reason": "fine"})
	done(ctx, t, operator(t, "retailer").AcceptTitle, waymark.AcceptTitleRequest{Shipment: id, Number: 1})
	offer(ctx, t, id, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 2})
	expectShipment(ctx, t, id, waymark.ShipmentInCustody, "carrier", "retailer")
}

// The ends of a journey that nobody wants, and what becomes of its witness.
func TestVoidRefusedAndReturned(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	id := unconditional(ctx, t, "auditor", true)
	refused(ctx, t, operator(t, "producer"), "/v1/shipments/"+id+"/handoffs",
		map[string]any{"to": "carrier", "expires_at": time.Now().Add(time.Hour).UTC()}, waymark.FailedPrecondition, "shipment-lifecycle")
	done(ctx, t, operator(t, "producer").ReadyShipment, waymark.ReadyShipmentRequest{Shipment: id})
	d := logger(ctx, t, attest.Ed25519)
	attach(ctx, t, id, d.ID())
	done(ctx, t, operator(t, "producer").VoidShipment, waymark.VoidShipmentRequest{Shipment: id, Reason: "sold out"})
	expectShipment(ctx, t, id, waymark.ShipmentVoid, "producer", "producer")

	id = unconditional(ctx, t, "auditor", false)
	attach(ctx, t, id, d.ID())
	record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	offer(ctx, t, id, "producer", "carrier")
	done(ctx, t, operator(t, "carrier").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 1})
	detach := "/v1/shipments/" + id + "/devices/" + d.ID() + "/detach"
	refused(ctx, t, operator(t, "carrier"), detach, nil, waymark.Forbidden, waymark.DefaultDeny)
	if a, _ := post[waymark.Attachment](ctx, t, operator(t, "producer"), detach, nil); a.Detached == nil || a.Last != 1 {
		t.Errorf("detached %+v", a)
	}
	offer(ctx, t, id, "carrier", "retailer")
	expectShipment(ctx, t, id, waymark.ShipmentDelivered, "carrier", "producer")
	done(ctx, t, operator(t, "retailer").RejectHandoff, waymark.EndHandoffRequest{Shipment: id, Number: 2, Reason: "broken"})
	expectShipment(ctx, t, id, waymark.ShipmentRefused, "carrier", "producer")
	offer(ctx, t, id, "carrier", "producer")
	done(ctx, t, operator(t, "producer").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: id, Number: 3})
	v := expectShipment(ctx, t, id, waymark.ShipmentReturned, "producer", "producer")
	again := waymark.CreateShipmentRequest{ID: name("shipment"), Consignee: "retailer", Goods: v.Shipment.Goods, Conditions: []waymark.Condition{}}
	done(ctx, t, operator(t, "producer").CreateShipment, again) // its goods are free
	h, err := as(t, "carrier", waymark.Viewer).ShipmentHistory(ctx, waymark.ShipmentQuery{Shipment: id})
	if err != nil {
		t.Fatal(err)
	}
	var what []string
	for _, e := range h.Entries {
		what = append(what, e.What)
	}
	want := []string{"shipment.created", "shipment.device_attached", "handoff.offered", "handoff.accepted", "shipment.device_detached",
		"handoff.offered", "handoff.rejected", "handoff.offered", "handoff.accepted"}
	if !slices.Equal(what, want) {
		t.Errorf("history\n got %v\nwant %v", what, want)
	}
}

// Of a handoff's acceptance and the acceptance of title at the same moment each succeeds
// in the end: whichever comes second is tried anew on what is known then.
func TestCustodyAndTitleAtOnce(t *testing.T) {
	ctx := limit(t, time.Minute)
	id := unconditional(ctx, t, "auditor", false)
	offer(ctx, t, id, "producer", "carrier")
	offerTitle(ctx, t, id, "producer", "retailer")
	done := make(chan error, 2)
	go func() {
		_, _, err := app.Write[waymark.Handoff](ctx, operator(t, "carrier"), http.MethodPost, answer(id, 1, "accept"), map[string]string{})
		done <- err
	}()
	go func() {
		_, _, err := app.Write[waymark.TitleOffer](ctx, operator(t, "retailer"), http.MethodPost, answerTitle(id, 1, "accept"), nil)
		done <- err
	}()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	awaitSameHeight(ctx, t)
	expectShipment(ctx, t, id, waymark.ShipmentInCustody, "carrier", "retailer")
}
