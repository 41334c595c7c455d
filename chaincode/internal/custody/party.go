package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// parties are the members that a shipment concerns: consignor, consignee,
// arbiter, and everyone who holds, held or is offered it.
func parties(s waymark.Shipment, c waymark.Custody, handoffs []waymark.Handoff) []string {
	return s.Parties(c, handoffs)
}

// atRest is who must endorse a change of custody while nothing is offered: two of
// custodian, title holder and arbiter. Until title moves apart from custody the
// consignor holds it. Where these are fewer than two members the consignee joins.
func atRest(s waymark.Shipment, c waymark.Custody) ledger.Quorum {
	return twoOf(s.Consignee, c.Custodian, s.Consignor, s.Arbiter)
}

// whileOffered is who must endorse while a handoff is open: two of offeror,
// offeree and arbiter.
func whileOffered(s waymark.Shipment, h waymark.Handoff) ledger.Quorum {
	return twoOf(s.Consignee, h.From, h.To, s.Arbiter)
}

// twoOf makes the quorum of any two of members, sorted and each once; spare joins
// when there would be only one. No single member ever suffices.
func twoOf(spare string, members ...string) ledger.Quorum {
	ids := slices.DeleteFunc(slices.Clone(members), func(id string) bool { return id == "" })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 1 {
		ids = append(ids, spare)
		slices.Sort(ids)
	}
	return ledger.Quorum{Need: 2, Members: ids}
}
