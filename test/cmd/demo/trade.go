package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// What the retailer pays, in cents: four units, and less for each that is not as it should be.
const (
	currency = "EUR"
	units    = 4
	price    = 12_50
	missing  = 12_50
	damaged  = 5_00
)

// trade is what the second half of the story is about: a case of four items of one lot, and
// what is agreed on them.
type trade struct {
	lot   string
	items []waymark.Line
	crate string // an SSCC
}

// deal is one sale of the producer's to the retailer.
type deal struct {
	shipment string
	units    int64
}

func (d deal) value() int64 { return d.units * price }

// submit is a method of the client that writes.
type submit[Q, T any] = func(context.Context, Q, ...client.WriteOption) (client.Written[T], error)

// do submits, prints what was done and waits until every gateway knows.
func do[Q, T any](ctx context.Context, s *story, call submit[Q, T], request Q, format string, args ...any) (T, error) {
	written, err := call(ctx, request)
	if err != nil {
		return written.Result, err
	}
	s.done(written.Transaction, format, args...)
	return written.Result, app.Settle(ctx, written.Transaction.TxID, slices.Collect(maps.Values(s.apps))...)
}

// pack makes four items of a lot known and packs them: a thing is in one place.
func (s *story) pack(ctx context.Context) error {
	s.chapter("Goods: four items of a lot, packed into a case")
	s.trade.lot = waymark.Goods{GTIN: app.GTIN, Lot: "L-" + s.name}.String()
	s.trade.crate = fmt.Sprintf("urn:epc:id:sscc:9506000.3%09d", time.Now().UnixMilli()%1e9)
	commission := waymark.CommissionRequest{Lot: s.trade.lot}
	for n := range units {
		id := waymark.Item(app.GTIN, fmt.Sprintf("%s/%d", s.name, n+1)).String()
		commission.Items = append(commission.Items, id)
		s.trade.items = append(s.trade.items, waymark.Line{ID: id})
	}
	if _, err := do(ctx, s, s.apps["producer"].CommissionGoods, commission, "%d items of lot L-%s are known", units, s.name); err != nil {
		return err
	}
	pack := waymark.PackRequest{ID: "pack-" + s.name, Container: s.trade.crate, Lines: s.trade.items}
	if _, err := do(ctx, s, s.apps["producer"].PackGoods, pack, "packed into %s", s.trade.crate); err != nil {
		return err
	}
	pack.ID, pack.Container, pack.Lines = pack.ID+"-2", "urn:epc:id:sscc:9506000.3999999999", s.trade.items[:1]
	_, err := s.apps["producer"].PackGoods(ctx, pack)
	return s.refused("the producer packs one of them a second time", err, waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
}

// sell creates a shipment, has both parties agree on terms that nobody else sees, and the
// retailer put the money into escrow.
func (s *story) sell(ctx context.Context, d deal, lines ...waymark.Line) error {
	shipment := waymark.CreateShipmentRequest{ID: d.shipment, Consignee: "retailer", Arbiter: "auditor", Goods: lines}
	if _, err := do(ctx, s, s.apps["producer"].CreateShipment, shipment, "%s for the retailer", d.shipment); err != nil {
		return err
	}
	terms := waymark.Terms{Shipment: d.shipment, Issuer: "auditor", Currency: currency, Digits: 2, Units: d.units, Price: price,
		Exceptions: []waymark.ExceptionPenalty{{Reason: waymark.ExceptionMissing, Each: missing}, {Reason: waymark.ExceptionDamaged, Each: damaged}}}
	stored, err := do(ctx, s, s.apps["producer"].ProposeTerms, terms, "terms, to the peers of producer and retailer alone")
	if err != nil {
		return err
	}
	for _, party := range []string{"producer", "retailer"} {
		if _, err := do(ctx, s, s.apps[party].AgreeToTerms, waymark.AgreeTermsRequest{Shipment: d.shipment, SHA256: stored.SHA256}, "the %s agrees to %.16s...", party, stored.SHA256); err != nil {
			return err
		}
	}
	return s.fund(ctx, d)
}

func (s *story) fund(ctx context.Context, d deal) error {
	issue := waymark.IssueRequest{ID: "issue-" + d.shipment, Currency: currency, Digits: 2, To: "retailer", Amount: d.value()}
	issued, err := do(ctx, s, s.apps["auditor"].IssueMoney, issue, "the auditor, who keeps the money, issues %s to the retailer", cents(d.value()))
	if err != nil {
		return err
	}
	_, err = do(ctx, s, s.apps["retailer"].FundEscrow, waymark.FundEscrowRequest{Shipment: d.shipment, Issuer: "auditor", Currency: currency,
		Amount: d.value(), Notes: []string{issued.Made[0].ID}, RefundAfter: time.Now().Add(24 * time.Hour)}, "the retailer puts it into escrow")
	return err
}

// partial is a sale that is accepted in part, and settled by rule.
func (s *story) partial(ctx context.Context) error {
	s.chapter("A sale, at a price that only two members see: one item is missing, one is damaged")
	d := deal{"sale-" + s.name, units}
	if err := s.sell(ctx, d, waymark.Line{ID: s.trade.crate}); err != nil {
		return err
	}
	_, err := s.apps["carrier"].Terms(ctx, waymark.SettlementQuery{Shipment: d.shipment})
	if err := s.refused("the carrier reads the terms", err, waymark.Forbidden, waymark.DefaultDeny); err != nil {
		return err
	}
	exceptions := []waymark.Exception{{Goods: s.trade.items[0].ID, Reason: waymark.ExceptionMissing}, {Goods: s.trade.items[1].ID, Reason: waymark.ExceptionDamaged, Note: "crushed"}}
	if err := s.deliver(ctx, d, waymark.AcceptHandoffRequest{Exceptions: exceptions}, "accepts in part: 1 missing, 1 damaged"); err != nil {
		return err
	}
	settle := waymark.SettleRequest{Shipment: d.shipment}
	_, err = s.apps["producer"].SettleEscrow(ctx, settle)
	if err := s.refused("the producer wants its money while the retailer may still claim", err, waymark.FailedPrecondition, waymark.ReasonClaimWindow); err != nil {
		return err
	}
	if _, err := do(ctx, s, s.apps["retailer"].WaiveClaim, waymark.WaiveClaimRequest{Shipment: d.shipment, Number: 1, Reason: "as agreed"}, "the retailer has no more to claim"); err != nil {
		return err
	}
	paid, err := do(ctx, s, s.apps["producer"].SettleEscrow, settle, "settled by the rule")
	if err != nil {
		return err
	}
	return s.paidOut(paid.Settlement, d, d.value()-missing-damaged)
}

// deliver hands a sale over.
func (s *story) deliver(ctx context.Context, d deal, answer waymark.AcceptHandoffRequest, how string) error {
	offer := waymark.OfferHandoffRequest{Shipment: d.shipment, To: "retailer", ExpiresAt: time.Now().Add(time.Hour)}
	offered, err := do(ctx, s, s.apps["producer"].OfferHandoff, offer, "the producer offers it")
	if err != nil {
		return err
	}
	answer.Shipment, answer.Number = d.shipment, offered.Number
	_, err = do(ctx, s, s.apps["retailer"].AcceptHandoff, answer, "the retailer %s", how)
	return err
}

// paidOut prints a settlement, and fails unless it is what the terms say.
func (s *story) paidOut(got waymark.Settlement, d deal, due int64) error {
	if got.Paid != due || got.Refunded != d.value()-due {
		return fmt.Errorf("%s paid %s and refunded %s, want %s", d.shipment, cents(got.Paid), cents(got.Refunded), cents(due))
	}
	s.say("    of %s the producer gets %s, the retailer has %s back", cents(d.value()), cents(got.Paid), cents(got.Refunded))
	return nil
}

// dispute sells the item that stayed with the producer, and ends before the arbiter.
func (s *story) dispute(ctx context.Context) error {
	s.chapter("The missing item stayed with the producer: it is sold anew, and that ends in a dispute")
	d := deal{"resale-" + s.name, 1}
	if err := s.sell(ctx, d, s.trade.items[0]); err != nil {
		return err
	}
	if err := s.deliver(ctx, d, waymark.AcceptHandoffRequest{Reservation: "the label is torn"}, "accepts with a reservation"); err != nil {
		return err
	}
	if _, err := do(ctx, s, s.apps["retailer"].OpenDispute, waymark.OpenDisputeRequest{Shipment: d.shipment, Reason: "nobody buys it without a label"}, "the retailer disputes it"); err != nil {
		return err
	}
	photo := waymark.EvidenceItem{Name: "label.jpg", SHA256: fmt.Sprintf("%064x", 7)}
	if _, err := do(ctx, s, s.apps["retailer"].AddEvidence, waymark.AddEvidenceRequest{Shipment: d.shipment, Number: 1, Item: photo}, "with a photograph, by its hash"); err != nil {
		return err
	}
	_, err := s.apps["producer"].SettleEscrow(ctx, waymark.SettleRequest{Shipment: d.shipment})
	if err := s.refused("the producer wants its money", err, waymark.FailedPrecondition, waymark.ReasonDisputeOpen); err != nil {
		return err
	}
	const split = 10_00
	words := waymark.ResolveDisputeRequest{Shipment: d.shipment, Number: 1, Paid: split, Refunded: d.value() - split, Words: "fit for sale at a discount"}
	resolved, err := do(ctx, s, s.apps["auditor"].ResolveDispute, words, "the auditor, arbiter, splits the escrow")
	if err != nil {
		return err
	}
	return s.paidOut(waymark.Settlement{Paid: resolved.Paid, Refunded: resolved.Refunded}, d, split)
}

// recall stops a lot wherever it is, and lets it come back.
func (s *story) recall(ctx context.Context) error {
	s.chapter("The producer recalls the lot")
	if _, err := do(ctx, s, s.apps["producer"].RecallLot,
		waymark.RecallRequest{Lot: s.trade.lot, Reason: "the seal of the vials leaks", Reference: "recall-" + s.name}, "the lot is recalled; not one item is rewritten"); err != nil {
		return err
	}
	for e, err := range s.apps["producer"].AllTraced(ctx, waymark.TraceQuery{ID: s.trade.lot, Direction: waymark.TraceForward}) {
		if err != nil {
			return err
		}
		if e.Kind == waymark.TracedItem {
			s.say("    %s is with the %s", e.ID, e.Holder)
		}
	}
	onward := waymark.CreateShipmentRequest{ID: "onward-" + s.name, Consignee: "carrier", Goods: s.trade.items[:1]}
	_, err := s.apps["retailer"].CreateShipment(ctx, onward)
	if err := s.refused("the retailer ships one of them on", err, waymark.FailedPrecondition, waymark.ReasonRecall); err != nil {
		return err
	}
	back := waymark.CreateShipmentRequest{ID: "back-" + s.name, Consignee: "producer", Goods: s.trade.items[:1]}
	if _, err := do(ctx, s, s.apps["retailer"].CreateShipment, back, "but back to the producer it may go"); err != nil {
		return err
	}
	_, err = do(ctx, s, s.apps["producer"].LiftRecall,
		waymark.LiftRecallRequest{Lot: s.trade.lot, Reason: "a false alarm of the demo"}, "the recall is lifted")
	return err
}

// cents is an amount as a reader writes it.
func cents(amount int64) string { return fmt.Sprintf("%d.%02d %s", amount/100, amount%100, currency) }
