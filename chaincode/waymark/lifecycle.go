package waymark

import "slices"

// ShipmentState is where a shipment is in its lifecycle.
type ShipmentState string

// The states. docs/rules.md has the picture.
const (
	ShipmentDraft      ShipmentState = "draft"      // it may still change
	ShipmentReady      ShipmentState = "ready"      // with the consignor
	ShipmentInCustody  ShipmentState = "in_custody" // with a carrier
	ShipmentDelivered  ShipmentState = "delivered"  // offered to the consignee
	ShipmentRefused    ShipmentState = "refused"    // the consignee rejected it
	ShipmentAccepted   ShipmentState = "accepted"   // the consignee has it, without reservation on any leg
	ShipmentDiscrepant ShipmentState = "accepted_with_discrepancy"
	ShipmentReturned   ShipmentState = "returned" // the consignor has it back
	ShipmentVoid       ShipmentState = "void"     // it never left the consignor

	// Those that a ShipmentView shows of a shipment that is accepted; they are stored nowhere.
	ShipmentSettled ShipmentState = "settled" // its escrow is paid out, and a claim can still be made
	ShipmentClosed  ShipmentState = "closed"  // nothing is to be paid or claimed any more
)

// ShipmentStates returns every state of a shipment.
func ShipmentStates() []ShipmentState {
	return []ShipmentState{ShipmentDraft, ShipmentReady, ShipmentInCustody, ShipmentDelivered, ShipmentRefused,
		ShipmentAccepted, ShipmentDiscrepant, ShipmentReturned, ShipmentVoid, ShipmentSettled, ShipmentClosed}
}

// Ended reports whether the journey is over: the shipment holds nothing any more, and its
// goods are free, with whoever had custody at last.
func (s ShipmentState) Ended() bool {
	return slices.Contains([]ShipmentState{ShipmentAccepted, ShipmentDiscrepant, ShipmentReturned, ShipmentVoid, ShipmentSettled, ShipmentClosed}, s)
}

// Custody says who holds a shipment now.
type Custody struct {
	Shipment  string        `json:"shipment" form:"id"`
	Custodian string        `json:"custodian" form:"id"`
	Leg       uint64        `json:"leg"` // handoffs accepted so far
	State     ShipmentState `json:"state"`
	Reason    string        `json:"reason,omitempty" metadata:",optional" form:"reason"` // why it is void
	Changed   Stamp         `json:"changed"`
	// Recalled are the lots in the goods that were recalled then.
	Recalled []string `json:"recalled,omitempty" metadata:",optional" form:"lots"`
}

// ReadyShipmentRequest makes a draft ready: from then on it never changes.
type ReadyShipmentRequest struct {
	Shipment string `json:"shipment" form:"id"`
}

// Validate checks the form of the request.
func (r ReadyShipmentRequest) Validate() error { return CheckForms(r) }

// VoidShipmentRequest ends a shipment that has not left the consignor.
type VoidShipmentRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Reason   string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r VoidShipmentRequest) Validate() error { return CheckForms(r) }
