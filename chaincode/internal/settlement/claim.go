package settlement

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/internal/custody"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// patience is how long after an escrow can be settled either party may turn to the arbiter,
// since it has not been: so the side that does not endorse gains nothing but time. It is also
// how long the other side has after a dispute was withdrawn.
const patience = 24 * time.Hour

// claim is the time in which a party can make claims about a shipment that was accepted.
type claim struct {
	open bool
	// until is when it ends, or ended: the last acceptance if all were clean.
	until time.Time
}

// extend makes a claim last at least until then.
func (c *claim) extend(until, now time.Time) {
	if until.After(c.until) {
		c.until, c.open = until, !now.After(until)
	}
}

// claims are those of the two parties.
type claims map[string]claim

// claimsOf finds the claims of both parties. What was reserved on any leg can be claimed for a
// whole window after the last acceptance, for before that there is no dispute. A waiver ends
// the claims of the party that waived and of no other; a withdrawn dispute leaves the other
// party time for its own.
func claimsOf(l ledger.Ledger, s *waymark.Shipment, c *waymark.Custody, disputes []waymark.Dispute) (claims, error) {
	discrepancies, err := custody.Discrepancies(l, s.ID)
	if err != nil {
		return nil, err
	}
	all, now := claim{until: c.Changed.Time}, l.Tx().Time
	for _, d := range discrepancies {
		all.extend(d.ClaimUntil, now)
		all.extend(c.Changed.Time.Add(s.ClaimWindow()), now)
	}
	of := claims{}
	for _, party := range []string{s.Consignor, s.Consignee} {
		made := all
		if at := waived(discrepancies, party); at != nil {
			made = claim{until: *at}
		}
		for _, d := range disputes {
			if d.State == waymark.DisputeWithdrawn && d.Opener != party {
				made.extend(d.Changed.Time.Add(patience), now)
			}
		}
		of[party] = made
	}
	return of, nil
}

// waived returns when a party gave up what it had reserved, if it did: a shipment ends with the
// one acceptance of its consignee, and the last waiver counts.
func waived(discrepancies []waymark.Discrepancy, party string) (at *time.Time) {
	for _, d := range discrepancies {
		if d.By == party && d.Waived != nil {
			at = &d.Waived.By.Time
		}
	}
	return at
}

// other returns the party that a member is not.
func other(s *waymark.Shipment, member string) string {
	if member == s.Consignor {
		return s.Consignee
	}
	return s.Consignor
}
