package waymark

import "slices"

// HoldKind is why a shipment may not move.
type HoldKind string

// The kinds.
const (
	HoldPendingData HoldKind = "pending_data" // data about it is awaited
	HoldQuarantine  HoldKind = "quarantine"   // quality has yet to decide
	HoldRecall      HoldKind = "recall"       // a lot in it is recalled: it comes and goes with the recall
	HoldDispute     HoldKind = "dispute"      // it is disputed: it comes and goes with the dispute
)

// HoldKinds returns every kind of hold, in the order in which holds are listed.
func HoldKinds() []HoldKind {
	return []HoldKind{HoldPendingData, HoldQuarantine, HoldRecall, HoldDispute}
}

// Reason is the id with which a hold of the kind refuses.
func (k HoldKind) Reason() string {
	switch k {
	case HoldPendingData:
		return ReasonPendingData
	case HoldQuarantine:
		return ReasonQuarantine
	case HoldRecall:
		return ReasonRecall
	default:
		return ReasonDispute
	}
}

// Hold is why a shipment may not move: the last one of its kind. While it stands no
// handoff and no title of the shipment is offered or accepted.
type Hold struct {
	Shipment string   `json:"shipment" form:"id"`
	Kind     HoldKind `json:"kind"`
	Reason   string   `json:"reason"`
	Set      Stamp    `json:"set"`
	Leg      uint64   `json:"leg,omitempty" metadata:",optional"` // on which it was set: handoffs accepted by then
	// Overruled are the members whose hold of the kind another member lifted on that leg, sorted:
	// they set none until the goods have moved on.
	Overruled []string `json:"overruled,omitempty" metadata:",optional"`
	// SetBy are all members that have set one of the kind, this one and those before it, sorted; records of
	// before it was kept name the last alone, in Set.
	SetBy []string `json:"set_by,omitempty" metadata:",optional"`
	// Lifted is absent while the hold stands.
	Lifted *Stamp `json:"lifted,omitempty" metadata:",optional"`
	Why    string `json:"why,omitempty" metadata:",optional"` // it was lifted
	// Recalled are the lots in the goods that were recalled when somebody set or lifted it.
	Recalled []string `json:"recalled,omitempty" metadata:",optional" form:"lots"`
}

// OverruledOn are the members that may set no hold of the kind on a leg; h is the last one.
func (h *Hold) OverruledOn(leg uint64) []string {
	if h == nil || h.Leg != leg {
		return nil
	}
	return h.Overruled
}

// Setters are the members that have set a hold of the kind, sorted; h is the last one.
func (h *Hold) Setters() []string {
	if h == nil {
		return nil
	}
	all := append(slices.Clone(h.SetBy), h.Set.Member)
	slices.Sort(all)
	return slices.Compact(all)
}

// HandSetKinds are the kinds of hold that somebody sets by hand.
func HandSetKinds() []HoldKind { return []HoldKind{HoldPendingData, HoldQuarantine} }

// HoldRequest sets a hold of kind pending_data or quarantine, or lifts it.
type HoldRequest struct {
	Shipment string   `json:"shipment" form:"id"`
	Kind     HoldKind `json:"kind"`
	Reason   string   `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r HoldRequest) Validate() error {
	return first(CheckForms(r), validateSettable("/kind", r.Kind))
}

// validateSettable checks that a hold is of a kind that somebody sets by hand.
func validateSettable(pointer string, kind HoldKind) error {
	if settable := HandSetKinds(); !slices.Contains(settable, kind) {
		return InvalidField(pointer, "must be one of %v", settable)
	}
	return nil
}
