package settlement

import (
	"fmt"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// course is how far the journey of a shipment has come, as its settlement sees it.
type course struct {
	stage
	custody  *waymark.Custody
	handoffs []waymark.Handoff // oldest first
}

// String says it in words.
func (c *course) String() string {
	return fmt.Sprintf("shipment %s is %s", c.custody.Shipment, c.custody.State)
}

// stage is where on its journey a shipment is.
type stage int

const (
	underWay  stage = iota
	delivered       // and accepted by the consignee
	over            // without that: nothing will be accepted any more
	draft           // it may still become another
)

// stageOf finds the stage by the handoffs, which are under the policy of the chaincode. Custody is
// not believed: two members can write it that are neither payer nor arbiter, as a carrier and a payee
// that has title, and nobody is paid on the word of those. Only where nothing was handed over yet
// it tells of a draft, or that the consignor made the shipment void.
func stageOf(s *waymark.Shipment, c *waymark.Custody, handoffs []waymark.Handoff) stage {
	last := accepted(handoffs)
	switch {
	case last != nil && last.To == s.Consignee:
		return delivered
	case last != nil && last.To == s.Consignor, last == nil && c.State == waymark.ShipmentVoid:
		return over
	case last == nil && c.State == waymark.ShipmentDraft:
		return draft
	default:
		return underWay
	}
}

// accepted is the last handoff that was accepted, nil if none was.
func accepted(handoffs []waymark.Handoff) *waymark.Handoff {
	for i, h := range slices.Backward(handoffs) {
		if h.State == waymark.HandoffAccepted {
			return &handoffs[i]
		}
	}
	return nil
}

// isAccepted checks that the consignee accepted a shipment.
func isAccepted(c *course) error {
	if c.stage == delivered {
		return nil
	}
	return waymark.Errorf(waymark.FailedPrecondition, "shipment %s is not accepted", c.custody.Shipment).Because(waymark.ReasonAccepted)
}
