package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
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

func (d deal) path(rest string) string { return "/v1/shipments/" + d.shipment + rest }

func (d deal) value() int64 { return d.units * price }

// write submits as a member's operator, prints what was done and waits until every gateway knows.
func write[T any](ctx context.Context, s *story, by, method, path string, body any, format string, args ...any) (T, error) {
	result, commit, err := app.Write[T](ctx, s.apps[by], method, path, body)
	if err != nil {
		return result, err
	}
	s.done(commit, format, args...)
	return result, app.Settle(ctx, commit.TxID, slices.Collect(maps.Values(s.apps))...)
}

func (s *story) attempt(ctx context.Context, by, path string, body any) error {
	_, _, err := app.Write[any](ctx, s.apps[by], http.MethodPost, path, body)
	return err
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
	if _, err := write[waymark.Commissioned](ctx, s, "producer", http.MethodPost, "/v1/goods:commission", commission, "%d items of lot L-%s are known", units, s.name); err != nil {
		return err
	}
	pack := waymark.PackRequest{ID: "pack-" + s.name, Container: s.trade.crate, Lines: s.trade.items}
	if _, err := write[waymark.Act](ctx, s, "producer", http.MethodPost, "/v1/goods:pack", pack, "packed into %s", s.trade.crate); err != nil {
		return err
	}
	pack.ID, pack.Container, pack.Lines = pack.ID+"-2", "urn:epc:id:sscc:9506000.3999999999", s.trade.items[:1]
	return s.refused("the producer packs one of them a second time", s.attempt(ctx, "producer", "/v1/goods:pack", pack), waymark.FailedPrecondition, waymark.ReasonGoodsPlace)
}

// sell creates a shipment, has both parties agree on terms that nobody else sees, and the
// retailer put the money into escrow.
func (s *story) sell(ctx context.Context, d deal, lines ...waymark.Line) error {
	shipment := waymark.CreateShipmentRequest{ID: d.shipment, Consignee: "retailer", Arbiter: "auditor", Goods: lines, Conditions: []waymark.Condition{}}
	if _, err := write[waymark.Shipment](ctx, s, "producer", http.MethodPost, "/v1/shipments", shipment, "%s for the retailer", d.shipment); err != nil {
		return err
	}
	terms := waymark.Terms{Issuer: "auditor", Currency: currency, Digits: 2, Units: d.units, Price: price,
		Exceptions: []waymark.ExceptionPenalty{{Reason: waymark.ExceptionMissing, Each: missing}, {Reason: waymark.ExceptionDamaged, Each: damaged}}}
	body := map[string]any{"issuer": terms.Issuer, "currency": terms.Currency, "digits": terms.Digits, "units": terms.Units, "price": terms.Price, "exceptions": terms.Exceptions}
	stored, err := write[waymark.StoredTerms](ctx, s, "producer", http.MethodPut, d.path("/terms"), body, "terms, to the peers of producer and retailer alone")
	if err != nil {
		return err
	}
	for _, party := range []string{"producer", "retailer"} {
		if _, err := write[waymark.Agreement](ctx, s, party, http.MethodPost, d.path("/terms/agree"), map[string]string{"sha256": stored.SHA256}, "the %s agrees to %.16s...", party, stored.SHA256); err != nil {
			return err
		}
	}
	return s.fund(ctx, d)
}

func (s *story) fund(ctx context.Context, d deal) error {
	issued, err := write[waymark.Payment](ctx, s, "auditor", http.MethodPost, "/v1/payments:issue", map[string]any{"id": "issue-" + d.shipment,
		"currency": currency, "digits": 2, "to": "retailer", "amount": d.value()}, "the auditor, who keeps the money, issues %s to the retailer", cents(d.value()))
	if err != nil {
		return err
	}
	_, err = write[waymark.Escrow](ctx, s, "retailer", http.MethodPost, d.path("/escrow"), map[string]any{"issuer": "auditor", "currency": currency,
		"amount": d.value(), "notes": []string{issued.Made[0].ID}, "refund_after": time.Now().Add(24 * time.Hour).UTC()}, "the retailer puts it into escrow")
	return err
}

// partial is a sale that is accepted in part, and settled by rule.
func (s *story) partial(ctx context.Context) error {
	s.chapter("A sale, at a price that only two members see: one item is missing, one is damaged")
	d := deal{"sale-" + s.name, units}
	if err := s.sell(ctx, d, waymark.Line{ID: s.trade.crate}); err != nil {
		return err
	}
	_, err := app.Read[waymark.TermsView](ctx, s.apps["carrier"], d.path("/terms"))
	if err := s.refused("the carrier reads the terms", err, waymark.Forbidden, waymark.DefaultDeny); err != nil {
		return err
	}
	exceptions := []waymark.Exception{{Goods: s.trade.items[0].ID, Reason: waymark.ExceptionMissing}, {Goods: s.trade.items[1].ID, Reason: waymark.ExceptionDamaged, Note: "crushed"}}
	if err := s.deliver(ctx, d, map[string]any{"exceptions": exceptions}, "accepts in part: 1 missing, 1 damaged"); err != nil {
		return err
	}
	if err := s.refused("the producer wants its money while the retailer may still claim", s.attempt(ctx, "producer", d.path("/escrow/settle"), nil), waymark.FailedPrecondition, waymark.ReasonClaimWindow); err != nil {
		return err
	}
	if _, err := write[waymark.Discrepancy](ctx, s, "retailer", http.MethodPost, d.path("/handoffs/1/waive-claim"), map[string]string{"reason": "as agreed"}, "the retailer has no more to claim"); err != nil {
		return err
	}
	paid, err := write[waymark.Payout](ctx, s, "producer", http.MethodPost, d.path("/escrow/settle"), nil, "settled by the rule")
	if err != nil {
		return err
	}
	return s.paidOut(paid.Settlement, d, d.value()-missing-damaged)
}

// deliver hands a sale over.
func (s *story) deliver(ctx context.Context, d deal, answer map[string]any, how string) error {
	offer := map[string]any{"to": "retailer", "expires_at": time.Now().Add(time.Hour).UTC()}
	if _, err := write[waymark.Handoff](ctx, s, "producer", http.MethodPost, d.path("/handoffs"), offer, "the producer offers it"); err != nil {
		return err
	}
	_, err := write[waymark.Handoff](ctx, s, "retailer", http.MethodPost, d.path("/handoffs/1/accept"), answer, "the retailer %s", how)
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
	if err := s.deliver(ctx, d, map[string]any{"reservation": "the label is torn"}, "accepts with a reservation"); err != nil {
		return err
	}
	if _, err := write[waymark.Dispute](ctx, s, "retailer", http.MethodPost, d.path("/disputes"), map[string]string{"reason": "nobody buys it without a label"}, "the retailer disputes it"); err != nil {
		return err
	}
	photo := map[string]any{"name": "label.jpg", "sha256": fmt.Sprintf("%064x", 7)}
	if _, err := write[waymark.Dispute](ctx, s, "retailer", http.MethodPost, d.path("/disputes/1/evidence"), photo, "with a photograph, by its hash"); err != nil {
		return err
	}
	if err := s.refused("the producer wants its money", s.attempt(ctx, "producer", d.path("/escrow/settle"), nil), waymark.FailedPrecondition, waymark.ReasonDisputeOpen); err != nil {
		return err
	}
	const split = 10_00
	words := map[string]any{"paid": split, "refunded": d.value() - split, "words": "fit for sale at a discount"}
	resolved, err := write[waymark.Dispute](ctx, s, "auditor", http.MethodPost, d.path("/disputes/1/resolve"), words, "the auditor, arbiter, splits the escrow")
	if err != nil {
		return err
	}
	return s.paidOut(waymark.Settlement{Paid: resolved.Paid, Refunded: resolved.Refunded}, d, split)
}

// recall stops a lot wherever it is, and lets it come back.
func (s *story) recall(ctx context.Context) error {
	s.chapter("The producer recalls the lot")
	if _, err := write[waymark.LotRecalls](ctx, s, "producer", http.MethodPost, "/v1/goods:recall",
		waymark.RecallRequest{Lot: s.trade.lot, Reason: "the seal of the vials leaks", Reference: "recall-" + s.name}, "the lot is recalled; not one item is rewritten"); err != nil {
		return err
	}
	entries, err := app.Read[waymark.Trace](ctx, s.apps["producer"], "/v1/goods/trace?direction=forward&limit=100&id="+url.QueryEscape(s.trade.lot))
	if err != nil {
		return err
	}
	for _, e := range entries.Entries {
		if e.Kind == waymark.TracedItem {
			s.say("    %s is with the %s", e.ID, e.Holder)
		}
	}
	onward := waymark.CreateShipmentRequest{ID: "onward-" + s.name, Consignee: "carrier", Goods: s.trade.items[:1], Conditions: []waymark.Condition{}}
	if err := s.refused("the retailer ships one of them on", s.attempt(ctx, "retailer", "/v1/shipments", onward), waymark.FailedPrecondition, waymark.ReasonRecall); err != nil {
		return err
	}
	back := waymark.CreateShipmentRequest{ID: "back-" + s.name, Consignee: "producer", Goods: s.trade.items[:1], Conditions: []waymark.Condition{}}
	if _, err := write[waymark.Shipment](ctx, s, "retailer", http.MethodPost, "/v1/shipments", back, "but back to the producer it may go"); err != nil {
		return err
	}
	_, err = write[waymark.LotRecalls](ctx, s, "producer", http.MethodPost, "/v1/goods:lift-recall",
		waymark.LiftRecallRequest{Lot: s.trade.lot, Reason: "a false alarm of the demo"}, "the recall is lifted")
	return err
}

// cents is an amount as a reader writes it.
func cents(amount int64) string { return fmt.Sprintf("%d.%02d %s", amount/100, amount%100, currency) }
