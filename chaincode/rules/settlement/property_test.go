package settlement_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/settlement"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// history is a story in which anybody tries anything.
type history struct {
	*story
	t       *rapid.T
	acts    int
	reached map[waymark.Basis]bool
}

var everybody = []string{"producer", "carrier", "retailer", "auditor"}

// someone is who acts next, mostly with a role that may.
func (h *history) someone() ledger.Caller {
	role := rapid.SampledFrom([]waymark.Role{waymark.Operator, waymark.Operator, waymark.Operator, waymark.Admin, waymark.Viewer, waymark.Relay}).Draw(h.t, "role")
	return h.As(rapid.SampledFrom(everybody).Draw(h.t, "member"), role)
}

// amount is around what there is: nothing is above the price times four.
func (h *history) amount() int64 { return rapid.Int64Range(1, 2*price).Draw(h.t, "amount") }

// notes are some notes of a member, its own or another's.
func (h *history) notes(member string) (ids []string) {
	if rapid.IntRange(0, 9).Draw(h.t, "of another") == 0 {
		member = rapid.SampledFrom(everybody).Draw(h.t, "whose")
	}
	for _, key := range h.World.Keys() {
		if parts := strings.Split(key, "/"); parts[0] == "note" && parts[3] == member && rapid.Bool().Draw(h.t, "spent") {
			ids = append(ids, parts[4])
		}
	}
	return ids
}

func (h *history) id() string { h.acts++; return fmt.Sprintf("p%d", h.acts) }

// entitled are the members that may do an act, by its number; who is not named may all.
var entitled = map[int][]string{3: {"carrier"}, 4: {"retailer"}, 5: {"producer", "retailer"}, 6: {"producer", "retailer"},
	7: {"producer", "retailer"}, 8: {"retailer"}, 9: {"retailer"}, 10: {"auditor"}}

// next is what is tried next, and by whom: mostly somebody who may.
func (h *history) next() (act int, by ledger.Caller) {
	act = rapid.IntRange(0, 12).Draw(h.t, "act")
	if may := entitled[act]; may != nil && rapid.IntRange(0, 3).Draw(h.t, "rightly") > 0 {
		return act, h.as(rapid.SampledFrom(may).Draw(h.t, "by"))
	}
	return act, h.someone()
}

// act tries one thing, by a caller, and returns what it came to.
func (h *history) act(act int, by ledger.Caller) error {
	c, id := h.Consortium, "s1"
	to := rapid.SampledFrom(everybody).Draw(h.t, "to")
	var err error
	switch act {
	case 0:
		_, err = scenario.Submit(c, by, account.Issue, waymark.IssueRequest{ID: h.id(), Currency: "EUR", Digits: 2, To: to, Amount: h.amount()})
	case 1, 2:
		_, err = scenario.Submit(c, by, account.Transfer, waymark.TransferMoneyRequest{ID: h.id(), Issuer: "carrier", Currency: "EUR", To: to, Amount: h.amount(), Notes: h.notes(by.Member)})
	case 3:
		_, err = scenario.Submit(c, by, account.Redeem, waymark.RedeemRequest{ID: h.id(), Currency: "EUR", Amount: h.amount(), Notes: h.notes(by.Member)})
	case 4:
		r := h.fundRequest(h.amount())
		r.Notes = h.notes("retailer")
		_, err = scenario.Submit(c, by, settlement.Fund, r)
	case 5:
		h.bring(terms())
		_, err = scenario.Submit(c, by, settlement.Settle, waymark.SettleRequest{Shipment: id})
	case 6:
		_, err = scenario.Submit(c, by, settlement.Pay, waymark.EscrowRequest{Shipment: id})
	case 7:
		_, err = scenario.Submit(c, by, settlement.Refund, waymark.EscrowRequest{Shipment: id})
	case 8:
		_, err = scenario.Submit(c, by, settlement.Dispute, opening)
	case 9:
		_, err = scenario.Submit(c, by, settlement.Withdraw, waymark.WithdrawDisputeRequest{Shipment: id, Number: rapid.Uint64Range(1, 3).Draw(h.t, "number"), Reason: "x"})
	case 10:
		_, err = scenario.Submit(c, by, settlement.Resolve, h.resolution())
	case 11:
		h.forgeSettlement()
	default:
		h.goOn()
	}
	return err
}

// decides is what an act decides by, if it does.
var decides = map[int]waymark.Basis{5: waymark.BasisTerms, 7: waymark.BasisRefund, 10: waymark.BasisArbiter}

// forgeSettlement has two members write into the settlement, if there is one, what suits them.
func (h *history) forgeSettlement() {
	t, err := ledger.Load[waymark.Settlement](h.World.Begin(ledger.Tx{}), ledger.SettlementKey("s1"))
	if err != nil {
		h.t.Fatal(err)
	}
	if t == nil {
		return
	}
	t.State = rapid.SampledFrom(waymark.SettlementStates()).Draw(h.t, "state")
	t.Basis = rapid.SampledFrom(append(waymark.Bases(), "")).Draw(h.t, "basis")
	t.Paid, t.Refunded = h.resolution().Paid, h.amount()
	if e := h.escrow(); rapid.Bool().Draw(h.t, "split") && t.Paid <= e.Amount {
		t.Refunded = e.Amount - t.Paid
	}
	forge(h.story, ledger.SettlementKey("s1"), func(record *waymark.Settlement) { *record = *t })
}

// resolution is a split, mostly of the whole escrow.
func (h *history) resolution() waymark.ResolveDisputeRequest {
	r := waymark.ResolveDisputeRequest{Shipment: "s1", Number: rapid.Uint64Range(1, 3).Draw(h.t, "number"), Paid: h.amount(), Words: "x"}
	if e := h.escrow(); e != nil && r.Paid <= e.Amount {
		r.Refunded = e.Amount - r.Paid
	}
	return r
}

// goOn moves the goods, or the time.
func (h *history) goOn() {
	if rapid.IntRange(0, 3).Draw(h.t, "time") > 0 {
		h.Now = h.Now.Add(time.Duration(rapid.IntRange(1, 30*24).Draw(h.t, "hours")) * time.Hour)
		return
	}
	h.deliverTo(rapid.SampledFrom([]string{"", "dented"}).Draw(h.t, "reservation"))
}

func (h *history) escrow() *waymark.Escrow {
	e, err := ledger.Load[waymark.Escrow](h.World.Begin(ledger.Tx{}), ledger.EscrowKey("s1"))
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// money is an owner's of an issuer.
type money struct{ owner, issuer string }

// held is what the notes hold.
func (h *history) held() map[money]int64 {
	held := map[money]int64{}
	for _, key := range h.World.Keys() {
		if !strings.HasPrefix(key, "note/") {
			continue
		}
		var note waymark.Note
		if err := json.Unmarshal(h.World.Value(key), &note); err != nil || note.Amount < 1 || key != ledger.NoteKey(note.Issuer, note.Currency, note.Owner, note.ID).String() {
			h.t.Fatalf("%s is %+v (%v)", key, note, err)
		}
		held[money{note.Owner, note.Issuer}] += note.Amount
	}
	return held
}

// conserved checks that of each issuer there is as much money as it issued and did not redeem.
func (h *history) conserved() {
	sums := map[string]int64{}
	for m, amount := range h.held() {
		sums[m.issuer] += amount
	}
	if e := h.escrow(); e != nil && e.State == waymark.EscrowFunded {
		sums[e.Issuer] += e.Amount
	}
	for _, issuer := range everybody {
		c, err := ledger.Load[waymark.Currency](h.World.Begin(ledger.Tx{}), ledger.CurrencyKey(issuer, "EUR"))
		if err != nil {
			h.t.Fatal(err)
		}
		if c == nil {
			c = &waymark.Currency{}
		}
		if c.Issued-c.Redeemed != sums[issuer] {
			h.t.Fatalf("%s issued %d, redeemed %d, and there is %d", issuer, c.Issued, c.Redeemed, sums[issuer])
		}
	}
}

// begin brings the shipment somewhere: under way, or accepted with or without reservation.
func (h *history) begin() {
	h.Record(h.logger.Pack(rapid.SampledFrom([]int64{500, 1100}).Draw(h.t, "reading")))
	h.agree()
	if rapid.IntRange(0, 3).Draw(h.t, "funded") > 0 {
		scenario.Must(h.Consortium, h.as("retailer"), settlement.Fund, h.fundRequest(h.amount()))
	}
	if reservation := rapid.SampledFrom([]string{"", "dented"}).Draw(h.t, "reservation"); rapid.IntRange(0, 2).Draw(h.t, "accepted") > 0 {
		h.deliverTo(reservation)
	}
}

func (h *history) deliverTo(reservation string) {
	if _, err := scenario.Submit(h.Consortium, h.as("producer"), custody.Offer, waymark.OfferHandoffRequest{Shipment: "s1", To: "retailer", ExpiresAt: h.Now.Add(time.Hour)}); err != nil {
		return
	}
	h.leg++
	_, _ = scenario.Submit(h.Consortium, h.as("retailer"), custody.Accept, waymark.AcceptHandoffRequest{Shipment: "s1", Number: h.leg, Reservation: reservation})
}

// try does one thing and checks what came of it.
func (h *history) try() {
	act, by := h.next()
	before, world := h.held(), string(h.World.Snapshot())
	err := h.act(act, by)
	changed := string(h.World.Snapshot()) != world
	if err != nil && changed {
		h.t.Fatalf("what was refused (%v) changed the ledger", err)
	}
	if basis := decides[act]; basis != "" && changed {
		h.reached[basis] = true
	}
	h.conserved()
	after := h.held()
	for m, amount := range before {
		if after[m] < amount && m.owner != by.Member {
			h.t.Fatalf("%s lost money by an act of %s", m.owner, by.Member)
		}
	}
}

// TestMoneyIsConserved: whatever anybody tries, in every transaction as much money comes out
// as goes in, and nobody's money becomes less but by its own act, two that forge the settlement included.
func TestMoneyIsConserved(t *testing.T) {
	reached := map[waymark.Basis]bool{}
	for range 10 { // until all of it is in the histories
		rapid.Check(t, func(rt *rapid.T) {
			h := &history{story: newStory(t), t: rt, reached: reached}
			h.begin()
			for range rapid.IntRange(10, 40).Draw(rt, "acts") {
				h.try()
			}
		})
		if t.Failed() || reached[waymark.BasisTerms] && reached[waymark.BasisArbiter] && reached[waymark.BasisRefund] {
			return
		}
	}
	t.Errorf("the histories came to settlements by %v only", reached)
}
