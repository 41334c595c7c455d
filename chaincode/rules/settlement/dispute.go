package settlement

import (
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/hold"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/shipment"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Dispute opens a dispute about a shipment, which freezes its escrow and holds its goods. While
// it is open the same request again changes nothing.
func Dispute(l ledger.Ledger, r waymark.OpenDisputeRequest) (*waymark.Dispute, error) {
	s, c, err := authorised(l, r.Shipment, waymark.ActOpenDispute)
	if err != nil {
		return nil, err
	}
	disputes, err := shipment.Disputes(l, s.ID)
	if err != nil {
		return nil, err
	}
	tx := l.Tx()
	if n := len(disputes); n > 0 && disputes[n-1].State == waymark.DisputeOpen {
		last := disputes[n-1]
		if last.Opener == tx.Caller.Member && last.Reason == r.Reason {
			return &last, nil
		}
		return nil, waymark.Errorf(waymark.FailedPrecondition, "dispute %d of shipment %s is open", last.Number, s.ID).Because(waymark.ReasonDisputeOpen)
	}
	t, err := mayDispute(l, s, c, disputes)
	if err != nil {
		return nil, err
	}
	d := &waymark.Dispute{Shipment: s.ID, Number: uint64(len(disputes)) + 1, Opener: tx.Caller.Member, Reason: r.Reason,
		State: waymark.DisputeOpen, Evidence: []waymark.Evidence{}, Opened: tx.Stamp(), Changed: tx.Stamp()}
	if err := freeze(l, t, waymark.SettlementDisputed); err != nil {
		return nil, err
	}
	if err := hold.Dispute(l, s.ID, r.Reason); err != nil {
		return nil, err
	}
	return saveDispute(l, d, waymark.EventDisputeOpened, nil)
}

// mayDispute checks that a dispute can be opened, and returns the settlement that it freezes;
// nil if there is none.
func mayDispute(l ledger.Ledger, s *waymark.Shipment, c *course, disputes []waymark.Dispute) (*waymark.Settlement, error) {
	switch {
	case s.Arbiter == "":
		return nil, waymark.Errorf(waymark.FailedPrecondition, "shipment %s has no arbiter", s.ID).Because(waymark.ReasonNoArbiter)
	case openedBy(disputes, l.Tx().Caller.Member) >= waymark.MaxDisputes/2:
		return nil, waymark.Errorf(waymark.FailedPrecondition, "%s has opened %d disputes about shipment %s", l.Tx().Caller.Member, waymark.MaxDisputes/2, s.ID).Because(waymark.ReasonLimit)
	}
	if err := isAccepted(c); err != nil {
		return nil, err
	}
	t, err := settlementOf(l, s.ID)
	if err != nil {
		return nil, err
	}
	if err := checkOpen(t); err != nil {
		return nil, err
	}
	return t, checkClaim(l, s, c, t, disputes)
}

// checkClaim checks that the caller's member can make claims, or that what is in escrow could have
// been settled a day ago, whoever asked for it.
func checkClaim(l ledger.Ledger, s *waymark.Shipment, c *course, t *waymark.Settlement, disputes []waymark.Dispute) error {
	of, err := claimsOf(l, s, c, disputes)
	if err != nil {
		return err
	}
	member := l.Tx().Caller.Member
	mine, settled := of[member], of[member].Until
	if theirs := of[other(s, member)].Until; theirs.After(settled) {
		settled = theirs
	}
	if overdue := t != nil && l.Tx().Time.After(settled.Add(custody.Patience)); !mine.Open && !overdue {
		return waymark.Errorf(waymark.FailedPrecondition, "%s could make claims about shipment %s until %s, and what is not settled a day after %s can be disputed",
			member, s.ID, mine.Until.Format(time.RFC3339), settled.Format(time.RFC3339)).Because(waymark.ReasonClaimWindow)
	}
	return nil
}

// openedBy counts the disputes that a member opened: each party has its share, so that none
// can use up the other's.
func openedBy(disputes []waymark.Dispute, member string) (n int) {
	for _, d := range disputes {
		if d.Opener == member {
			n++
		}
	}
	return n
}

// freeze freezes a settlement, if there is one, or opens it again.
func freeze(l ledger.Ledger, t *waymark.Settlement, state waymark.SettlementState) error {
	if t == nil {
		return nil
	}
	t.State, t.Changed = state, l.Tx().Stamp()
	return ledger.Save(l, ledger.SettlementKey(t.Shipment), t)
}

func saveDispute(l ledger.Ledger, d *waymark.Dispute, event string, paid *waymark.EscrowEvent) (*waymark.Dispute, error) {
	if err := ledger.Save(l, ledger.DisputeKey(d.Shipment, d.Number), d); err != nil {
		return nil, err
	}
	return d, l.Emit(event, waymark.DisputeEvent{Shipment: d.Shipment, Number: d.Number, Opener: d.Opener, State: d.State, Escrow: paid})
}

// authorisedDispute loads a dispute on which the policies let the caller act.
func authorisedDispute(l ledger.Ledger, shipment string, number uint64, act waymark.Action) (*waymark.Dispute, error) {
	s, _, err := custody.Load(l, shipment)
	if err != nil {
		return nil, err
	}
	d, err := disputeOf(l, shipment, number)
	if err != nil {
		return nil, err
	}
	return d, access.Authorize(l.Tx(), act, access.Settlement(*s, d.Opener))
}

func checkDisputed(d *waymark.Dispute) error {
	if d.State == waymark.DisputeOpen {
		return nil
	}
	return waymark.Errorf(waymark.FailedPrecondition, "dispute %d of shipment %s is %s", d.Number, d.Shipment, d.State).Because(waymark.ReasonDisputeOpen)
}

// AddEvidence adds to an open dispute. The same item again changes nothing.
func AddEvidence(l ledger.Ledger, r waymark.AddEvidenceRequest) (*waymark.Dispute, error) {
	d, err := authorisedDispute(l, r.Shipment, r.Number, waymark.ActAddEvidence)
	if err != nil {
		return nil, err
	}
	member := l.Tx().Caller.Member
	if slices.ContainsFunc(d.Evidence, func(e waymark.Evidence) bool { return e.Item == r.Item && e.Added.Member == member }) {
		return d, nil
	}
	if err := checkDisputed(d); err != nil {
		return nil, err
	}
	if broughtBy(d, member) >= waymark.MaxEvidence/2 {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "%s has brought %d pieces of evidence for dispute %d of shipment %s", member, waymark.MaxEvidence/2, d.Number, d.Shipment).Because(waymark.ReasonLimit)
	}
	if err := checkReferences(l, r); err != nil {
		return nil, err
	}
	d.Evidence, d.Changed = append(d.Evidence, waymark.Evidence{Item: r.Item, Added: l.Tx().Stamp()}), l.Tx().Stamp()
	return saveDispute(l, d, waymark.EventEvidenceAdded, nil)
}

// broughtBy counts the evidence of a member: each party has its share.
func broughtBy(d *waymark.Dispute, member string) (n int) {
	for _, e := range d.Evidence {
		if e.Added.Member == member {
			n++
		}
	}
	return n
}

// checkReferences checks that what evidence names is on the ledger. A transaction cannot be
// looked up from within one.
func checkReferences(r ledger.Reader, q waymark.AddEvidenceRequest) error {
	if q.Item.Handoff > 0 {
		if _, err := custody.HandoffResource(r, q.Shipment, q.Item.Handoff); err != nil {
			return err
		}
	}
	if q.Item.Device == "" {
		return nil
	}
	window, err := r.Get(ledger.WindowKey(q.Item.Device, q.Item.First))
	if err == nil && window == nil {
		err = waymark.Errorf(waymark.NotFound, "there is no window of device %s that begins with message %d", q.Item.Device, q.Item.First)
	}
	return err
}

// Withdraw ends a dispute, by the member that opened it. The same request again changes nothing.
func Withdraw(l ledger.Ledger, r waymark.WithdrawDisputeRequest) (*waymark.Dispute, error) {
	d, err := authorisedDispute(l, r.Shipment, r.Number, waymark.ActWithdrawDispute)
	if err != nil {
		return nil, err
	}
	if d.State == waymark.DisputeWithdrawn && d.Words == r.Reason {
		return d, nil
	}
	if err := checkDisputed(d); err != nil {
		return nil, err
	}
	t, err := settlementOf(l, d.Shipment)
	if err != nil {
		return nil, err
	}
	if t != nil && t.State == waymark.SettlementDisputed { // what two members made of it meanwhile is not open again
		if err := freeze(l, t, waymark.SettlementOpen); err != nil {
			return nil, err
		}
	}
	if err := hold.EndDispute(l, d.Shipment); err != nil {
		return nil, err
	}
	d.State, d.Words, d.Changed = waymark.DisputeWithdrawn, r.Reason, l.Tx().Stamp()
	return saveDispute(l, d, waymark.EventDisputeWithdrawn, nil)
}

// Resolve ends a dispute by a split of the escrow, which is paid out. The same request again
// changes nothing.
func Resolve(l ledger.Ledger, r waymark.ResolveDisputeRequest) (*waymark.Dispute, error) {
	d, err := authorisedDispute(l, r.Shipment, r.Number, waymark.ActResolveDispute)
	if err != nil {
		return nil, err
	}
	if d.State == waymark.DisputeResolved && d.Paid == r.Paid && d.Refunded == r.Refunded && d.Words == r.Words {
		return d, nil
	}
	if err := checkDisputed(d); err != nil {
		return nil, err
	}
	e, err := shipment.Escrow(l, d.Shipment)
	if err != nil {
		return nil, err
	}
	d.State, d.Words, d.Paid, d.Refunded, d.Changed = waymark.DisputeResolved, r.Words, r.Paid, r.Refunded, l.Tx().Stamp()
	if e == nil {
		if err := checkSplit(&waymark.Escrow{}, r.Paid, r.Refunded); err != nil {
			return nil, err
		}
		return saveResolved(l, d, nil)
	}
	return payResolved(l, d, e)
}

// saveResolved writes a dispute that is resolved, and with it lifts the hold.
func saveResolved(l ledger.Ledger, d *waymark.Dispute, paid *waymark.EscrowEvent) (*waymark.Dispute, error) {
	if err := hold.EndDispute(l, d.Shipment); err != nil {
		return nil, err
	}
	return saveDispute(l, d, waymark.EventDisputeResolved, paid)
}

// payResolved pays out an escrow as a dispute was resolved.
func payResolved(l ledger.Ledger, d *waymark.Dispute, e *waymark.Escrow) (*waymark.Dispute, error) {
	_, t, err := load(l, d.Shipment)
	if err != nil {
		return nil, err
	}
	if t.State != waymark.SettlementDisputed {
		return nil, waymark.Errorf(waymark.FailedPrecondition, "the settlement of shipment %s is %s, and not what dispute %d froze", d.Shipment, t.State, d.Number).Because(waymark.ReasonEscrow)
	}
	if err := checkPayable(e, d.Paid, d.Refunded); err != nil {
		return nil, err
	}
	decide(l, t, waymark.BasisArbiter, d.Paid, d.Refunded)
	if err := ledger.Save(l, ledger.SettlementKey(d.Shipment), t); err != nil {
		return nil, err
	}
	_, err = pay(l, e, t, func(paid waymark.EscrowEvent) error {
		_, err := saveResolved(l, d, &paid)
		return err
	})
	return d, err
}
