package settlement

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// authorised loads a shipment on whose settlement the policies let the caller act, and how far it
// has come.
func authorised(l ledger.Ledger, id string, act waymark.Action) (*waymark.Shipment, *course, error) {
	s, c, err := custody.Load(l, id)
	if err != nil {
		return nil, nil, err
	}
	if err := access.Authorize(l.Tx(), act, access.Settlement(*s, "")); err != nil {
		return nil, nil, err
	}
	handoffs, err := shipment.Handoffs(l, id)
	return s, &course{custody: c, handoffs: handoffs, stage: stageOf(s, c, handoffs)}, err
}

// Resource is the settlement of a shipment, with its last dispute, as the policies see it now.
func Resource(r ledger.Reader, id string) (access.Entity, error) {
	s, _, err := custody.Load(r, id)
	if err != nil {
		return access.Entity{}, err
	}
	disputes, err := shipment.Disputes(r, id)
	if err != nil || len(disputes) == 0 {
		return access.Settlement(*s, ""), err
	}
	return access.Settlement(*s, disputes[len(disputes)-1].Opener), nil
}

// maxExcursions bounds the excursions of a shipment that terms are held against. With more,
// the arbiter decides.
const maxExcursions = 5000

// found is what the ledger found about an accepted shipment.
func found(r ledger.Reader, s *waymark.Shipment, c *course) (facts, error) {
	f := facts{conditions: waymark.Resolve(s.Conditions), payer: s.Consignee}
	excursions, more, err := ledger.Some[waymark.Excursion](r, ledger.Excursions(s.ID), maxExcursions)
	if err != nil {
		return f, err
	}
	if more {
		return f, waymark.Errorf(waymark.FailedPrecondition, "shipment %s has more than %d excursions", s.ID, maxExcursions).Because(waymark.ReasonLimit)
	}
	f.excursions = excursions
	last := accepted(c.handoffs)
	f.exceptions, f.verdict, f.delivered = exceptionsOf(c.handoffs), last.Verdict, last.Offered.Time
	f.delayed, err = hold.Delayed(r, s.ID, s.Consignee)
	return f, err
}

// exceptionsOf are the reasons of the things that were not as they should be. What was received
// can be named by each who accepts it, and counts once.
func exceptionsOf(handoffs []waymark.Handoff) []waymark.ExceptionReason {
	type fault struct {
		goods  string
		reason waymark.ExceptionReason
	}
	var reasons []waymark.ExceptionReason
	named := map[fault]bool{}
	for _, h := range handoffs {
		for _, e := range h.Exceptions {
			f := fault{e.Goods, e.Reason}
			if e.Reason.Stays() || !named[f] {
				reasons = append(reasons, e.Reason)
			}
			named[f] = true
		}
	}
	return reasons
}

// twoOfThree is who must endorse what concerns the parties and their arbiter: any two.
func twoOfThree(s *waymark.Shipment) ledger.Quorum {
	return ledger.Quorum{Need: 2, Members: slices.Sorted(slices.Values(concerned(s)))}
}

// withIssuer is who must endorse a change of money in escrow: two of parties and arbiter, and
// the issuer always, since it owes the money.
func withIssuer(s *waymark.Shipment, issuer string) ledger.Quorum {
	q := twoOfThree(s)
	others := slices.DeleteFunc(q.Members, func(id string) bool { return id == issuer })
	q.Need -= len(concerned(s)) - len(others)
	q.Members, q.Always = others, []string{issuer}
	return q
}

func concerned(s *waymark.Shipment) []string {
	ids := []string{s.Consignor, s.Consignee}
	if s.Arbiter != "" {
		ids = append(ids, s.Arbiter)
	}
	return ids
}

// other returns the party that a member is not.
func other(s *waymark.Shipment, member string) string {
	if member == s.Consignor {
		return s.Consignee
	}
	return s.Consignor
}

// claimsOf finds the claims of both parties about a shipment that was accepted, now.
func claimsOf(l ledger.Ledger, s *waymark.Shipment, c *course, disputes []waymark.Dispute) (custody.Claims, error) {
	discrepancies, err := custody.Discrepancies(l, s.ID)
	if err != nil {
		return nil, err
	}
	return custody.ClaimsOf(s, accepted(c.handoffs).Changed.Time, c.handoffs, discrepancies, disputes, l.Tx().Time), nil
}
