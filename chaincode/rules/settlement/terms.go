package settlement

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Propose stores terms, which come as transient data, in the collections of both parties, in
// place of any before that were not agreed on. The same again changes nothing. It returns,
// and tells in its event, nothing of the terms but their salted hash.
func Propose(l ledger.Ledger, r waymark.ProposeTermsRequest) (*waymark.StoredTerms, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActAgreeOnTerms)
	if err != nil {
		return nil, err
	}
	terms, canonical, err := transient(l.Tx().Terms, s)
	if err != nil {
		return nil, err
	}
	hash := hashOf(canonical)
	stored := &waymark.StoredTerms{Shipment: s.ID, SHA256: hash}
	if there, err := bothHold(l, s, hash); err != nil || there {
		return stored, err
	}
	if err := mayPropose(l, s, c, terms); err != nil {
		return nil, err
	}
	for _, party := range []string{s.Consignor, s.Consignee} {
		if err := l.PutPrivate(party, ledger.TermsKey(s.ID), canonical); err != nil {
			return nil, err
		}
	}
	stored.Changed = true
	return stored, l.Emit(waymark.EventTermsProposed, waymark.TermsEvent{Shipment: s.ID, Member: l.Tx().Caller.Member, SHA256: hash})
}

// transient reads terms of a shipment that came as transient data. Their faults are told
// without a word of them.
func transient(private ledger.Private, s *waymark.Shipment) (waymark.Terms, ledger.Private, error) {
	terms, canonical, err := waymark.ParseTerms(private.Reveal()) //private: parsed, to be held against what is public
	if err != nil || terms.Shipment != s.ID {
		return terms, ledger.Private{}, waymark.InvalidField("/terms", "must come as transient data %q, in JSON, and be of shipment %s", waymark.TransientTerms, s.ID)
	}
	return terms, ledger.NewPrivate(canonical), nil
}

// hashOf is the hash that Fabric makes public of a private value.
func hashOf(value ledger.Private) string {
	sum := sha256.Sum256(value.Reveal()) //private: what is hashed has a salt
	return hex.EncodeToString(sum[:])
}

func mayPropose(r ledger.Reader, s *waymark.Shipment, c *course, terms waymark.Terms) error {
	if c.stage != underWay {
		return waymark.Errorf(waymark.FailedPrecondition, "%s", c).Because(waymark.ReasonShipment)
	}
	a, err := agreementOf(r, s)
	if err != nil {
		return err
	}
	if a.Both() {
		return waymark.Errorf(waymark.FailedPrecondition, "the terms of shipment %s are agreed on", s.ID).Because(waymark.ReasonTerms)
	}
	for _, p := range terms.Conditions {
		if !slices.ContainsFunc(waymark.Resolve(s.Conditions), func(c waymark.Condition) bool { return c.ID == p.Condition && fits(p, c) }) {
			return waymark.Errorf(waymark.FailedPrecondition, "the terms are about a condition or a side of it that shipment %s has not", s.ID).Because(waymark.ReasonTerms)
		}
	}
	return nil
}

// fits reports whether a condition can be broken as a penalty says: a range on a side that it
// bounds, another one as a whole.
func fits(p waymark.ConditionPenalty, c waymark.Condition) bool {
	switch {
	case c.Kind != waymark.ConditionRange:
		return p.Side == ""
	case p.Side == waymark.Below:
		return c.Minimum != ""
	default:
		return p.Side == waymark.Above && c.Maximum != ""
	}
}

// bothHold reports whether both parties hold the terms with a hash.
func bothHold(r ledger.PrivateReader, s *waymark.Shipment, hash string) (bool, error) {
	want, err := hex.DecodeString(hash)
	if err != nil {
		return false, err
	}
	for _, party := range []string{s.Consignor, s.Consignee} {
		got, err := r.PrivateHash(party, ledger.TermsKey(s.ID))
		if err != nil || !bytes.Equal(got, want) {
			return false, err
		}
	}
	return true, nil
}

// Agree notes that the caller's member agrees to the terms with a hash, which both parties
// must hold. The same again changes nothing.
func Agree(l ledger.Ledger, r waymark.AgreeTermsRequest) (*waymark.Agreement, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActAgreeOnTerms)
	if err != nil {
		return nil, err
	}
	a, err := agreementOf(l, s)
	if err != nil {
		return nil, err
	}
	if a != nil && a.SHA256 == r.SHA256 && agreed(a, l.Tx().Caller.Member) {
		return a, nil
	}
	if err := mayAgree(l, s, c, a, r); err != nil {
		return nil, err
	}
	return agree(l, s, a, r.SHA256)
}

// agree adds the caller's member to an agreement. Who agreed to other terms has not agreed to
// these.
func agree(l ledger.Ledger, s *waymark.Shipment, a *waymark.Agreement, hash string) (*waymark.Agreement, error) {
	if a == nil || a.SHA256 != hash {
		a = &waymark.Agreement{Shipment: s.ID, Payer: s.Consignee, Payee: s.Consignor, SHA256: hash}
	}
	a.Agreed = append(a.Agreed, l.Tx().Stamp())
	if err := ledger.Save(l, ledger.AgreementKey(s.ID), a); err != nil {
		return nil, err
	}
	if err := l.Protect(ledger.AgreementKey(s.ID), twoOfThree(s)); err != nil {
		return nil, err
	}
	return a, l.Emit(waymark.EventTermsAgreed, waymark.TermsEvent{Shipment: s.ID, Member: l.Tx().Caller.Member, SHA256: a.SHA256, Both: a.Both()})
}

func agreed(a *waymark.Agreement, member string) bool {
	return slices.ContainsFunc(a.Agreed, func(s waymark.Stamp) bool { return s.Member == member })
}

func mayAgree(r ledger.Ledger, s *waymark.Shipment, c *course, a *waymark.Agreement, q waymark.AgreeTermsRequest) error {
	if a.Both() {
		return waymark.Errorf(waymark.FailedPrecondition, "other terms of shipment %s are agreed on", s.ID).Because(waymark.ReasonTerms)
	}
	if c.stage != underWay {
		return waymark.Errorf(waymark.FailedPrecondition, "%s", c).Because(waymark.ReasonShipment)
	}
	held, err := bothHold(r, s, q.SHA256)
	if err == nil && !held {
		err = waymark.Errorf(waymark.FailedPrecondition, "the parties of shipment %s do not both hold terms with this hash: read them again", s.ID).Because(waymark.ReasonTerms)
	}
	return err
}

// Purge removes the caller's member's copy of the terms for good, if nobody needs it any
// more: the escrow has ended, or there is none and the terms are not agreed on, or never
// will be paid by. The same again changes nothing.
func Purge(l ledger.Ledger, r waymark.PurgeTermsRequest) (*waymark.StoredTerms, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActAgreeOnTerms)
	if err != nil {
		return nil, err
	}
	member, stored := l.Tx().Caller.Member, &waymark.StoredTerms{Shipment: s.ID}
	hash, err := l.PrivateHash(member, ledger.TermsKey(s.ID))
	if err != nil || hash == nil {
		return stored, err
	}
	if err := mayPurge(l, s, c); err != nil {
		return nil, err
	}
	if err := l.PurgePrivate(member, ledger.TermsKey(s.ID)); err != nil {
		return nil, err
	}
	stored.Changed = true
	return stored, l.Emit(waymark.EventTermsPurged, waymark.TermsEvent{Shipment: s.ID, Member: member})
}

func mayPurge(r ledger.Reader, s *waymark.Shipment, c *course) error {
	a, err := agreementOf(r, s)
	if err != nil {
		return err
	}
	e, err := shipment.Escrow(r, s.ID)
	if err != nil {
		return err
	}
	needed := a.Both() && c.stage == underWay
	if e != nil {
		needed = e.State == waymark.EscrowFunded
	}
	if needed {
		return waymark.Errorf(waymark.FailedPrecondition, "the terms of shipment %s are agreed on, and its escrow has not ended", s.ID).Because(waymark.ReasonEscrow)
	}
	return nil
}

// Terms returns the terms as the caller's member has them: only its own peers can answer.
func Terms(l ledger.Ledger, q waymark.SettlementQuery) (*waymark.TermsView, error) {
	s, _, err := authorised(l, q.Shipment, waymark.ActReadTerms)
	if err != nil {
		return nil, err
	}
	value, err := l.GetPrivate(l.Tx().Caller.Member, ledger.TermsKey(s.ID))
	if err != nil {
		return nil, err
	}
	if value.Absent() {
		return nil, waymark.Errorf(waymark.NotFound, "%s has no terms of shipment %s", l.Tx().Caller.Member, s.ID)
	}
	terms, _, err := waymark.ParseTerms(value.Reveal()) //private: the answer to a party
	if err != nil {
		return nil, err
	}
	return &waymark.TermsView{SHA256: hashOf(value), Terms: terms}, nil
}
