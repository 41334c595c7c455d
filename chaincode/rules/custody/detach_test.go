package custody_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
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
	s.expectCondition(waymark.ConditionUnknown, "missing-messages", "no-witness") // it takes no gap away
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

// TestWhoHasTheGoodsSendsAFormerCarriersDeviceBack: a device that a carrier left attached, silent or
// not, has no say for ever. Those of consignor and title holder stay with the goods.
func TestWhoHasTheGoodsSendsAFormerCarriersDeviceBack(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	left := s.Device("logger-c", "carrier")
	scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-c"))
	back := waymark.DetachDeviceRequest{Shipment: "s1", Device: "logger-c"}
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.Detach, back, waymark.Forbidden, "custodian-keeps-its-witnesses")
	s.measure(500)
	s.Record(left.Pack(500))
	s.accept("auditor", s.offer("carrier", "auditor"), "")
	s.measure(500)
	s.expectCondition(waymark.ConditionUnknown, "silent-witness")
	for _, by := range []string{"producer", "retailer"} {
		scenario.Refused(s.Consortium, s.operator(by), custody.Detach, back, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(s.Consortium, s.operator("auditor"), custody.Detach, detach, waymark.Forbidden, waymark.DefaultDeny) // of the consignor
	left.Pack(500)                                                                                                        // held back by the carrier
	s.Record(left.Pack(4000))
	again(s, s.operator("auditor"), custody.Detach, back)
	s.expectCondition(waymark.ConditionNonConformant, "excursion", "missing-messages") // it takes away nothing that it told
	s.accept("carrier", s.offer("auditor", "carrier"), "so they say")
	s.measure(500)
	s.expectCondition(waymark.ConditionNonConformant, "excursion")
}

func TestWhatADetachedDeviceMeasuredOutsideStays(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(4000)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Detach, detach)
	s.expectCondition(waymark.ConditionNonConformant, "excursion", "no-witness")
}

// TestADetachedDeviceHidesNoBrokenBudget: not in the middle of a leg, and not on the legs after it.
func TestADetachedDeviceHidesNoBrokenBudget(t *testing.T) {
	for _, rule := range []waymark.Condition{warmBudget(waymark.BudgetCumulative), warmBudget(waymark.BudgetConsecutive), mkt("8")} {
		s := storyOf(t, rule)
		s.after(time.Minute, 500)
		s.accept("carrier", s.offer("producer", "carrier"), "")
		cool := s.Device("logger-c", "carrier")
		scenario.Must(s.Consortium, s.operator("carrier"), custody.Attach, attachRequest("s1", "logger-c"))
		for _, warm := range []int64{900, 900, 900, 900, 900, 500} {
			s.Now = s.Now.Add(30 * time.Minute)
			s.Record(s.logger.Pack(warm), cool.Pack(500))
		}
		before := s.view()
		s.expectCondition(waymark.ConditionNonConformant, before.Reasons...)
		scenario.Must(s.Consortium, s.operator("producer"), custody.Detach, detach)
		s.expectCondition(waymark.ConditionNonConformant, before.Reasons...)
		if f := s.rule(rule.ID); f.OutsideMS != before.Verdict.Rules[0].OutsideMS || len(f.Devices) != 2 {
			t.Errorf("found %+v, and before %+v", f, before.Verdict.Rules[0])
		}
		s.accept("retailer", s.offer("carrier", "retailer"), "too warm")
		if v := s.view().Verdict; v.State != waymark.ConditionNonConformant || v.Rules[0].OutsideMS != before.Verdict.Rules[0].OutsideMS {
			t.Errorf("accepted as %s: %+v", v.State, v.Rules)
		}
	}
}

// TestAnExcursionThatNobodyCloses is closed by the end of the device's time as a witness.
func TestAnExcursionThatNobodyCloses(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(4000)
	scenario.Must(s.Consortium, s.operator("producer"), custody.Detach, detach)
	if e := s.view().Excursions[0]; e.State != waymark.ExcursionClosed {
		t.Errorf("excursion %+v", e)
	}
	scenario.Must(s.Consortium, s.As("retailer", waymark.Quality), custody.ReleaseExcursion, releaseRequest(2))

	s = newStory(t)
	s.measure(4000)
	s.accept("retailer", s.offer("producer", "retailer"), "too warm")
	if e := s.view().Excursions[0]; e.State != waymark.ExcursionClosed { // with the journey
		t.Errorf("excursion %+v", e)
	}

	s = storyOf(t, warmBudget(waymark.BudgetCumulative))
	s.after(time.Minute, 500)
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.after(time.Minute, 900)
	s.expectCondition(waymark.ConditionExcursionOpen, "excursion-open")
	scenario.Must(s.Consortium, s.operator("producer"), custody.Detach, detach)
	s.expectCondition(waymark.ConditionUnknown, "no-witness", "unknown-time")
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
