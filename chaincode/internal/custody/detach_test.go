package custody_test

import (
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/internal/registry"
	"github.com/waymark-ledger/waymark/chaincode/internal/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var detach = waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-1"}

func TestAnOwnerTakesItsDeviceBack(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	const keeps = "custodian-keeps-its-witnesses"
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Detach, detach, waymark.Forbidden, keeps)
	number := s.offer("producer", "carrier")
	scenario.Refused(s.Consortium, s.operator("producer"), custody.Detach, detach, waymark.Forbidden, keeps)
	s.accept("carrier", number, "")
	s.measure(500)
	s.logger.Pack(500) // held back: it makes the carrier's leg unknown
	s.measure(500)
	s.expectCondition(waymark.ConditionUnknown, "missing-messages")
	for _, by := range []string{"carrier", "retailer"} {
		scenario.Refused(s.Consortium, s.operator(by), custody.Detach, detach, waymark.Forbidden, waymark.DefaultDeny)
	}
	if a := again(s, s.operator("producer"), custody.Detach, detach); a.Detached == nil || a.Last != 4 || a.After != 0 || a.Seen != 1 {
		t.Errorf("detached %+v", a)
	}
	s.expectCondition(waymark.ConditionUnknown, "no-witness") // it is not asked any more
	s.Device("logger-c", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-c"))
	if v := s.view(); len(v.Attachments) != 2 || v.Handoffs[0].Condition != waymark.ConditionConformant {
		t.Errorf("witnesses %+v, the first leg %s", v.Attachments, v.Handoffs[0].Condition)
	}
	s.measure(4000) // of nothing
	if n := len(s.view().Excursions); n != 0 {
		t.Errorf("%d excursions by a device that is detached", n)
	}
	s.expectHistory("shipment.created", "shipment.device_attached", "handoff.offered", "handoff.accepted", "shipment.device_detached", "shipment.device_attached")
	scenario.Must(s.Consortium, s.operator("producer"), registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-1", To: "carrier", ExpiresAt: s.Now.Add(1e9)})
	scenario.Must(s.Consortium, s.operator("carrier"), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: "logger-1"})
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-1"), waymark.FailedPrecondition, waymark.ReasonAttached)
}

func TestWhatADetachedDeviceMeasuredOutsideStays(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(4000)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Detach, detach)
	s.expectCondition(waymark.ConditionNonConformant, "excursion", "no-witness")
}

func TestDetachRefuses(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.Device("logger-2", "producer")
	s.accept("carrier", s.offer("producer", "carrier"), "")
	for _, test := range []struct {
		give waymark.DetachDeviceRequest
		code waymark.Code
	}{
		{waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-2"}, waymark.FailedPrecondition},
		{waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-9"}, waymark.NotFound},
		{waymark.DetachDeviceRequest{Shipment: "s9", Device: "logger-1"}, waymark.NotFound},
		{waymark.DetachDeviceRequest{Shipment: "s1", Device: "a/b"}, waymark.Invalid},
	} {
		scenario.Refused(s.Consortium, s.operator("producer"), custody.Detach, test.give, test.code, "")
	}
}

// TestADeviceThatIsElsewhereStaysThere: a shipment that ended in an earlier version keeps
// witnesses that are not marked as detached.
func TestADeviceThatIsElsewhereStaysThere(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("retailer", s.offer("producer", "retailer"), "")
	s.put(ledger.WitnessKey("s1", "logger-1"), `{"shipment":"s1","device":"logger-1","owner":"producer"}`)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Create, createRequest("s2"))
	scenario.Must(s.Consortium, s.operator("producer"), custody.Attach, attachRequest("s2", "logger-1"))
	if _, tx, err := scenario.Endorse(s.Consortium, s.operator("producer"), custody.Detach, detach); err != nil || len(tx.Writes()) > 0 {
		t.Errorf("detached again: %v, writes %v", err, tx.Writes())
	}
}
