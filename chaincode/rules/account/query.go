package account

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Currency returns how much of a currency there is.
func Currency(l ledger.Ledger, q waymark.CurrencyQuery) (*waymark.Currency, error) {
	tx := l.Tx()
	if err := access.Authorize(tx, waymark.ActReadCurrency, access.Consortium(tx.Channel)); err != nil {
		return nil, err
	}
	return ledger.Require[waymark.Currency](l, ledger.CurrencyKey(q.Issuer, q.Currency), "currency "+q.Currency+" of "+q.Issuer)
}

// Notes returns notes of the caller's member in a currency.
func Notes(l ledger.Ledger, q waymark.NotesQuery) (*waymark.Notes, error) {
	tx := l.Tx()
	owner := tx.Caller.Member
	if err := access.Authorize(tx, waymark.ActReadAccount, access.Member(owner)); err != nil {
		return nil, err
	}
	notes, more, err := ledger.Some[waymark.Note](l, ledger.Notes(q.Issuer, q.Currency, owner, q.Cursor), waymark.Page(q.Limit))
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		if err := genuine(n, ledger.NoteKey(q.Issuer, q.Currency, owner, n.ID)); err != nil {
			return nil, err
		}
	}
	page := &waymark.Notes{Owner: owner, Notes: notes}
	if more { // they are in the order of their ids
		page.Cursor = notes[len(notes)-1].ID
	}
	return page, nil
}

// Payment returns what the caller's member did with money, by the id that it gave it.
func Payment(l ledger.Ledger, q waymark.PaymentQuery) (*waymark.Payment, error) {
	tx := l.Tx()
	member := tx.Caller.Member
	if err := access.Authorize(tx, waymark.ActReadAccount, access.Member(member)); err != nil {
		return nil, err
	}
	return ledger.Require[waymark.Payment](l, ledger.PaymentKey(member, q.ID), "payment "+q.ID+" by "+member)
}
