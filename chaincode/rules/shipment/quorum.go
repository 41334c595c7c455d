package shipment

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// AtRest is who must endorse a change of custody while no handoff is offered, and of
// title while that is not: two of custodian, title holder and arbiter.
func (s *State) AtRest() ledger.Quorum {
	return twoOf(s.Shipment, s.Custody.Custodian, s.Title.Holder, s.Shipment.Arbiter)
}

// Between is who must endorse while something is offered: two of offeror, offeree and
// arbiter.
func Between(s waymark.Shipment, from, to string) ledger.Quorum {
	return twoOf(s, from, to, s.Arbiter)
}

// twoOf makes the quorum of any two of members, sorted and each once. Where these are
// one member the consignee joins it, and the consignor if it is the consignee: no single
// member ever suffices.
func twoOf(s waymark.Shipment, members ...string) ledger.Quorum {
	ids := slices.DeleteFunc(slices.Clone(members), func(id string) bool { return id == "" })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 1 {
		other := s.Consignee
		if other == ids[0] {
			other = s.Consignor
		}
		ids = append(ids, other)
		slices.Sort(ids)
	}
	return ledger.Quorum{Need: 2, Members: ids}
}

// ProtectCustody makes the next change of custody need whom it concerns, after title has
// moved. While a handoff is open it needs the two sides of that, and stays as it is; past its
// time that has no say any more.
func ProtectCustody(l ledger.Ledger, s *State) error {
	if n := len(s.Handoffs); n > 0 && s.Handoffs[n-1].At(l.Tx().Time).State == waymark.HandoffOffered {
		return nil
	}
	return l.Protect(ledger.CustodyKey(s.Shipment.ID), s.AtRest())
}

// ProtectTitle makes the next change of title need whom it concerns, after custody has
// moved. While title is offered it needs the two sides of that, and stays as it is, until that
// is past its time.
func ProtectTitle(l ledger.Ledger, s *State) error {
	if s.TitleOffer != nil && s.TitleOffer.At(l.Tx().Time).State == waymark.TitleOffered {
		return nil
	}
	return SaveTitle(l, s, s.AtRest())
}

// SaveTitle writes title with who must endorse its next change. The record is written
// even where it stays the same: a shipment of before title was kept apart has none, and
// what is not there cannot be protected.
func SaveTitle(l ledger.Ledger, s *State, q ledger.Quorum) error {
	key := ledger.TitleKey(s.Shipment.ID)
	if err := ledger.Save(l, key, &s.Title); err != nil {
		return err
	}
	return l.Protect(key, q)
}
