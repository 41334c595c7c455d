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

// TestABrokenLedgerDecidesNothing fails every call of the ledger, one after another.
func TestABrokenLedgerDecidesNothing(t *testing.T) {
	s := newStory(t)
	producer := s.operator("producer")
	s.Device("logger-2", "producer")
	s.measure(500)
	scenario.Sweep(s.Consortium, producer, custody.Create, createRequest("s2"))
	scenario.Sweep(s.Consortium, producer, custody.Create, createRequest("s1"))
	scenario.Sweep(s.Consortium, producer, custody.Attach, attachRequest("s1", "logger-2"))
	scenario.Sweep(s.Consortium, producer, custody.Attach, attachRequest("s1", "logger-1"))
	scenario.Sweep(s.Consortium, producer, custody.Offer, s.offerRequest("carrier"))
	s.offer("producer", "carrier")
	s.Now = s.Now.Add(2 * time.Hour)
	scenario.Sweep(s.Consortium, producer, custody.Offer, s.offerRequest("carrier"))
	s.accept("carrier", s.offer("producer", "carrier"), "")
	s.measure(500)
	number := s.offer("carrier", "retailer")
	scenario.Sweep(s.Consortium, s.operator("retailer"), custody.Accept, acceptRequest(number, ""))
	scenario.Sweep(s.Consortium, s.operator("retailer"), custody.Reject, endRequest(number))
	scenario.Sweep(s.Consortium, s.operator("carrier"), custody.Cancel, endRequest(number))
	scenario.Sweep(s.Consortium, producer, custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	scenario.Sweep(s.Consortium, producer, custody.History, waymark.ShipmentQuery{Shipment: "s1"})
}

// The same of an acceptance with evidence and exceptions, and of what it opens.
func TestABrokenLedgerBelievesNothing(t *testing.T) {
	s := newAttestedStory(t, sealed)
	a := s.Authority("carrier", true)
	d := s.NewDevice("scanner-2", "carrier")
	scenario.Must(s.Consortium, s.As("carrier", waymark.Relay), registry.Join, a.Join(d, a.Issue(d, nil)))
	r := s.request("scuffed", s.logger.Attest(s.handoff, nil), d.Attest(s.handoff, seals("S1=intact S2=broken S3=applied")))
	r.Exceptions = []waymark.Exception{{Goods: linkOf("1"), Reason: waymark.ExceptionMissing}}
	carrier := s.operator("carrier")
	scenario.Sweep(s.Consortium, carrier, custody.Accept, r)
	s.take(r)
	scenario.Sweep(s.Consortium, carrier, custody.Accept, r)
	scenario.Sweep(s.Consortium, carrier, custody.WaiveClaim, waiveRequest(1, "fine"))
	scenario.Sweep(s.Consortium, carrier, custody.Get, waymark.ShipmentQuery{Shipment: "s1"})
	scenario.Sweep(s.Consortium, carrier, custody.History, waymark.ShipmentQuery{Shipment: "s1"})
}

// TestAHandoffThatCannotBeReadIsAnError: the records are ours alone, so one that
// cannot be read is a fault and no history is told around it.
func TestAHandoffThatCannotBeReadIsAnError(t *testing.T) {
	s := newStory(t)
	s.offer("producer", "carrier")
	whole := s.World.Value(ledger.HandoffKey("s1", 1).String())
	for _, value := range []string{`{"number":"one"}`, string(whole)} {
		if _, err := s.World.Submit(s.Tx(s.operator("producer")), func(l ledger.Ledger) error {
			return l.Put(ledger.HandoffKey("s1", 1), []byte(value))
		}); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := scenario.Endorse(s.Consortium, s.operator("producer"), custody.History, waymark.ShipmentQuery{Shipment: "s1"})
	if waymark.CodeOf(err) != waymark.Internal {
		t.Errorf("got %v", err)
	}
}
