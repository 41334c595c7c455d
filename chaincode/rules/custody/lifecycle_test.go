package custody_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// again runs a rule that must succeed, and a minute later once more: that changes nothing.
func again[Q waymark.Validator, R any](s *story, by ledger.Caller, rule func(ledger.Ledger, Q) (*R, error), request Q) *R {
	s.T.Helper()
	first := scenario.Must(s.Consortium, by, rule, request)
	s.Now = s.Now.Add(time.Minute)
	if _, tx, err := scenario.Endorse(s.Consortium, by, rule, request); err != nil || len(tx.Writes()) > 0 {
		s.T.Errorf("%T again: %v, writes %v", request, err, tx.Writes())
	}
	return first
}

var ready, voided = waymark.ReadyShipmentRequest{Shipment: "s1"}, waymark.VoidShipmentRequest{Shipment: "s1", Reason: "sold out"}

// newDraft is a story whose shipment is a draft, without a witness.
func newDraft(t *testing.T) *story {
	t.Helper()
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	r := createRequest("s1")
	r.Draft = true
	again(s, s.operator("producer"), custody.Create, r)
	s.expectCustody("producer", 0, waymark.ShipmentDraft)
	return s
}

func TestADraftMayChangeUntilItIsReady(t *testing.T) {
	s := newDraft(t)
	producer, r := s.operator("producer"), createRequest("s1")
	r.Draft, r.Arbiter, r.Goods = true, "", r.Goods[:1]
	again(s, producer, custody.Create, r)
	if v := s.view(); len(v.Shipment.Goods) != 1 || v.Custody.State != waymark.ShipmentDraft {
		t.Errorf("replaced by %+v, %s", v.Shipment, v.Custody.State)
	}
	s.expectQuorum("s1", "producer", "retailer")
	for _, by := range []string{"carrier", "retailer"} { // another's draft is not theirs to replace
		scenario.Refused(s.Consortium, s.operator(by), custody.Create, r, waymark.AlreadyExists, "")
		scenario.Refused(s.Consortium, s.operator(by), custody.Ready, ready, waymark.Forbidden, waymark.DefaultDeny)
	}
	again(s, producer, custody.Ready, ready)
	s.expectCustody("producer", 0, waymark.ShipmentReady)
	if _, tx, err := scenario.Endorse(s.Consortium, producer, custody.Create, r); err != nil || len(tx.Writes()) > 0 {
		t.Errorf("the draft created again: %v, writes %v", err, tx.Writes())
	}
	r.Arbiter = "auditor"
	scenario.Refused(s.Consortium, producer, custody.Create, r, waymark.AlreadyExists, "")
	s.offer("producer", "carrier")
	again(s, producer, custody.Ready, ready) // it is beyond
	s.expectHistory("shipment.created", "shipment.ready", "handoff.offered")
}

func TestADraftIsReadyWhenItIsCreatedAsNone(t *testing.T) {
	s := newDraft(t)
	again(s, s.operator("producer"), custody.Create, createRequest("s1"))
	s.expectCustody("producer", 0, waymark.ShipmentReady)
	s.expectHistory("shipment.created", "shipment.ready")
}

func TestNothingHappensToADraft(t *testing.T) {
	s := newDraft(t)
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("carrier"), waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s1", "logger-1"), waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Refused(s.Consortium, s.As("producer", waymark.Quality), custody.Hold, quarantine, waymark.FailedPrecondition, waymark.ReasonShipment)
}

func TestVoidEndsWhatNeverLeft(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.offer("producer", "retailer")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Void, voided, waymark.FailedPrecondition, waymark.ReasonHandoffOpen)
	s.Now = s.Now.Add(time.Hour + time.Second) // the offer is past its time
	scenario.Refused(s.Consortium, s.operator("retailer"), custody.Void, voided, waymark.Forbidden, waymark.DefaultDeny)
	again(s, s.operator("producer"), custody.Void, voided)
	s.expectHandoff(1, waymark.HandoffExpired)
	s.expectCustody("producer", 0, waymark.ShipmentVoid)
	s.expectQuorum("s1", "auditor", "producer")
	v := s.view()
	if v.Custody.Reason != "sold out" || v.Attachments[0].Detached == nil || v.Attachments[0].Last != 1 {
		t.Errorf("custody %+v, witness %+v", v.Custody, v.Attachments[0])
	}
	other := voided
	other.Reason = "another"
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Void, other, waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Ready, ready, waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("carrier"), waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, createRequest("s2"))
	scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s2", "logger-1")) // it is free
	s.expectHistory("shipment.created", "shipment.device_attached", "handoff.offered", "handoff.expired", "shipment.voided")
}

func TestADraftCanBeVoid(t *testing.T) {
	s := newDraft(t)
	again(s, s.operator("producer"), custody.Void, voided)
	s.expectHistory("shipment.created", "shipment.voided")
}

func TestWhatHasLeftIsNotVoid(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Void, voided, waymark.FailedPrecondition, waymark.ReasonShipment)
	s.measure(500)
	s.accept("producer", s.offer("carrier", "producer"), "")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Void, voided, waymark.FailedPrecondition, waymark.ReasonShipment)
}

func TestOffersToTheConsigneeDeliver(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	number := s.offer("producer", "retailer")
	s.expectCustody("producer", 0, waymark.ShipmentDelivered)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(number))
	s.expectCustody("producer", 0, waymark.ShipmentReady)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.expectCustody("carrier", 1, waymark.ShipmentInCustody)
	s.offer("carrier", "retailer")
	s.expectCustody("carrier", 1, waymark.ShipmentDelivered)
	s.Now = s.Now.Add(time.Hour + time.Second)
	number = s.offer("carrier", "auditor") // takes the place of the one that has expired
	s.expectCustody("carrier", 1, waymark.ShipmentInCustody)
	scenario.Must(s.Consortium, s.operator("auditor"), custody.Reject, endRequest(number))
	s.expectCustody("carrier", 1, waymark.ShipmentInCustody)
}

func TestRefusedGoodsGoOnOrBack(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	refuse := func() {
		t.Helper()
		scenario.Must(s.Consortium, s.operator("retailer"), custody.Reject, endRequest(s.offer("carrier", "retailer")))
		s.expectCustody("carrier", 1, waymark.ShipmentRefused)
	}
	refuse()
	refuse() // offered to it again
	number := s.offer("carrier", "retailer")
	s.expectCustody("carrier", 1, waymark.ShipmentDelivered)
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Cancel, endRequest(number))
	s.expectCustody("carrier", 1, waymark.ShipmentRefused)
	s.measure(500)
	s.accept("auditor", s.offer("carrier", "auditor"), "")
	s.expectCustody("auditor", 2, waymark.ShipmentInCustody)
	s.measure(500)
	s.accept("producer", s.offer("auditor", "producer"), "")
	s.expectCustody("producer", 3, waymark.ShipmentReturned)
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Offer, s.offerRequest("retailer"), waymark.FailedPrecondition, waymark.ReasonShipment)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, createRequest("s2"))
	scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s2", "logger-1"))
}

func TestWhatIsRefusedAtTheDoorCanBeVoid(t *testing.T) {
	s := newStory(t)
	scenario.Must(s.Consortium, s.operator("retailer"), custody.Reject, endRequest(s.offer("producer", "retailer")))
	s.expectCustody("producer", 0, waymark.ShipmentRefused)
	again(s, s.operator("producer"), custody.Void, voided)
	s.expectCustody("producer", 0, waymark.ShipmentVoid)
}

// A ledger of an earlier version has shipments with an open offer to the consignee that
// is not told by their state, and no record of title.
func TestAShipmentOfBeforeGoesOn(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.offer("producer", "carrier")
	for key, value := range map[ledger.Key]string{
		ledger.GuardKey("s1"):   `{"last":1,"open":true}`,
		ledger.CustodyKey("s1"): `{"shipment":"s1","custodian":"producer","leg":0,"state":"ready"}`,
	} {
		s.put(key, value)
	}
	if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error { return l.Delete(ledger.TitleKey("s1")) }); err != nil {
		t.Fatal(err)
	}
	if title := s.view().Title; title.Holder != "producer" || title.Changed.Member != "producer" {
		t.Errorf("title %+v", title)
	}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Cancel, endRequest(1))
	s.expectCustody("producer", 0, waymark.ShipmentReady)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.expectTitleQuorum("s1", "auditor", "carrier", "producer")
}
