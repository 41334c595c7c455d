package custody_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// cold is 2 to 8 degrees Celsius.
var cold = []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}}

func createRequest(id string) waymark.CreateShipmentRequest {
	return waymark.CreateShipmentRequest{
		ID: id, Consignee: "retailer", Arbiter: "auditor", Conditions: cold,
		Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, id+"-1").String()}, {ID: waymark.Item(scenario.GTIN, id+"-2").String()}},
	}
}

// newConsortium has the goods that createRequest ships as s1 and s2.
func newConsortium(t *testing.T) *scenario.Consortium {
	t.Helper()
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "s1-1", "s1-2", "s2-1", "s2-2")
	return c
}

// story is a shipment of the producer with one logger attached.
type story struct {
	*scenario.Consortium
	logger *scenario.Device
	spare  *scenario.Device // one that is not attached, where a test needs it
}

func newStory(t *testing.T) *story {
	t.Helper()
	c := newConsortium(t)
	s := &story{Consortium: c, logger: c.Device("logger-1", "producer")}
	scenario.Must(c, s.operator("producer"), custody.Create, createRequest("s1"))
	s.attach("logger-1")
	return s
}

func (s *story) operator(member string) ledger.Caller { return s.As(member, waymark.Operator) }

func (s *story) attach(device string) {
	s.T.Helper()
	scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s1", device))
}

func attachRequest(shipment, device string) waymark.AttachDeviceRequest {
	return waymark.AttachDeviceRequest{Shipment: shipment, Device: device}
}

// measure records one message with these centi-degrees.
func (s *story) measure(centiCelsius ...int64) {
	s.T.Helper()
	if r := s.Record(s.logger.Pack(centiCelsius...)); r[0].Outcome != waymark.Recorded {
		s.T.Fatalf("message: %+v", r[0])
	}
	s.Now = s.Now.Add(time.Duration(len(centiCelsius)) * time.Second) // the time that it took
}

func (s *story) offerRequest(to string) waymark.OfferHandoffRequest {
	return waymark.OfferHandoffRequest{Shipment: "s1", To: to, ExpiresAt: s.Now.Add(time.Hour)}
}

// offer offers shipment s1 and returns the handoff's number.
func (s *story) offer(from, to string) uint64 {
	s.T.Helper()
	return scenario.Must(s.Consortium, s.operator(from), custody.Offer, s.offerRequest(to)).Number
}

func acceptRequest(number uint64, reservation string) waymark.AcceptHandoffRequest {
	return waymark.AcceptHandoffRequest{Shipment: "s1", Number: number, Reservation: reservation}
}

func (s *story) accept(by string, number uint64, reservation string) *waymark.Handoff {
	s.T.Helper()
	return scenario.Must(s.Consortium, s.operator(by), custody.Accept, acceptRequest(number, reservation))
}

func endRequest(number uint64) waymark.EndHandoffRequest {
	return waymark.EndHandoffRequest{Shipment: "s1", Number: number, Reason: "changed plans"}
}

func (s *story) view() *waymark.ShipmentView {
	s.T.Helper()
	return scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
}

func (s *story) expectCustody(custodian string, leg uint64, state waymark.ShipmentState) {
	s.T.Helper()
	c := s.view().Custody
	if c.Custodian != custodian || c.Leg != leg || c.State != state {
		s.T.Errorf("custody %+v, want %s on leg %d, %s", c, custodian, leg, state)
	}
}

func (s *story) expectCondition(state waymark.ConditionState, reasons ...string) {
	s.T.Helper()
	if v := s.view(); v.Condition != state || !slices.Equal(v.Reasons, reasons) {
		s.T.Errorf("condition %s %v, want %s %v", v.Condition, v.Reasons, state, reasons)
	}
}

func (s *story) expectHandoff(number uint64, state waymark.HandoffState) {
	s.T.Helper()
	if h := s.view().Handoffs[number-1]; h.State != state || h.Number != number {
		s.T.Errorf("handoff %d is %s, want %s", h.Number, h.State, state)
	}
}

func TestJourneyInGoodOrder(t *testing.T) {
	s := newStory(t)
	s.expectCustody("producer", 0, waymark.ShipmentReady)
	s.expectCondition(waymark.ConditionUnknown, "no-witness", "silent-witness")
	s.measure(200, 500, 800) // both bounds are included
	s.expectCondition(waymark.ConditionConformant)
	first := s.offer("producer", "carrier")
	if h := s.accept("carrier", first, ""); h.Condition != waymark.ConditionConformant || h.State != waymark.HandoffAccepted {
		t.Errorf("accepted %+v", h)
	}
	s.expectCustody("carrier", 1, waymark.ShipmentInCustody)
	s.measure(400)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.expectCustody("retailer", 2, waymark.ShipmentAccepted)
	if h := s.view().Handoffs; len(h) != 2 || h[0].Number != 1 || h[1].From != "carrier" {
		t.Errorf("handoffs %+v", h)
	}
}

func TestJourneyWithAnExcursion(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(801, 900, 500, 199)
	last := s.offer("carrier", "retailer")
	s.expectCondition(waymark.ConditionNonConformant, "excursion")
	scenario.Refused(s.Consortium, s.operator("retailer"), custody.Accept, acceptRequest(last, ""), waymark.FailedPrecondition, "excursion")
	h := s.accept("retailer", last, "warm on the way")
	if h.Condition != waymark.ConditionNonConformant || !slices.Equal(h.Reasons, []string{"excursion"}) || h.Reservation != "warm on the way" {
		t.Errorf("accepted %+v", h)
	}
	s.expectCustody("retailer", 2, waymark.ShipmentDiscrepant)
	if e := s.view().Excursions; len(e) != 1 || e[0].Readings != 3 || e[0].Max != "9" || e[0].Min != "1.99" {
		t.Errorf("excursions %+v", e)
	}
}

func TestReservationOnAnyLegIsADiscrepancy(t *testing.T) {
	s := newStory(t)
	s.accept("carrier", s.offer("producer", "carrier"), "no reading yet")
	s.measure(500)
	s.expectCondition(waymark.ConditionConformant)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.expectCustody("retailer", 2, waymark.ShipmentDiscrepant)
	if v := s.view(); v.Condition != waymark.ConditionConformant {
		t.Errorf("the last leg was %s", v.Condition)
	}
}

func TestGoodsMayComeBack(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(500)
	s.accept("producer", s.offer("carrier", "producer"), "")
	s.expectCustody("producer", 2, waymark.ShipmentReturned)
}

func TestVerdictIsFrozenAndDevicesAreFreeAtTheEnd(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("retailer", s.offer("producer", "retailer"), "")
	s.expectCondition(waymark.ConditionConformant)
	s.logger.Pack(500) // lost: a gap
	s.measure(4000)
	s.expectCondition(waymark.ConditionConformant)
	if n := len(s.view().Excursions); n != 0 {
		t.Errorf("%d excursions after the end", n)
	}
	for _, by := range []string{"producer", "retailer"} {
		code, reason := waymark.Forbidden, waymark.DefaultDeny
		if by == "retailer" {
			code, reason = waymark.FailedPrecondition, "shipment-lifecycle"
		}
		scenario.Refused(s.Consortium, s.operator(by), custody.Offer, s.offerRequest("carrier"), code, reason)
	}
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, createRequest("s2"))
	a := scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s2", "logger-1"))
	if a.After != 3 {
		t.Errorf("attached after message %d, want 3", a.After)
	}
	view := scenario.Must(s.Consortium, s.operator("producer"), custody.Get, waymark.ShipmentQuery{Shipment: "s2"})
	if view.Condition != waymark.ConditionUnknown || !slices.Equal(view.Reasons, []string{"no-witness", "silent-witness"}) {
		t.Errorf("the old gap counts for the new shipment: %s %v", view.Condition, view.Reasons)
	}
}

func TestConsigneeDeviceCannotWitnessAnEndedShipment(t *testing.T) {
	s := newStory(t)
	s.accept("retailer", s.offer("producer", "retailer"), "unmeasured")
	s.Device("logger-r", "retailer")
	scenario.Refused(s.Consortium, s.operator("retailer"), custody.Attach, attachRequest("s1", "logger-r"), waymark.FailedPrecondition, "shipment-lifecycle")
}

func TestEveryLegNeedsDataOfItsOwn(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.expectCondition(waymark.ConditionUnknown, "no-witness", "silent-witness")
	last := s.offer("carrier", "retailer")
	scenario.Refused(s.Consortium, s.operator("retailer"), custody.Accept, acceptRequest(last, ""), waymark.FailedPrecondition, "no-witness")
	s.measure(500)
	s.accept("retailer", last, "")
	s.expectCustody("retailer", 2, waymark.ShipmentAccepted)
}

// Custody decides who reads what a device reports, with nobody editing a policy,
// and what was evidence for a member stays so.
func TestWhoReadsTelemetryFollowsCustody(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	window := waymark.WindowQuery{Device: "logger-1", Sequence: 1}
	carrier, retailer := s.As("carrier", waymark.Viewer), s.As("retailer", waymark.Viewer)
	scenario.Refused(s.Consortium, carrier, telemetry.Window, window, waymark.Forbidden, waymark.DefaultDeny)
	number := s.offer("producer", "carrier")
	scenario.Must(s.Consortium, carrier, telemetry.Window, window)
	s.accept("carrier", number, "")
	s.measure(500)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	s.measure(700) // on its way back, for nobody but the owner
	for n := range uint64(2) {
		window.Sequence = n + 1
		scenario.Must(s.Consortium, carrier, telemetry.Window, window)
		scenario.Must(s.Consortium, retailer, telemetry.Window, window)
	}
	window.Sequence = 3
	scenario.Refused(s.Consortium, retailer, telemetry.Window, window, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Must(s.Consortium, s.As("producer", waymark.Viewer), telemetry.Window, window)
	scenario.Must(s.Consortium, carrier, telemetry.Stream, waymark.DeviceQuery{Device: "logger-1"})
}
