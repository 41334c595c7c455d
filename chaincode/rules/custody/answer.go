package custody

import (
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
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
	now, err := acceptable(l, h)
	if err != nil {
		return nil, err
	}
	h.Reservation, h.Exceptions, h.Attestations = r.Reservation, exceptions, evidenceOf(words)
	return accept(l, now, h, words, r.Checked)
}

// accept checks an acceptance against the state of things, and carries it out.
func accept(l ledger.Ledger, now *shipment.State, h *waymark.Handoff, words []word, own []waymark.OwnChecked) (*waymark.Handoff, error) {
	s := &now.Shipment
	if err := placed(l, s.ID, h.Exceptions); err != nil {
		return nil, err
	}
	left, err := goods.Leave(l, s, staying(h.Exceptions), h.From)
	if err != nil {
		return nil, err
	}
	if left != nil {
		now.Keep(left.Lots) // a recall of what stays behind holds nothing of this
	}
	if err := now.MovesTo(h.To); err != nil {
		return nil, err
	}
	f, err := judge(l, now, h, words, own)
	if err != nil {
		return nil, err
	}
	if err := left.Write(l); err != nil {
		return nil, err
	}
	h.State, h.Changed, h.Counts = waymark.HandoffAccepted, l.Tx().Stamp(), waymark.CountExceptions(h.Exceptions)
	h.Recalled = now.Holds.Recalled()
	h.Condition, h.Reasons, h.Verdict = f.state, f.reasons, &f.verdict
	if err := move(l, now, h, f.witnesses); err != nil {
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
func judge(l ledger.Ledger, now *shipment.State, h *waymark.Handoff, words []word, own []waymark.OwnChecked) (*found, error) {
	s, c := &now.Shipment, &now.Cargo
	f, err := findings(l, now, condition.Case{Own: own})
	if err != nil {
		return nil, err
	}
	if err := unmoved(f.verdict.Witnesses, own); err != nil {
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

// unmoved checks that an acceptor that says what its own blocks say of checks saw them up to where they are, of each witness. What
// came in between says nothing against these blocks: it makes that again.
func unmoved(witnesses []waymark.WitnessFinding, own []waymark.OwnChecked) error {
	for _, f := range witnesses {
		if f.Anchored == nil || len(own) == 0 {
			continue
		}
		if !slices.ContainsFunc(own, func(o waymark.OwnChecked) bool { return o.Device == f.Device && o.Checked == f.Anchored.Checked }) {
			return waymark.Errorf(waymark.Conflict, "what device %s anchored is checked up to message %d, which checked does not say: make that again, and accept with it",
				f.Device, f.Anchored.Checked).Because(waymark.ReasonMoved)
		}
	}
	return nil
}

// acceptable returns the shipment of a handoff that can be accepted: it is open and not
// past its time.
func acceptable(l ledger.Ledger, h *waymark.Handoff) (*shipment.State, error) {
	if err := checkOpen(l, h); err != nil {
		return nil, err
	}
	if l.Tx().Time.After(h.ExpiresAt) {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "handoff %d of shipment %s has expired", h.Number, h.Shipment).Because(waymark.ReasonExpired)
	}
	now, err := shipment.Load(l, h.Shipment)
	if err != nil {
		return nil, err
	}
	return now, shipment.NotRefunded(l, &now.Shipment, h.To)
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
	now, err := shipment.Load(l, r.Shipment)
	if err != nil {
		return nil, err
	}
	h.State, h.Reason, h.Changed, h.Recalled = to, r.Reason, l.Tx().Stamp(), now.Holds.Recalled()
	if err := withdrawn(l, now, h); err != nil {
		return nil, err
	}
	return saveHandoff(l, h, event)
}

// withdrawn writes that nothing is offered any more. A shipment that the consignee
// rejects is refused; any other goes back to where it was.
func withdrawn(l ledger.Ledger, now *shipment.State, h *waymark.Handoff) error {
	key, c := ledger.CustodyKey(now.Shipment.ID), &now.Custody
	g, err := guardOf(l, now.Shipment.ID)
	if err != nil {
		return err
	}
	state := before(c, g)
	if h.State == waymark.HandoffRejected && h.To == now.Shipment.Consignee {
		state = waymark.ShipmentRefused
	}
	if err := ledger.Save(l, ledger.GuardKey(now.Shipment.ID), &guard{Last: h.Number}); err != nil {
		return err
	}
	if err := enter(l, now, state); err != nil {
		return err
	}
	return l.Protect(key, now.AtRest())
}

// authorised loads a handoff on which the policies let the caller act.
func authorised(l ledger.Ledger, id string, number uint64, act waymark.Action) (*waymark.Handoff, error) {
	h, err := shipment.Handoff(l, id, number)
	if err != nil {
		return nil, err
	}
	return h, access.Authorize(l.Tx(), act, access.Handoff(*h))
}

// checkOpen checks that a handoff is the one that waits for an answer.
func checkOpen(r ledger.Reader, h *waymark.Handoff) error {
	g, err := guardOf(r, h.Shipment)
	if err != nil {
		return err
	}
	if !g.Open || g.Last != h.Number {
		return waymark.Errorf(waymark.FailedPrecondition, "handoff %d of shipment %s is not open", h.Number, h.Shipment).Because(waymark.ReasonHandoffOpen)
	}
	return nil
}
