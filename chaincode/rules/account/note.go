package account

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Purse is some notes of one owner in one currency, checked to hold an amount.
type Purse struct {
	notes  []waymark.Note
	change int64
}

// Digits are those of the currency.
func (p Purse) Digits() int { return p.notes[0].Digits }

// Open reads notes of an owner and checks that they hold at least an amount. A note that is
// not there, or too little, is FailedPrecondition with ReasonFunds. It writes nothing.
func Open(r ledger.Reader, q waymark.CurrencyQuery, owner string, ids []string, amount int64) (Purse, error) {
	var p Purse
	keys := make([]ledger.Key, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, ledger.NoteKey(q.Issuer, q.Currency, owner, id))
	}
	notes, err := ledger.LoadMany[waymark.Note](r, keys)
	if err != nil {
		return p, err
	}
	sum := int64(0) // at most MaxNotes * MaxAmount
	for i, note := range notes {
		if note == nil {
			return p, waymark.Errorf(waymark.FailedPrecondition, "%s has no note %s of %s in %s: it may be spent", owner, ids[i], q.Issuer, q.Currency).Because(waymark.ReasonFunds)
		}
		if err := genuine(*note, keys[i]); err != nil {
			return p, err
		}
		sum += note.Amount
		p.notes = append(p.notes, *note)
	}
	if p.change = sum - amount; p.change < 0 {
		return p, waymark.Errorf(waymark.FailedPrecondition, "the notes hold %d, which is less than %d", sum, amount).Because(waymark.ReasonFunds)
	}
	if p.change > waymark.MaxAmount {
		return p, waymark.Errorf(waymark.FailedPrecondition, "the notes hold more than one note can after this: spend fewer").Because(waymark.ReasonFunds)
	}
	return p, nil
}

// Spend removes the notes, and gives their owner what they hold beyond the amount as note n
// of the transaction; nil if that is nothing.
func (p Purse) Spend(l ledger.Ledger, n int) (*waymark.Note, error) {
	for _, note := range p.notes {
		if err := l.Delete(keyOf(note)); err != nil {
			return nil, err
		}
	}
	change := p.notes[0]
	change.Amount = p.change
	return Give(l, change, n)
}

// genuine checks that a note is of its key and holds what a note can: those whom its key
// names can write it, and must not make money of anybody else. It returns Internal.
func genuine(n waymark.Note, key ledger.Key) error {
	if keyOf(n) != key || n.Amount < 1 || n.Amount > waymark.MaxAmount {
		return waymark.Errorf(waymark.Internal, "%s is not the note that it should be", key)
	}
	return nil
}

// Give makes note n of the transaction, for the owner, currency and amount of a pattern; nil
// if the amount is nothing. Only owner and issuer together can spend it. What an issuer has of
// its own is under the chaincode's policy, for no single member may write a note.
func Give(l ledger.Ledger, pattern waymark.Note, n int) (*waymark.Note, error) {
	if pattern.Amount == 0 {
		return nil, nil //nolint:nilnil // nothing is no note
	}
	note := pattern
	note.ID, note.Made = noteID(l.Tx().ID, n), l.Tx().Stamp()
	if err := ledger.Save(l, keyOf(note), &note); err != nil {
		return nil, err
	}
	if note.Owner == note.Issuer {
		return &note, nil
	}
	both := []string{note.Issuer, note.Owner}
	slices.Sort(both)
	return &note, l.Protect(keyOf(note), ledger.Quorum{Need: len(both), Members: both})
}

func keyOf(n waymark.Note) ledger.Key { return ledger.NoteKey(n.Issuer, n.Currency, n.Owner, n.ID) }

// noteID is an id that no other note has.
func noteID(tx string, n int) string {
	sum := sha256.Sum256([]byte(tx + "/" + strconv.Itoa(n)))
	return hex.EncodeToString(sum[:16])
}
