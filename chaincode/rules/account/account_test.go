package account_test

import (
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/account"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

type bank struct{ *scenario.Consortium }

func newBank(t *testing.T) bank { t.Helper(); return bank{scenario.New(t)} }

func (b bank) as(member string) ledger.Caller { return b.As(member, waymark.Operator) }

func (b bank) issue(id, to string, amount int64) *waymark.Payment {
	b.T.Helper()
	return scenario.Must(b.Consortium, b.as("carrier"), account.Issue, waymark.IssueRequest{ID: id, Currency: "EUR", Digits: 2, To: to, Amount: amount, Reference: "r1"})
}

func transfer(id, to string, amount int64, notes ...string) waymark.TransferMoneyRequest {
	return waymark.TransferMoneyRequest{ID: id, Issuer: "carrier", Currency: "EUR", To: to, Amount: amount, Notes: notes}
}

// notes are the amounts of a member's notes, by id.
func (b bank) notes(member string) map[string]int64 {
	b.T.Helper()
	all := map[string]int64{}
	for _, n := range scenario.Must(b.Consortium, b.As(member, waymark.Viewer), account.Notes, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"}).Notes {
		all[n.ID] = n.Amount
	}
	return all
}

func (b bank) wantSums(want map[string]int64) {
	b.T.Helper()
	for member, sum := range want {
		got := int64(0)
		for _, amount := range b.notes(member) {
			got += amount
		}
		if got != sum {
			b.T.Errorf("%s has %d, want %d", member, got, sum)
		}
	}
}

func TestMoneyGoesRound(t *testing.T) {
	b := newBank(t)
	one, two := b.issue("i1", "retailer", 100).Made[0], b.issue("i2", "retailer", 50).Made[0]
	paid := scenario.Must(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", 120, two.ID, one.ID))
	if len(paid.Made) != 2 || paid.Made[0].Owner != "producer" || paid.Made[0].Amount != 120 || paid.Made[1].Owner != "retailer" || paid.Made[1].Amount != 30 || paid.Digits != 2 {
		t.Errorf("paid %+v", paid)
	}
	b.wantSums(map[string]int64{"producer": 120, "retailer": 30})
	back := scenario.Must(b.Consortium, b.as("producer"), account.Transfer, transfer("t1", "carrier", 120, paid.Made[0].ID)) // an id of its own
	if len(back.Made) != 1 {
		t.Errorf("of the exact amount there is change: %+v", back)
	}
	scenario.Must(b.Consortium, b.as("carrier"), account.Redeem, waymark.RedeemRequest{ID: "r1", Currency: "EUR", Amount: 70, Notes: []string{back.Made[0].ID}})
	b.wantSums(map[string]int64{"producer": 0, "retailer": 30, "carrier": 50})
	c := scenario.Must(b.Consortium, b.As("auditor", waymark.Viewer), account.Currency, waymark.CurrencyQuery{Issuer: "carrier", Currency: "EUR"})
	if c.Issued != 150 || c.Redeemed != 70 || c.Digits != 2 {
		t.Errorf("the currency is %+v", c)
	}
}

// TestNoMemberAloneWritesANote: what an issuer has of its own money is under the policy of
// the chaincode.
func TestNoMemberAloneWritesANote(t *testing.T) {
	b := newBank(t)
	for owner, want := range map[string]ledger.Quorum{"retailer": {Need: 2, Members: []string{"carrier", "retailer"}}, "carrier": {}} {
		note := b.issue("to-"+owner, owner, 5).Made[0]
		if got, _ := b.World.Quorum(ledger.NoteKey("carrier", "EUR", owner, note.ID)); !reflect.DeepEqual(got, want) {
			t.Errorf("a note of %s needs %+v", owner, got)
		}
	}
}

// forge writes a note under a key of another, as those can that its quorum names.
func (b bank) forge(key ledger.Key, n waymark.Note) {
	b.T.Helper()
	if _, err := b.World.Submit(b.Tx(b.as("carrier")), func(l ledger.Ledger) error { return ledger.Save(l, key, &n) }); err != nil {
		b.T.Fatal(err)
	}
}

// TestANoteIsOfItsKey: whoever can write a note makes no money of another issuer, owner or
// currency with it, and none that no note can hold.
func TestANoteIsOfItsKey(t *testing.T) {
	for name, change := range map[string]func(*waymark.Note){
		"issuer":   func(n *waymark.Note) { n.Issuer = "producer" },
		"currency": func(n *waymark.Note) { n.Currency = "USD" },
		"owner":    func(n *waymark.Note) { n.Owner = "producer" },
		"id":       func(n *waymark.Note) { n.ID = "other" },
		"nothing":  func(n *waymark.Note) { n.Amount = 0 },
		"a debt":   func(n *waymark.Note) { n.Amount = -5 },
		"too much": func(n *waymark.Note) { n.Amount = waymark.MaxAmount + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBank(t)
			note := b.issue("i1", "retailer", 100).Made[0]
			forged := note
			change(&forged)
			b.forge(ledger.NoteKey("carrier", "EUR", "retailer", note.ID), forged)
			scenario.Refused(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", 1, note.ID), waymark.Internal, "")
			if name == "id" { // a list has nothing to hold it against, and nothing is spent by it
				return
			}
			scenario.Refused(b.Consortium, b.As("retailer", waymark.Viewer), account.Notes, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"}, waymark.Internal, "")
		})
	}
}

// TestNoMoreIsRedeemedThanThereIs, even if owner and issuer wrote a note of more.
func TestNoMoreIsRedeemedThanThereIs(t *testing.T) {
	b := newBank(t)
	note := b.issue("i1", "carrier", 100).Made[0]
	forged := note
	forged.Amount = 1000
	b.forge(ledger.NoteKey("carrier", "EUR", "carrier", note.ID), forged)
	redeem := waymark.RedeemRequest{ID: "r1", Currency: "EUR", Amount: 101, Notes: []string{note.ID}}
	scenario.Refused(b.Consortium, b.as("carrier"), account.Redeem, redeem, waymark.FailedPrecondition, waymark.ReasonFunds)
	redeem.Amount = 100
	scenario.Must(b.Consortium, b.as("carrier"), account.Redeem, redeem)
}

func TestTheSameAgainChangesNothing(t *testing.T) {
	b := newBank(t)
	first := b.issue("i1", "retailer", 100)
	if again := b.issue("i1", "retailer", 100); !reflect.DeepEqual(again, first) {
		t.Errorf("issued again: %+v", again)
	}
	pay := transfer("t1", "producer", 60, first.Made[0].ID)
	paid := scenario.Must(b.Consortium, b.as("retailer"), account.Transfer, pay)
	if again := scenario.Must(b.Consortium, b.as("retailer"), account.Transfer, pay); !reflect.DeepEqual(again, paid) {
		t.Errorf("paid again: %+v", again)
	}
	b.wantSums(map[string]int64{"producer": 60, "retailer": 40})
	pay.Amount++
	scenario.Refused(b.Consortium, b.as("retailer"), account.Transfer, pay, waymark.AlreadyExists, "")
	for _, r := range []waymark.IssueRequest{{ID: "i1", Currency: "EUR", Digits: 2, To: "retailer", Amount: 101, Reference: "r1"},
		{ID: "i1", Currency: "EUR", Digits: 1, To: "retailer", Amount: 100, Reference: "r1"}, {ID: "i1", Currency: "EUR", Digits: 2, To: "retailer", Amount: 100}} {
		scenario.Refused(b.Consortium, b.as("carrier"), account.Issue, r, waymark.AlreadyExists, "")
	}
}

func TestWhatIsRefused(t *testing.T) {
	b := newBank(t)
	note := b.issue("i1", "retailer", 100).Made[0].ID
	for _, r := range []waymark.TransferMoneyRequest{
		transfer("t1", "producer", 101, note), transfer("t1", "producer", 1, "none"),
		{ID: "t1", Issuer: "auditor", Currency: "EUR", To: "producer", Amount: 1, Notes: []string{note}},
		{ID: "t1", Issuer: "carrier", Currency: "USD", To: "producer", Amount: 1, Notes: []string{note}},
	} {
		scenario.Refused(b.Consortium, b.as("retailer"), account.Transfer, r, waymark.FailedPrecondition, waymark.ReasonFunds)
	}
	scenario.Refused(b.Consortium, b.as("producer"), account.Transfer, transfer("t1", "producer", 1, note), waymark.FailedPrecondition, waymark.ReasonFunds)
	scenario.Refused(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "stranger", 1, note), waymark.NotFound, "")
	scenario.Refused(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", 1, note, note), waymark.Invalid, "")
	scenario.Refused(b.Consortium, b.as("carrier"), account.Issue, waymark.IssueRequest{ID: "i2", Currency: "EUR", To: "retailer", Amount: 1}, waymark.Invalid, "") // other digits
	scenario.Refused(b.Consortium, b.as("carrier"), account.Issue, waymark.IssueRequest{ID: "i2", Currency: "EUR", Digits: 2, To: "stranger", Amount: 1}, waymark.NotFound, "")
	scenario.Refused(b.Consortium, b.as("stranger"), account.Issue, waymark.IssueRequest{ID: "i2", Currency: "EUR", To: "retailer", Amount: 1}, waymark.NotFound, "")
	scenario.Refused(b.Consortium, b.as("carrier"), account.Redeem, waymark.RedeemRequest{ID: "r1", Currency: "EUR", Amount: 1, Notes: []string{note}}, waymark.FailedPrecondition, waymark.ReasonFunds)
	for _, role := range []waymark.Role{waymark.Viewer, waymark.Relay, ""} {
		scenario.Refused(b.Consortium, b.As("carrier", role), account.Issue, waymark.IssueRequest{ID: "i2", Currency: "EUR", Digits: 2, To: "retailer", Amount: 1}, waymark.Forbidden, waymark.DefaultDeny)
		scenario.Refused(b.Consortium, b.As("retailer", role), account.Transfer, transfer("t1", "producer", 1, note), waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Refused(b.Consortium, b.As("retailer", waymark.Relay), account.Notes, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(b.Consortium, b.as("auditor"), account.Currency, waymark.CurrencyQuery{Issuer: "carrier", Currency: "USD"}, waymark.NotFound, "")
	b.wantSums(map[string]int64{"retailer": 100, "producer": 0})
}

func TestThereIsOnlySoMuchOfACurrency(t *testing.T) {
	b := newBank(t)
	for range 9 {
		b.issue("i"+string(rune('0'+len(b.notes("retailer")))), "retailer", waymark.MaxAmount)
	}
	scenario.Refused(b.Consortium, b.as("carrier"), account.Issue, waymark.IssueRequest{ID: "one-more", Currency: "EUR", Digits: 2, To: "retailer", Amount: waymark.MaxAmount},
		waymark.FailedPrecondition, waymark.ReasonLimit)
	var all []string
	for id := range b.notes("retailer") {
		all = append(all, id)
	}
	scenario.Refused(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", 1, all...), waymark.FailedPrecondition, waymark.ReasonFunds)
	scenario.Must(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", waymark.MaxAmount, all[0], all[1]))
}

// TestNotesComeInPages: whoever has more than an answer holds gets all of them, each once.
func TestNotesComeInPages(t *testing.T) {
	b := newBank(t)
	for range waymark.DefaultPage + 1 {
		if _, err := b.World.Submit(b.Tx(b.as("carrier")), func(l ledger.Ledger) error {
			_, err := account.Give(l, waymark.Note{Issuer: "carrier", Currency: "EUR", Owner: "retailer", Amount: 1}, 0)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	q, seen := waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"}, map[string]bool{}
	for page, want := range []int{waymark.DefaultPage, 1} {
		got := scenario.Must(b.Consortium, b.as("retailer"), account.Notes, q)
		if len(got.Notes) != want || (got.Cursor != "") != (page == 0) {
			t.Fatalf("page %d has %d notes, cursor %q", page, len(got.Notes), got.Cursor)
		}
		for _, n := range got.Notes {
			seen[n.ID] = true
		}
		q.Cursor = got.Cursor
	}
	if len(seen) != waymark.DefaultPage+1 {
		t.Errorf("the pages have %d notes", len(seen))
	}
}

func TestBrokenLedger(t *testing.T) {
	b := newBank(t)
	scenario.Sweep(b.Consortium, b.as("carrier"), account.Issue, waymark.IssueRequest{ID: "i1", Currency: "EUR", To: "retailer", Amount: 1})
	note := b.issue("i1", "retailer", 100).Made[0].ID
	scenario.Sweep(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", 60, note))
	own := b.issue("i2", "carrier", 100).Made[0].ID
	scenario.Sweep(b.Consortium, b.as("carrier"), account.Redeem, waymark.RedeemRequest{ID: "r1", Currency: "EUR", Amount: 60, Notes: []string{own}})
	scenario.Sweep(b.Consortium, b.as("retailer"), account.Notes, waymark.NotesQuery{Issuer: "carrier", Currency: "EUR"})
	scenario.Sweep(b.Consortium, b.as("retailer"), account.Currency, waymark.CurrencyQuery{Issuer: "carrier", Currency: "EUR"})
}

// TestAPaymentIsReadByWhoMadeIt, under the id that it gave it; each member has ids of its own.
func TestAPaymentIsReadByWhoMadeIt(t *testing.T) {
	b := newBank(t)
	issued := b.issue("i1", "retailer", 100)
	paid := scenario.Must(b.Consortium, b.as("retailer"), account.Transfer, transfer("t1", "producer", 60, issued.Made[0].ID))
	for member, want := range map[string]*waymark.Payment{"carrier": issued, "retailer": paid} {
		if got := scenario.Must(b.Consortium, b.As(member, waymark.Viewer), account.Payment, waymark.PaymentQuery{ID: want.ID}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads %+v", member, got)
		}
	}
	scenario.Refused(b.Consortium, b.As("producer", waymark.Viewer), account.Payment, waymark.PaymentQuery{ID: "t1"}, waymark.NotFound, "")
	scenario.Refused(b.Consortium, b.As("retailer", waymark.Relay), account.Payment, waymark.PaymentQuery{ID: "t1"}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Sweep(b.Consortium, b.As("retailer", waymark.Viewer), account.Payment, waymark.PaymentQuery{ID: "t1"})
}
