package custody_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/title"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// forge writes a record of the ledger that says something else of itself.
func forge[R any](key ledger.Key, change func(*R)) func(ledger.Ledger) error {
	return func(l ledger.Ledger) error {
		record, err := ledger.Require[R](l, key, "record")
		if err != nil {
			return err
		}
		change(record)
		return ledger.Save(l, key, record)
	}
}

// Two who may write what is of one shipment do not reach another by it: a record that says
// that it is of the other is not read.
func TestARecordThatSaysItIsAnothersIsNotRead(t *testing.T) {
	for name, write := range map[string]func(ledger.Ledger) error{
		"custody":          forge(ledger.CustodyKey("s1"), func(c *waymark.Custody) { c.Shipment = "s2" }),
		"title":            forge(ledger.TitleKey("s1"), func(t *waymark.Title) { t.Shipment = "s2" }),
		"a handoff":        forge(ledger.HandoffKey("s1", 1), func(h *waymark.Handoff) { h.Shipment = "s2" }),
		"another number":   forge(ledger.HandoffKey("s1", 1), func(h *waymark.Handoff) { h.Number = 2 }),
		"a title offer":    forge(ledger.TitleOfferKey("s1", 1), func(o *waymark.TitleOffer) { o.Shipment = "s2" }),
		"a shipment":       forge(ledger.ShipmentKey("s1"), func(s *waymark.Shipment) { s.ID = "s2" }),
		"a hold":           forge(ledger.HoldKey("s1", "quarantine"), func(h *waymark.Hold) { h.Shipment = "s2" }),
		"a hold of a kind": forge(ledger.HoldKey("s1", "quarantine"), func(h *waymark.Hold) { h.Kind = waymark.HoldDispute }),
		"a witness":        forge(ledger.WitnessKey("s1", "logger-1"), func(a *waymark.Attachment) { a.Shipment = "s2" }),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			scenario.Must(s.Consortium, s.operator("producer"), title.Offer, waymark.OfferTitleRequest{Shipment: "s1", To: "retailer", ExpiresAt: s.Now.Add(time.Hour)})
			n := s.offer("producer", "carrier")
			scenario.Must(s.Consortium, s.As("producer", waymark.Quality), custody.Hold, quarantine)
			if _, err := s.World.Submit(s.Tx(s.operator("producer")), write); err != nil {
				t.Fatal(err)
			}
			scenario.Refused(s.Consortium, s.As("producer", waymark.Viewer), custody.Get, waymark.ShipmentQuery{Shipment: "s1"}, waymark.Internal, "")
			if name == "a witness" {
				return // it is not asked for below
			}
			scenario.Refused(s.Consortium, s.operator("producer"), custody.Cancel, waymark.EndHandoffRequest{Shipment: "s1", Number: n, Reason: "x"}, waymark.Internal, "")
		})
	}
}
