//go:build e2e

package e2e

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// deal is a shipment from producer to retailer with the auditor as arbiter, its terms, and
// money of the carrier.
type deal struct {
	id       string
	currency string
	terms    map[string]any
	units    int64
	price    int64 // of one unit: secret
	penalty  int64 // for each unit and degree below: secret
	salt     string
}

// newDeal creates a shipment with terms that are nowhere else, and its parties agree on them.
func newDeal(ctx context.Context, t *testing.T, currency string) *deal {
	t.Helper()
	d, stored := proposedDeal(ctx, t, currency)
	for _, party := range []string{"retailer", "producer"} {
		done(ctx, t, operator(t, party).AgreeToTerms, waymark.AgreeTermsRequest{Shipment: d.id, SHA256: stored.SHA256})
	}
	return d
}

// proposedDeal is a deal on whose terms nobody has agreed yet.
func proposedDeal(ctx context.Context, t *testing.T, currency string) (*deal, waymark.StoredTerms) {
	t.Helper()
	var salt [32]byte
	for i := range 4 {
		binary.BigEndian.PutUint64(salt[8*i:], rand.Uint64())
	}
	d := &deal{id: shipment(ctx, t, "auditor"), currency: currency, units: 13, salt: hex.EncodeToString(salt[:]),
		price: 2e12 + rand.Int64N(7e12), penalty: 1e11 + rand.Int64N(5e11)}
	d.terms = map[string]any{"issuer": "carrier", "currency": currency, "digits": 2, "units": d.units, "price": d.price, "salt": d.salt,
		"conditions": []map[string]any{{"condition": "c1", "side": "below", "per_unit_degree": d.penalty}}}
	return d, d.propose(ctx, t)
}

func (d *deal) at(path string) string { return "/v1/shipments/" + d.id + path }

func (d *deal) value() int64 { return d.units * d.price }

// propose has the producer propose the terms, and waits until every member knows.
func (d *deal) propose(ctx context.Context, t *testing.T) waymark.StoredTerms {
	t.Helper()
	stored, commit, err := app.Write[waymark.StoredTerms](ctx, operator(t, "producer"), http.MethodPut, d.at("/terms"), d.terms)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Changed { // else there is no transaction
		awaitEverywhere(ctx, t, commit)
	}
	return stored
}

func awaitEverywhere(ctx context.Context, t *testing.T, commit app.Commit) {
	t.Helper()
	for member := range local.at.Members {
		if err := app.Settle(ctx, commit.TxID, as(t, member, waymark.Viewer)); err != nil {
			t.Fatal(err)
		}
	}
}

// fund has the carrier issue the value to the retailer, which puts it into escrow.
func (d *deal) fund(ctx context.Context, t *testing.T, refundAfter time.Time, reference string) {
	t.Helper()
	issued, _ := done(ctx, t, operator(t, "carrier").IssueMoney,
		waymark.IssueRequest{ID: name("issue"), Currency: d.currency, Digits: 2, To: "retailer", Amount: d.value() + 1})
	e, _ := done(ctx, t, operator(t, "retailer").FundEscrow, waymark.FundEscrowRequest{Shipment: d.id, Issuer: "carrier", Currency: d.currency,
		Amount: d.value(), Notes: []string{issued.Made[0].ID}, RefundAfter: refundAfter, Reference: reference})
	if e.State != waymark.EscrowFunded || e.Payee != "producer" || e.Arbiter != "auditor" {
		t.Errorf("the escrow is %+v", e)
	}
}

// deliver has a logger measure, and the retailer accept with a reservation.
func (d *deal) deliver(ctx context.Context, t *testing.T, centiCelsius int64) {
	t.Helper()
	l := logger(ctx, t, attest.Ed25519)
	attach(ctx, t, d.id, l.ID())
	record(ctx, t, sign(t, l, attest.COSE, centiCelsius).Text())
	offer(ctx, t, d.id, "producer", "retailer")
	done(ctx, t, operator(t, "retailer").AcceptHandoff, waymark.AcceptHandoffRequest{Shipment: d.id, Number: 1, Reservation: "too cold"})
}

// balance is what a member's notes of a currency hold.
func balance(ctx context.Context, t *testing.T, member, currency string) int64 {
	t.Helper()
	notes, err := as(t, member, waymark.Viewer).ListNotes(ctx, waymark.NotesQuery{Issuer: "carrier", Currency: currency})
	if err != nil || notes.Cursor != "" || notes.Owner != member {
		t.Fatalf("notes of %s: %+v, %v", member, notes, err)
	}
	sum := int64(0)
	for _, n := range notes.Notes {
		sum += n.Amount
	}
	return sum
}

// conserved checks that there is as much money as was issued and not redeemed.
func conserved(ctx context.Context, t *testing.T, currency string, deals ...*deal) {
	t.Helper()
	awaitSameHeight(ctx, t)
	c, err := as(t, "auditor", waymark.Viewer).Currency(ctx, waymark.CurrencyQuery{Issuer: "carrier", Currency: currency})
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for member := range local.at.Members {
		sum += balance(ctx, t, member, currency)
	}
	for _, d := range deals {
		v, err := as(t, "auditor", waymark.Viewer).Settlement(ctx, waymark.SettlementQuery{Shipment: d.id})
		if err != nil {
			t.Fatal(err)
		}
		if v.Escrow != nil && v.Escrow.State == waymark.EscrowFunded {
			sum += v.Escrow.Amount
		}
	}
	if c.Issued-c.Redeemed != sum || sum == 0 {
		t.Errorf("issued %d, redeemed %d, and there is %d", c.Issued, c.Redeemed, sum)
	}
}

func newCurrency() string { return fmt.Sprintf("TEST%d", names.Add(1)) }

// plantedIn are the values of a deal that only its parties may have.
func (p *planted) plantedIn(t *testing.T, d *deal) {
	t.Helper()
	salt, err := hex.DecodeString(d.salt)
	if err != nil {
		t.Fatal(err)
	}
	p.hide(t, "the salt", salt)
	p.hide(t, "the salt in hex", []byte(d.salt))
	p.hide(t, "the price", strconv.AppendInt(nil, d.price, 10))
	p.hide(t, "the penalty", strconv.AppendInt(nil, d.penalty, 10))
	p.hide(t, "the price in bytes", binary.BigEndian.AppendUint64(nil, uint64(d.price))[2:])
}

// What is due follows from what the ledger found, by terms that nobody but the parties sees.
func TestSettlementByPrivateTerms(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	p, currency := &planted{}, newCurrency()
	d := newDeal(ctx, t, currency)
	p.plantedIn(t, d)
	if again := d.propose(ctx, t); again.Changed {
		t.Errorf("the same terms again change %+v", again)
	}
	reference := fmt.Sprintf("order-%016x", rand.Uint64())
	d.fund(ctx, t, time.Now().Add(time.Hour), reference)
	n, err := audit.NewNeedle(reference, []byte(reference))
	if err != nil {
		t.Fatal(err)
	}
	p.open = append(p.open, n)
	conserved(ctx, t, currency, d)
	d.deliver(ctx, t, 100) // a degree below
	d.notForOthers(ctx, t)

	settle := d.at("/escrow/settle")
	refused(ctx, t, operator(t, "producer"), settle, nil, waymark.FailedPrecondition, waymark.ReasonClaimWindow)
	done(ctx, t, operator(t, "retailer").WaiveClaim, waymark.WaiveClaimRequest{Shipment: d.id, Number: 1, Reason: "agreed"})
	due := d.value() - d.units*d.penalty
	paid, _ := done(ctx, t, operator(t, "producer").SettleEscrow, waymark.SettleRequest{Shipment: d.id})
	if paid.Settlement.Paid != due || paid.Settlement.Refunded != d.value()-due || paid.Settlement.Basis != waymark.BasisTerms {
		t.Errorf("paid out %+v, want %d", paid, due)
	}
	if again, _ := done(ctx, t, operator(t, "retailer").SettleEscrow, waymark.SettleRequest{Shipment: d.id}); again.Escrow.Changed.TxID != paid.Escrow.Changed.TxID {
		t.Errorf("settled again: %+v", again)
	}
	if producer, retailer := balance(ctx, t, "producer", currency), balance(ctx, t, "retailer", currency); producer != due || retailer != d.value()-due+1 {
		t.Errorf("the producer has %d and the retailer %d", producer, retailer)
	}
	conserved(ctx, t, currency, d)
	p.nowhereInBlocks(ctx, t)
	p.nowhereInFiles(t, "producer", "retailer")
	d.purge(ctx, t)
	p.nowhereInFiles(t, "producer", "retailer") // where a purge leaves the bytes until Fabric's databases are compacted
	d.redeem(ctx, t, due)
	conserved(ctx, t, currency, d)
}

// notForOthers checks that the terms are for the parties alone.
func (d *deal) notForOthers(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, party := range []string{"producer", "retailer"} {
		v, err := as(t, party, waymark.Viewer).Terms(ctx, waymark.SettlementQuery{Shipment: d.id})
		if err != nil || v.Terms.Price != d.price || v.Terms.Salt != d.salt {
			t.Errorf("%s reads %+v (%v)", party, v, err)
		}
	}
	for _, outsider := range []string{"carrier", "auditor"} {
		if _, err := as(t, outsider, waymark.Viewer).Terms(ctx, waymark.SettlementQuery{Shipment: d.id}); problemOf(err) != waymark.Forbidden {
			t.Errorf("%s reads the terms: %v", outsider, err)
		}
		if _, _, err := app.Write[any](ctx, operator(t, outsider), http.MethodPut, d.at("/terms"), d.terms); problemOf(err) != waymark.Forbidden {
			t.Errorf("%s proposes: %v", outsider, err)
		}
		refused(ctx, t, operator(t, outsider), d.at("/escrow/settle"), nil, waymark.Forbidden, "")
	}
}

// purge has both parties remove their terms for good.
func (d *deal) purge(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, party := range []string{"producer", "retailer"} {
		if stored, _ := done(ctx, t, operator(t, party).PurgeTerms, waymark.PurgeTermsRequest{Shipment: d.id}); !stored.Changed {
			t.Errorf("%s purged %+v", party, stored)
		}
		if v, err := as(t, party, waymark.Viewer).Terms(ctx, waymark.SettlementQuery{Shipment: d.id}); problemOf(err) != waymark.NotFound {
			t.Errorf("%s still reads %+v (%v)", party, v, err)
		}
	}
}

// redeem has the producer's money go back to its issuer, and end there.
func (d *deal) redeem(ctx context.Context, t *testing.T, amount int64) {
	t.Helper()
	notes, err := as(t, "producer", waymark.Viewer).ListNotes(ctx, waymark.NotesQuery{Issuer: "carrier", Currency: d.currency})
	if err != nil || len(notes.Notes) != 1 {
		t.Fatalf("the producer has %+v (%v)", notes, err)
	}
	back, _ := done(ctx, t, operator(t, "producer").TransferMoney, waymark.TransferMoneyRequest{ID: name("pay"), Issuer: "carrier",
		Currency: d.currency, To: "carrier", Amount: amount, Notes: []string{notes.Notes[0].ID}})
	done(ctx, t, operator(t, "carrier").RedeemMoney, waymark.RedeemRequest{ID: name("redeem"),
		Currency: d.currency, Amount: amount - 1, Notes: []string{back.Made[0].ID}})
	if left := balance(ctx, t, "carrier", d.currency); left != 1 {
		t.Errorf("the carrier has %d left", left)
	}
}

func problemOf(err error) waymark.Code {
	if p, ok := err.(*app.Problem); ok { //nolint:errorlint // app returns it as it is
		return p.Code
	}
	return ""
}

// A dispute freezes the escrow, and the arbiter splits it; without the issuer of the money no
// endorsement moves it.
func TestADisputeIsResolved(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	currency := newCurrency()
	d := newDeal(ctx, t, currency)
	d.fund(ctx, t, time.Now().Add(time.Hour), "order-8")
	d.deliver(ctx, t, 100)
	dispute, _ := done(ctx, t, operator(t, "retailer").OpenDispute, waymark.OpenDisputeRequest{Shipment: d.id, Reason: "all of it froze"})
	evidence := d.at(fmt.Sprintf("/disputes/%d/evidence", dispute.Number))
	post[waymark.Dispute](ctx, t, operator(t, "retailer"), evidence, map[string]any{"name": "photo.jpg", "sha256": fmt.Sprintf("%064x", 1)})
	post[waymark.Dispute](ctx, t, operator(t, "producer"), evidence, map[string]any{"name": "our handoff", "handoff": 1})
	refused(ctx, t, operator(t, "auditor"), evidence, map[string]any{"name": "mine", "handoff": 1}, waymark.Forbidden, "")
	refused(ctx, t, operator(t, "producer"), d.at("/escrow/settle"), nil, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)
	refused(ctx, t, operator(t, "retailer"), d.at("/escrow/refund"), nil, waymark.FailedPrecondition, waymark.ReasonDisputeOpen)

	paid := d.value() / 3
	resolution := waymark.ResolveDisputeRequest{Shipment: d.id, Number: dispute.Number, Paid: paid, Refunded: d.value() - paid, Words: "a third is fit for use"}
	resolve := d.at(fmt.Sprintf("/disputes/%d/resolve", dispute.Number))
	body := map[string]any{"paid": resolution.Paid, "refunded": resolution.Refunded, "words": resolution.Words}
	refused(ctx, t, operator(t, "retailer"), resolve, body, waymark.Forbidden, "")
	refused(ctx, t, operator(t, "auditor"), resolve, map[string]any{"paid": 1, "refunded": 1, "words": "x"}, waymark.FailedPrecondition, waymark.ReasonSplit)
	request, err := json.Marshal(resolution)
	if err != nil {
		t.Fatal(err)
	}
	code, err := audit.SubmitEndorsedBy(ctx, local.at, "auditor", waymark.Operator, waymark.SettlementResolve, string(request), "auditor", "producer", "retailer")
	if err != nil || code != "ENDORSEMENT_POLICY_FAILURE" {
		t.Errorf("without the issuer's endorsement: %s (%v), want ENDORSEMENT_POLICY_FAILURE", code, err)
	}
	post[waymark.Dispute](ctx, t, operator(t, "auditor"), resolve, body)
	if producer := balance(ctx, t, "producer", currency); producer != paid {
		t.Errorf("the producer has %d, want %d", producer, paid)
	}
	conserved(ctx, t, currency, d)
}

// What is void is paid back at once, and what was never accepted after the date.
func TestAnEscrowIsRefunded(t *testing.T) {
	t.Parallel() // it waits, for the most part
	ctx := limit(t, 2*time.Minute)
	currency := newCurrency()
	d := newDeal(ctx, t, currency)
	date := time.Now().Add(20 * time.Second) // enough to fund it, however slow the network is
	d.fund(ctx, t, date, "order-9")
	time.Sleep(time.Until(date) + time.Second)
	paid, _ := done(ctx, t, operator(t, "retailer").RefundEscrow, waymark.EscrowRequest{Shipment: d.id})
	if paid.Settlement.Basis != waymark.BasisRefund || balance(ctx, t, "retailer", currency) != d.value()+1 {
		t.Errorf("refunded %+v", paid)
	}
	void := newDeal(ctx, t, currency)
	void.fund(ctx, t, time.Now().Add(time.Hour), "order-11")
	refused(ctx, t, operator(t, "retailer"), void.at("/escrow/refund"), nil, waymark.FailedPrecondition, waymark.ReasonEscrow) // before its date
	done(ctx, t, operator(t, "producer").VoidShipment, waymark.VoidShipmentRequest{Shipment: void.id, Reason: "sold out"})
	done(ctx, t, operator(t, "retailer").RefundEscrow, waymark.EscrowRequest{Shipment: void.id})
	conserved(ctx, t, currency, d, void)
}

// P9 for money: the same request on the same state gives the same bytes at every member.
func TestEndorsersAgreeOnMoney(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	currency, later := newCurrency(), time.Now().Add(time.Hour).UTC()
	disputed, agreed := newDeal(ctx, t, currency), newDeal(ctx, t, currency)
	disputed.fund(ctx, t, later, "order-10")
	issued, _ := done(ctx, t, operator(t, "carrier").IssueMoney, waymark.IssueRequest{ID: name("issue"), Currency: currency, Digits: 2, To: "retailer", Amount: 100})
	notes := []string{issued.Made[0].ID}
	disputed.deliver(ctx, t, 100)
	done(ctx, t, operator(t, "retailer").OpenDispute, waymark.OpenDisputeRequest{Shipment: disputed.id, Reason: "cold"})
	resolution := waymark.ResolveDisputeRequest{Shipment: disputed.id, Number: 1, Paid: 1, Refunded: disputed.value() - 1, Words: "so"}
	awaitSameHeight(ctx, t)
	for _, c := range []struct {
		member  string
		tx      waymark.Transaction
		request any
	}{
		{"carrier", waymark.AccountsIssue, waymark.IssueRequest{ID: name("issue"), Currency: currency, Digits: 2, To: "producer", Amount: 7}},
		{"retailer", waymark.AccountsTransfer, waymark.TransferMoneyRequest{ID: name("pay"), Issuer: "carrier", Currency: currency, To: "producer", Amount: 60, Notes: notes}},
		{"auditor", waymark.AccountsCurrency, waymark.CurrencyQuery{Issuer: "carrier", Currency: currency}},
		{"retailer", waymark.AccountsNotes, waymark.NotesQuery{Issuer: "carrier", Currency: currency}},
		{"retailer", waymark.SettlementFund, waymark.FundEscrowRequest{Shipment: agreed.id, Issuer: "carrier", Currency: currency, Amount: 60, Notes: notes, RefundAfter: later}},
		{"producer", waymark.SettlementAddEvidence, waymark.AddEvidenceRequest{Shipment: disputed.id, Number: 1, Item: waymark.EvidenceItem{Name: "handoff", Handoff: 1}}},
		{"retailer", waymark.SettlementWithdraw, waymark.WithdrawDisputeRequest{Shipment: disputed.id, Number: 1, Reason: "no"}},
		{"auditor", waymark.SettlementResolve, resolution},
		{"auditor", waymark.SettlementGet, waymark.SettlementQuery{Shipment: disputed.id}},
	} {
		request, err := json.Marshal(c.request)
		if err != nil {
			t.Fatal(err)
		}
		payloads, err := audit.EndorseEverywhere(ctx, local.at, c.member, waymark.Operator, c.tx, string(request))
		if err != nil {
			t.Errorf("%s: %v", c.tx, err)
			continue
		}
		for member, payload := range payloads {
			if string(payload) != string(payloads["auditor"]) {
				t.Errorf("%s: %s and the auditor endorse different bytes", c.tx, member)
			}
		}
	}
}
