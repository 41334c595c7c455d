package settlement

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Ledger is what a Settler needs of the ledger. Errors hold a waymark.Error.
type Ledger interface {
	// Submit runs a transaction that writes. It returns only once the transaction is
	// committed and valid.
	Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error)
	// Evaluate runs a transaction that reads and returns its record as JSON.
	Evaluate(ctx context.Context, call ledger.Call) (json.RawMessage, error)
}

// Settler proposes, purges and settles by private terms, for one member. It is safe for
// concurrent use. Where nothing had to change, the commit that it returns is empty. The journals
// are told of each transaction.
type Settler struct {
	ledger Ledger
	member string
}

// NewSettler returns a settler for a member.
func NewSettler(l Ledger, member string) *Settler { return &Settler{ledger: l, member: member} }

// Propose gives both parties of a shipment its terms. If they have no salt they get one: that
// of the same terms if this member holds them, so that a repetition is one.
//
// Codes: Invalid; what settlement:Get, settlement:Terms and settlement:Propose answer, or the
// ledger.
func (s *Settler) Propose(ctx context.Context, j ledger.Journal, as ledger.Identity, terms waymark.Terms) (ledger.Committed, error) {
	v, err := s.view(ctx, as, terms.Shipment)
	if err != nil {
		return ledger.Committed{}, err
	}
	if terms.Salt == "" {
		if terms.Salt, err = s.salt(ctx, as, terms); err != nil {
			return ledger.Committed{}, err
		}
	}
	transient, err := transientOf(terms)
	if err != nil {
		return ledger.Committed{}, err
	}
	return s.ledger.Submit(ctx, ledger.Call{As: as, Transaction: waymark.SettlementPropose,
		Request: waymark.ProposeTermsRequest{Shipment: terms.Shipment}, At: parties(v), Transient: transient, Moot: unchanged, Journal: j})
}

// Purge removes this member's copy of the terms.
//
// Codes: what settlement:Purge answers, or the ledger.
func (s *Settler) Purge(ctx context.Context, j ledger.Journal, as ledger.Identity, q waymark.PurgeTermsRequest) (ledger.Committed, error) {
	return s.ledger.Submit(ctx, ledger.Call{As: as, Transaction: waymark.SettlementPurge,
		Request: q, At: []string{s.member}, Moot: unchanged, Journal: j})
}

// Settle settles the escrow of a shipment by the terms that this member holds, if that is not
// done yet, and pays it out. What fails between the two can be done again.
//
// Codes: what settlement:Get, settlement:Terms, settlement:Settle and settlement:Pay answer,
// or the ledger.
func (s *Settler) Settle(ctx context.Context, j ledger.Journal, as ledger.Identity, q waymark.SettleRequest) (ledger.Committed, error) {
	v, err := s.view(ctx, as, q.Shipment)
	if err != nil {
		return ledger.Committed{}, err
	}
	if v.Settlement != nil && v.Settlement.State != waymark.SettlementDecided {
		if err := s.decide(ctx, ledger.Partial(j), as, v); err != nil {
			return ledger.Committed{}, err
		}
	}
	return s.ledger.Submit(ctx, ledger.Call{As: as, Transaction: waymark.SettlementPay, Request: waymark.EscrowRequest(q), Journal: j})
}

// decide works out what is due, at the peers of the two who may know.
func (s *Settler) decide(ctx context.Context, j ledger.Journal, as ledger.Identity, v waymark.SettlementView) error {
	terms, err := s.terms(ctx, as, v.Shipment)
	if err != nil {
		return err
	}
	transient, err := transientOf(terms)
	if err != nil {
		return err
	}
	_, err = s.ledger.Submit(ctx, ledger.Call{As: as, Transaction: waymark.SettlementSettle,
		Request: waymark.SettleRequest{Shipment: v.Shipment}, At: parties(v), Transient: transient, Moot: unchanged, Journal: j})
	return err
}

// salt is that of the same terms if this member holds them, else a new one.
func (s *Settler) salt(ctx context.Context, as ledger.Identity, terms waymark.Terms) (string, error) {
	held, err := s.terms(ctx, as, terms.Shipment)
	if err != nil && waymark.CodeOf(err) != waymark.NotFound {
		return "", err
	}
	if terms.Salt = held.Salt; err == nil && same(terms, held) {
		return held.Salt, nil
	}
	var salt [waymark.SaltDigits / 2]byte
	_, _ = rand.Read(salt[:]) // never fails: it ends the process instead
	return hex.EncodeToString(salt[:]), nil
}

// same reports whether two terms have the same canonical form.
func same(a, b waymark.Terms) bool {
	one, err := transientOf(a)
	if err != nil {
		return false
	}
	other, err := transientOf(b)
	return err == nil && bytes.Equal(one[waymark.TransientTerms], other[waymark.TransientTerms])
}

// terms are those that this member holds. Only its own peers are asked.
func (s *Settler) terms(ctx context.Context, as ledger.Identity, shipment string) (waymark.Terms, error) {
	var v waymark.TermsView
	err := s.ask(ctx, as, waymark.SettlementTerms, shipment, &v)
	return v.Terms, err
}

func (s *Settler) view(ctx context.Context, as ledger.Identity, shipment string) (waymark.SettlementView, error) {
	var v waymark.SettlementView
	return v, s.ask(ctx, as, waymark.SettlementGet, shipment, &v)
}

// ask evaluates a query about a shipment. The error of an answer that cannot be read repeats
// nothing of it.
func (s *Settler) ask(ctx context.Context, as ledger.Identity, tx waymark.Transaction, shipment string, answer any) error {
	q := waymark.SettlementQuery{Shipment: shipment}
	if err := q.Validate(); err != nil {
		return err
	}
	answered, err := s.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: tx, Request: q})
	if err != nil {
		return err
	}
	if json.Unmarshal(answered, answer) != nil {
		return fmt.Errorf("the answer of %s cannot be read", tx)
	}
	return nil
}

// parties are the members that may see terms.
func parties(v waymark.SettlementView) []string { return []string{v.Payee, v.Payer} }

// transientOf checks terms and encodes them.
func transientOf(terms waymark.Terms) (map[string][]byte, error) {
	encoded, err := json.Marshal(terms)
	if err != nil {
		return nil, fmt.Errorf("encode terms: %w", err)
	}
	_, canonical, err := waymark.ParseTerms(encoded)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{waymark.TransientTerms: canonical}, nil
}

// unchanged reports whether a transaction with terms writes nothing.
func unchanged(result json.RawMessage) bool {
	var r struct {
		Changed bool `json:"changed"`
	}
	return json.Unmarshal(result, &r) == nil && !r.Changed
}
