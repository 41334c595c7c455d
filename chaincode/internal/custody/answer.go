package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/access"
	"github.com/waymark-ledger/waymark/chaincode/internal/goods"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Accept moves custody to the caller's member, on the word of devices where the shipment
// needs it. Where the verdict is neither conformant nor released it needs a reservation in words, which
// opens a discrepancy, and so do exceptions. The same acceptance again changes nothing.
func Accept(l ledger.Ledger, r waymark.AcceptHandoffRequest) (*waymark.Handoff, error) {
	h, err := authorised(l, r.Shipment, r.Number, waymark.ActAcceptHandoff)
	if err != nil {
		return nil, err
	}
	words, err := hear(l, r.Attestations)
	if err != nil {
		return nil, err
	}
	exceptions := normal(r.Exceptions)
	if h.State == waymark.HandoffAccepted && h.Reservation == r.Reservation && saidBefore(h, words) && slices.Equal(h.Exceptions, exceptions) {
		return h, nil
	}
	if err := mayAccept(l, h); err != nil {
		return nil, err
	}
	h.Reservation, h.Exceptions, h.Attestations = r.Reservation, exceptions, evidenceOf(words)
	return accept(l, h, words)
}

// accept checks an acceptance against the state of things, and carries it out.
func accept(l ledger.Ledger, h *waymark.Handoff, words []word) (*waymark.Handoff, error) {
	s, c, err := load(l, h.Shipment)
	if err != nil {
		return nil, err
	}
	if err := goods.CheckRecalls(l, s.Lots, h.To); err != nil {
		return nil, err
	}
	f, err := judge(l, s, c, h, words)
	if err != nil {
		return nil, err
	}
	if err := placed(l, s.ID, h.Exceptions); err != nil {
		return nil, err
	}
	if err := goods.Leave(l, s.ID, staying(h.Exceptions), h.From); err != nil {
		return nil, err
	}
	h.State, h.Changed, h.Counts = waymark.HandoffAccepted, l.Tx().Stamp(), waymark.CountExceptions(h.Exceptions)
	h.Condition, h.Reasons, h.Verdict = f.state, f.reasons, &f.verdict
	if err := move(l, s, c, h, f.witnesses); err != nil {
		return nil, err
	}
	opened, err := openDiscrepancy(l, s, h)
	if err != nil {
		return nil, err
	}
	return saveWith(l, h, waymark.EventHandoffAccepted, opened)
}

// judge finds the verdict of an acceptance, notes what became of the seals, and checks
// that there are words if it is not conformant.
func judge(l ledger.Ledger, s *waymark.Shipment, c *waymark.Custody, h *waymark.Handoff, words []word) (*found, error) {
	f, err := findingsNow(l, s)
	if err != nil {
		return nil, err
	}
	if err := believe(l, h, f.witnesses, words); err != nil {
		return nil, err
	}
	seals, intact, err := inspect(c.Seals, words)
	if err != nil {
		return nil, err
	}
	c.Seals = seals
	f.because(evidence(s, f.witnesses, words, intact))
	if !f.state.Clean() && h.Reservation == "" {
		return nil, refusal(s.ID, f)
	}
	return f, nil
}

func mayAccept(l ledger.Ledger, h *waymark.Handoff) error {
	if err := checkOpen(l, h); err != nil {
		return err
	}
	if l.Tx().Time.After(h.ExpiresAt) {
		return waymark.Errorf(waymark.FailedPrecondition, "handoff %d of shipment %s has expired", h.Number, h.Shipment).Because(waymark.ReasonExpired)
	}
	return nil
}

func refusal(shipment string, f *found) error {
	return waymark.Errorf(waymark.FailedPrecondition,
		"the conditions of shipment %s are %s: reject, or accept with a reservation", shipment, f.state).Because(f.reasons...)
}

// Reject declines an offer: by the member it was made to.
func Reject(l ledger.Ledger, r waymark.EndHandoffRequest) (*waymark.Handoff, error) {
	return end(l, r, waymark.ActRejectHandoff, waymark.HandoffRejected, waymark.EventHandoffRejected)
}

// Cancel withdraws an offer: by the member that made it.
func Cancel(l ledger.Ledger, r waymark.EndHandoffRequest) (*waymark.Handoff, error) {
	return end(l, r, waymark.ActCancelHandoff, waymark.HandoffCancelled, waymark.EventHandoffCancelled)
}

func end(l ledger.Ledger, r waymark.EndHandoffRequest, act waymark.Action, to waymark.HandoffState, event string) (*waymark.Handoff, error) {
	h, err := authorised(l, r.Shipment, r.Number, act)
	if err != nil {
		return nil, err
	}
	if h.State == to && h.Reason == r.Reason { // the same again changes nothing
		return h, nil
	}
	if err := checkOpen(l, h); err != nil {
		return nil, err
	}
	s, c, err := load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	h.State, h.Reason, h.Changed = to, r.Reason, l.Tx().Stamp()
	if err := ledger.Save(l, ledger.GuardKey(s.ID), &guard{Last: h.Number}); err != nil {
		return nil, err
	}
	if err := l.Protect(ledger.CustodyKey(s.ID), atRest(*s, *c)); err != nil {
		return nil, err
	}
	return saveHandoff(l, h, event)
}

// authorised loads a handoff on which the policies let the caller act.
func authorised(l ledger.Ledger, shipment string, number uint64, act waymark.Action) (*waymark.Handoff, error) {
	h, err := requireHandoff(l, shipment, number)
	if err != nil {
		return nil, err
	}
	return h, access.Authorize(l.Tx(), act, access.Handoff(*h))
}

// checkOpen checks that a handoff is the one that waits for an answer.
func checkOpen(r ledger.Reader, h *waymark.Handoff) error {
	g, err := ledger.Require[guard](r, ledger.GuardKey(h.Shipment), "guard of "+h.Shipment)
	if err != nil {
		return err
	}
	if !g.Open || g.Last != h.Number {
		return waymark.Errorf(waymark.FailedPrecondition, "handoff %d of shipment %s is not open", h.Number, h.Shipment).Because(waymark.ReasonHandoffOpen)
	}
	return nil
}
