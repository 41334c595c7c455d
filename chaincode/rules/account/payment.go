package account

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Issue makes money of the caller's member. The same request again changes nothing.
func Issue(l ledger.Ledger, r waymark.IssueRequest) (*waymark.Payment, error) {
	tx := l.Tx()
	issuer := tx.Caller.Member
	if err := access.Authorize(tx, waymark.ActIssueMoney, access.Member(issuer)); err != nil {
		return nil, err
	}
	p := waymark.Payment{ID: r.ID, Kind: waymark.PaymentIssue, Issuer: issuer, Currency: r.Currency, Digits: r.Digits,
		To: r.To, Amount: r.Amount, Reference: r.Reference, Spent: []string{}, Stamp: tx.Stamp()}
	if before, err := again(l, p); before != nil || err != nil {
		return before, err
	}
	currency, err := issued(l, p)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{issuer, r.To} {
		if _, err := registry.RequireMember(l, id); err != nil {
			return nil, err
		}
	}
	if err := ledger.Save(l, ledger.CurrencyKey(issuer, r.Currency), currency); err != nil {
		return nil, err
	}
	note, err := Give(l, waymark.Note{Issuer: issuer, Currency: r.Currency, Digits: r.Digits, Owner: r.To, Amount: r.Amount}, 0)
	if err != nil {
		return nil, err
	}
	return save(l, p, waymark.EventMoneyIssued, note)
}

// issued is the currency after an issue, the first one of which makes it.
func issued(l ledger.Ledger, p waymark.Payment) (*waymark.Currency, error) {
	c, err := ledger.Load[waymark.Currency](l, ledger.CurrencyKey(p.Issuer, p.Currency))
	if err != nil {
		return nil, err
	}
	if c == nil {
		c = &waymark.Currency{Issuer: p.Issuer, Currency: p.Currency, Digits: p.Digits}
	}
	if c.Digits != p.Digits {
		return nil, waymark.InvalidField("/digits", "must be %d, as they are of what was issued before", c.Digits)
	}
	if c.Issued > maxIssued-p.Amount {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "so much of %s was issued already", p.Currency).Because(waymark.ReasonLimit)
	}
	c.Issued, c.Changed = c.Issued+p.Amount, l.Tx().Stamp()
	return c, nil
}

// maxIssued is exact in any JSON reader.
const maxIssued = waymark.MaxSequence

// Transfer pays out of notes of the caller's member. The same request again changes nothing.
func Transfer(l ledger.Ledger, r waymark.TransferMoneyRequest) (*waymark.Payment, error) {
	tx := l.Tx()
	owner := tx.Caller.Member
	if err := access.Authorize(tx, waymark.ActTransferMoney, access.Member(owner)); err != nil {
		return nil, err
	}
	p := waymark.Payment{ID: r.ID, Kind: waymark.PaymentTransfer, Issuer: r.Issuer, Currency: r.Currency,
		From: owner, To: r.To, Amount: r.Amount, Reference: r.Reference, Spent: sorted(r.Notes), Stamp: tx.Stamp()}
	if before, err := again(l, p); before != nil || err != nil {
		return before, err
	}
	purse, err := Open(l, waymark.CurrencyQuery{Issuer: r.Issuer, Currency: r.Currency}, owner, p.Spent, r.Amount)
	if err != nil {
		return nil, err
	}
	if _, err := registry.RequireMember(l, r.To); err != nil {
		return nil, err
	}
	p.Digits = purse.Digits()
	note, err := Give(l, waymark.Note{Issuer: r.Issuer, Currency: r.Currency, Digits: p.Digits, Owner: r.To, Amount: r.Amount}, 0)
	if err != nil {
		return nil, err
	}
	change, err := purse.Spend(l, 1)
	if err != nil {
		return nil, err
	}
	return save(l, p, waymark.EventMoneyTransferred, note, change)
}

// Redeem ends money that came back to its issuer, the caller's member. The same request again
// changes nothing.
func Redeem(l ledger.Ledger, r waymark.RedeemRequest) (*waymark.Payment, error) {
	tx := l.Tx()
	issuer := tx.Caller.Member
	if err := access.Authorize(tx, waymark.ActRedeemMoney, access.Member(issuer)); err != nil {
		return nil, err
	}
	p := waymark.Payment{ID: r.ID, Kind: waymark.PaymentRedeem, Issuer: issuer, Currency: r.Currency,
		From: issuer, Amount: r.Amount, Reference: r.Reference, Spent: sorted(r.Notes), Stamp: tx.Stamp()}
	if before, err := again(l, p); before != nil || err != nil {
		return before, err
	}
	purse, err := Open(l, waymark.CurrencyQuery{Issuer: issuer, Currency: r.Currency}, issuer, p.Spent, r.Amount)
	if err != nil {
		return nil, err
	}
	c, err := ledger.Require[waymark.Currency](l, ledger.CurrencyKey(issuer, r.Currency), "currency "+r.Currency)
	if err != nil {
		return nil, err
	}
	if r.Amount > c.Issued-c.Redeemed {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "of %s there is less than that", r.Currency).Because(waymark.ReasonFunds)
	}
	p.Digits, c.Redeemed, c.Changed = purse.Digits(), c.Redeemed+r.Amount, tx.Stamp()
	if err := ledger.Save(l, ledger.CurrencyKey(issuer, r.Currency), c); err != nil {
		return nil, err
	}
	change, err := purse.Spend(l, 0)
	if err != nil {
		return nil, err
	}
	return save(l, p, waymark.EventMoneyRedeemed, change)
}

// again returns the payment of before if the same was made under the id, and
// AlreadyExists if another was.
func again(r ledger.Reader, p waymark.Payment) (*waymark.Payment, error) {
	before, err := ledger.Load[waymark.Payment](r, ledger.PaymentKey(p.Stamp.Member, p.ID))
	if err != nil || before == nil {
		return nil, err
	}
	if !same(*before, p) {
		return nil, waymark.Errorf(waymark.AlreadyExists, "%s made another payment %s: choose another id", p.Stamp.Member, p.ID)
	}
	return before, nil
}

// same reports whether both are of one request. Only an issue says the digits itself.
func same(a, b waymark.Payment) bool {
	return a.Kind == b.Kind && a.Issuer == b.Issuer && a.Currency == b.Currency && a.From == b.From && a.To == b.To &&
		a.Amount == b.Amount && a.Reference == b.Reference && slices.Equal(a.Spent, b.Spent) &&
		(a.Kind != waymark.PaymentIssue || a.Digits == b.Digits)
}

func save(l ledger.Ledger, p waymark.Payment, event string, made ...*waymark.Note) (*waymark.Payment, error) {
	p.Made = []waymark.Note{}
	for _, note := range made {
		if note != nil {
			p.Made = append(p.Made, *note)
		}
	}
	if err := ledger.Save(l, ledger.PaymentKey(p.Stamp.Member, p.ID), &p); err != nil {
		return nil, err
	}
	return &p, l.Emit(event, waymark.MoneyEvent{Payment: p.ID, Issuer: p.Issuer, Currency: p.Currency, Digits: p.Digits,
		From: p.From, To: p.To, Amount: p.Amount, Reference: p.Reference, ValueTime: p.Stamp.Time})
}

func sorted(ids []string) []string {
	clone := slices.Clone(ids)
	slices.Sort(clone)
	return clone
}
