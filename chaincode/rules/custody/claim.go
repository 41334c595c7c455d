package custody

import (
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Patience is how long after an escrow can be settled either party may turn to the arbiter,
// since it has not been: so the side that does not endorse gains nothing but time. It is also
// how long the other side has after a dispute was withdrawn.
const Patience = 24 * time.Hour

// Claim is the time in which a party can make claims about a shipment that was accepted.
type Claim struct {
	Open bool
	// Until is when it ends, or ended: the last acceptance if all were clean.
	Until time.Time
}

// extend makes a claim last at least until then.
func (c *Claim) extend(until, now time.Time) {
	if until.After(c.Until) {
		c.Until, c.Open = until, !now.After(until)
	}
}

// Claims are those of the two parties, consignor and consignee.
type Claims map[string]Claim

// Open reports whether either party can still make claims.
func (c Claims) Open(s *waymark.Shipment) bool { return c[s.Consignor].Open || c[s.Consignee].Open }

// ClaimsOf finds the claims of both parties about a shipment that was accepted at a time, as they are now, by its
// handoffs, discrepancies and disputes. What was reserved on any leg can be claimed for a
// whole window after the last acceptance, for before that there is no dispute. So can, by the consignor, that the
// consignee turned the goods away before: that may have made them late. A waiver ends
// the claims of the party that waived and of no other; a withdrawn dispute leaves the other
// party time for its own.
func ClaimsOf(s *waymark.Shipment, accepted time.Time, handoffs []waymark.Handoff, discrepancies []waymark.Discrepancy, disputes []waymark.Dispute, now time.Time) Claims {
	all, window := Claim{Until: accepted}, accepted.Add(s.ClaimWindow())
	for _, d := range discrepancies {
		all.extend(d.ClaimUntil, now)
		all.extend(window, now)
	}
	of := Claims{}
	for _, party := range []string{s.Consignor, s.Consignee} {
		made := all
		if at := waived(discrepancies, party); at != nil {
			made = Claim{Until: *at}
		}
		if party == s.Consignor && slices.ContainsFunc(handoffs, func(h waymark.Handoff) bool { return turnedAway(s, h) }) {
			made.extend(window, now)
		}
		for _, d := range disputes {
			if d.State == waymark.DisputeWithdrawn && d.Opener != party {
				made.extend(d.Changed.Time.Add(Patience), now)
			}
		}
		of[party] = made
	}
	return of
}

// turnedAway reports whether the consignee rejected a handoff, or left it without an answer.
func turnedAway(s *waymark.Shipment, h waymark.Handoff) bool {
	return h.To == s.Consignee && (h.State == waymark.HandoffRejected || h.State == waymark.HandoffExpired)
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
