package telemetry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestTheCustodianHoldsWhatIsDisclosed(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	ship(c, d)
	early, earlyText := d.PackSealed(door())
	expect(t, c.Record(early), "recorded")
	h := scenario.Must(c, c.As("producer", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	if results, err := disclose(c, "carrier", earlyText); err != nil || results[0].Code != waymark.Forbidden || results[0].Reasons[0] != waymark.ReasonHolder {
		t.Errorf("to who is offered custody: %+v, %v", results, err)
	}
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "no temperature"})
	late, lateText := d.PackSealed(door())
	expect(t, c.Record(late), "recorded")
	if got := lacking(c, d.ID, 2); !slices.Equal(got, []string{"carrier", "producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	expect(t, mustDisclose(c, "carrier", lateText), "recorded")
	if got := lacking(c, d.ID, 2); !slices.Equal(got, []string{"producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	if got, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 2}); err != nil || got.Readings[0].Text != planted {
		t.Errorf("the custodian gets %+v, %v", got, err)
	}
	if _, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 1}); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("the custodian gets what was not disclosed to it: %v", err)
	}
	for _, q := range []waymark.DisclosedQuery{{Device: d.ID, Sequence: 2}, {Device: d.ID, Sequence: 2, Holder: "carrier"}} {
		if _, err := disclosedTo(c, "retailer", q); waymark.CodeOf(err) != waymark.Forbidden {
			t.Errorf("a party gets %v", err)
		}
	}
	if got, err := disclose(c, "retailer", lateText); err != nil || got[0].Code != waymark.Forbidden {
		t.Errorf("to the consignee: %+v, %v", got, err)
	}
	inTheOpen(c)
}

// What a device measured before it witnessed the shipment is not its custodian's, though it
// comes late.
func TestABacklogIsNotTheCustodians(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	message, text := d.PackSealed(door())
	c.Now = c.Now.Add(time.Hour)
	ship(c, d)
	h := scenario.Must(c, c.As("producer", waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.Number, Reservation: "unknown"})
	expect(t, c.Record(message), "recorded")
	if got := lacking(c, d.ID, 1); !slices.Equal(got, []string{"producer"}) {
		t.Errorf("%v lack the disclosures", got)
	}
	expect(t, mustDisclose(c, "carrier", text), "forbidden not-a-holder")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	if _, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 1, Holder: "producer"}); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("the custodian gets %v", err)
	}
}

// The former owner holds what its device measured, not the next one.
func TestDisclosuresStayWithTheOwnerOfThen(t *testing.T) {
	c := scenario.New(t)
	d := guarded(c, "logger-1")
	message, text := d.PackSealed(door())
	expect(t, c.Record(message), "recorded")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.OfferTransfer, waymark.OfferTransferRequest{Device: d.ID, To: "carrier", ExpiresAt: c.Now.Add(time.Hour)})
	scenario.Must(c, c.As("carrier", waymark.Operator), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: d.ID})
	expect(t, mustDisclose(c, "carrier", text), "forbidden not-a-holder")
	expect(t, mustDisclose(c, "producer", text), "recorded")
	if _, err := disclosedTo(c, "carrier", waymark.DisclosedQuery{Device: d.ID, Sequence: 1, Holder: "producer"}); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("the next owner gets %v", err)
	}
	if got, err := disclosedTo(c, "producer", waymark.DisclosedQuery{Device: d.ID, Sequence: 1}); err != nil || got.Readings[0].Text != planted {
		t.Errorf("the owner of then gets %+v, %v", got, err)
	}
}
