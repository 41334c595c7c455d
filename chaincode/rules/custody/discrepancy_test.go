package custody_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// forget takes a member out of the record of handoff 1.
func (s *story) forget(member string) {
	s.T.Helper()
	key := ledger.HandoffKey("s1", 1)
	var record map[string]any
	if err := json.Unmarshal(s.World.Value(key.String()), &record); err != nil {
		s.T.Fatal(err)
	}
	delete(record, member)
	if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error { return ledger.Save(l, key, &record) }); err != nil {
		s.T.Fatal(err)
	}
}

func waiveRequest(number uint64, reason string) waymark.WaiveClaimRequest {
	return waymark.WaiveClaimRequest{Shipment: "s1", Number: number, Reason: reason}
}

func (s *story) discrepancies() []waymark.Discrepancy {
	s.T.Helper()
	found, err := custody.Discrepancies(s.World.Begin(s.Tx(s.operator("producer"))), "s1")
	if err != nil {
		s.T.Fatal(err)
	}
	return found
}

func TestAReservationOpensADiscrepancy(t *testing.T) {
	s := newStory(t)
	s.accept("carrier", s.offer("producer", "carrier"), "no reading yet")
	at := s.Now
	s.measure(500)
	s.accept("retailer", s.offer("carrier", "retailer"), "")
	d := s.discrepancies()
	if len(d) != 1 || d[0].Handoff != 1 || d[0].By != "carrier" || !d[0].ClaimUntil.Equal(at.Add(7*24*time.Hour)) || d[0].Waived != nil {
		t.Fatalf("discrepancies %+v", d)
	}
	if !reflect.DeepEqual(s.view().Discrepancies, d) {
		t.Errorf("shown are %+v", s.view().Discrepancies)
	}
	for after, open := range map[time.Duration]bool{0: true, 7 * 24 * time.Hour: true, 7*24*time.Hour + 1: false} {
		if d[0].Open(at.Add(after)) != open {
			t.Errorf("open %s later: %t", after, !open)
		}
	}
}

func TestTheClaimWindowIsTheShipments(t *testing.T) {
	for seconds, valid := range map[int64]bool{-1: false, 0: true, 1: false, 59: false, 60: true, 90 * 24 * 3600: true, 90*24*3600 + 1: false} {
		r := createRequest("s2")
		r.ClaimSeconds = seconds
		if err := r.Validate(); (err == nil) != valid {
			t.Errorf("%d seconds: %v", seconds, err)
		}
	}
	s := newAttestedStory(t, func(r *waymark.CreateShipmentRequest) { r.ClaimSeconds = 60 })
	s.take(s.request("unheard"))
	if d := s.discrepancies(); !d[0].ClaimUntil.Equal(s.Now.Add(time.Minute)) {
		t.Errorf("discrepancies %+v", d)
	}
}

func TestTheAcceptorWaivesItsClaim(t *testing.T) {
	s := newStory(t)
	number := s.offer("producer", "carrier")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, "fine"), waymark.NotFound, "")
	s.accept("carrier", number, "no reading yet")
	for _, by := range []string{"producer", "retailer", "auditor", "stranger"} {
		scenario.Refused(s.Consortium, s.operator(by), custody.WaiveClaim, waiveRequest(number, "fine"), waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(s.Consortium, s.As("carrier", waymark.Viewer), custody.WaiveClaim, waiveRequest(number, "fine"), waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, ""), waymark.Invalid, "")
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(9, "fine"), waymark.NotFound, "")
	s.Now = s.Now.Add(time.Hour)
	d := scenario.Must(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, "fine"))
	if d.Waived == nil || d.Waived.Reason != "fine" || d.Waived.By.Member != "carrier" || d.Open(s.Now) {
		t.Errorf("waived %+v", d)
	}
	s.Now = s.Now.Add(time.Hour)
	again, tx, err := scenario.Endorse(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, "fine"))
	if err != nil || !reflect.DeepEqual(again, d) || len(tx.Writes()) > 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, "really"), waymark.FailedPrecondition, "claim-closed")
	what, _ := s.history()
	if want := []string{"shipment.created", "shipment.device_attached", "handoff.offered", "handoff.accepted", "discrepancy.opened", "claim.waived"}; !reflect.DeepEqual(what, want) {
		t.Errorf("history %v", what)
	}
}

func TestAClaimIsWaivedInItsWindow(t *testing.T) {
	s := newStory(t)
	number := s.offer("producer", "carrier")
	s.accept("carrier", number, "no reading yet")
	s.Now = s.Now.Add(7*24*time.Hour + time.Millisecond)
	scenario.Refused(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, "late"), waymark.FailedPrecondition, "claim-closed")
	s.Now = s.Now.Add(-time.Millisecond)
	scenario.Must(s.Consortium, s.operator("carrier"), custody.WaiveClaim, waiveRequest(number, "in time"))
}

func TestTheEventOfAnAcceptanceTellsTheDiscrepancy(t *testing.T) {
	s := newStory(t)
	s.measure(500)
	r := acceptRequest(s.offer("producer", "carrier"), "")
	accept := func() waymark.HandoffEvent {
		emitted, err := s.World.Clone().Submit(s.Tx(s.operator("carrier")), func(l ledger.Ledger) error {
			_, err := custody.Accept(l, r)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var event waymark.HandoffEvent
		if err := json.Unmarshal(emitted.Payload, &event); err != nil || emitted.Name != waymark.EventHandoffAccepted {
			t.Fatalf("event %s %s, %v", emitted.Name, emitted.Payload, err)
		}
		return event
	}
	if e := accept(); e.Discrepancy != nil || e.To != "carrier" {
		t.Errorf("event %+v", e)
	}
	r.Exceptions = []waymark.Exception{{Goods: linkOf("2"), Reason: waymark.ExceptionMissing}}
	if e := accept(); e.Discrepancy == nil || e.Discrepancy.Counts != (waymark.ExceptionCounts{Missing: 1}) || !e.Discrepancy.ClaimUntil.Equal(s.Now.Add(7*24*time.Hour)) {
		t.Errorf("event %+v", e.Discrepancy)
	}
}
