package waymark

import "slices"

// CheckRequest asks what the caller would be answered, without doing it. The
// action decides which ids are needed.
type CheckRequest struct {
	Action Action `json:"action"`
	// Member is for RegisterMember, ReadMember and ManageAuthority; it is the owner for
	// RegisterDevice and JoinDevice, the consignor for CreateShipment, and who requested it
	// for CancelCommand and, optional, ReadCommand.
	Member   string `json:"member,omitempty" metadata:",optional"`
	Device   string `json:"device,omitempty" metadata:",optional"`   // the device, transfer and command actions and AttachDevice
	Shipment string `json:"shipment,omitempty" metadata:",optional"` // the shipment and handoff actions
	Handoff  uint64 `json:"handoff,omitempty" metadata:",optional"`  // the number, for AcceptHandoff, RejectHandoff and CancelHandoff
}

// Validate checks that the ids which the action needs are there and well formed.
func (r CheckRequest) Validate() error {
	if !slices.Contains(Actions(), r.Action) {
		return InvalidField("/action", "must be one of %v", Actions())
	}
	needsMember, needsDevice, needsShipment, needsHandoff := r.Action.needs()
	return first(
		needed(needsMember, "/member", r.Member),
		needed(needsDevice, "/device", r.Device),
		needed(needsShipment, "/shipment", r.Shipment),
		neededNumber(needsHandoff, "/handoff", r.Handoff),
	)
}

// needs says which ids name the resource of an action.
func (a Action) needs() (member, device, shipment, handoff bool) {
	switch a {
	case ActRegisterMember, ActReadMember, ActManageAuthority:
		return true, false, false, false
	case ActRegisterDevice, ActJoinDevice, ActCancelCommand:
		return true, true, false, false
	case ActManageDevice, ActReadDevice, ActReadTelemetry, ActReport, ActCommandDevice, ActReadCommand,
		ActReplaceDeviceKey, ActOfferTransfer, ActAcceptTransfer, ActDeclineTransfer, ActCancelTransfer:
		return false, true, false, false
	case ActCreateShipment:
		return true, false, true, false
	case ActAttachDevice:
		return false, true, true, false
	case ActReadShipment, ActOfferHandoff:
		return false, false, true, false
	case ActAcceptHandoff, ActRejectHandoff, ActCancelHandoff:
		return false, false, true, true
	default: // about the consortium
		return false, false, false, false
	}
}

func needed(need bool, pointer, id string) error {
	if !need && id == "" {
		return nil
	}
	return ValidateID(pointer, id)
}

func neededNumber(need bool, pointer string, n uint64) error {
	if !need && n == 0 {
		return nil
	}
	return ValidateSequence(pointer, n)
}

// Decision is the outcome of the policies.
type Decision struct {
	Allowed bool `json:"allowed"`
	// Reasons are the ids of the policies that decided, sorted. A denial that
	// no policy speaks for has the one reason "default-deny".
	Reasons []string `json:"reasons"`
}

// DefaultDeny is the reason of a denial that no policy speaks for.
const DefaultDeny = "default-deny"

// Baseline is the consortium's rulebook as the chaincode carries it.
type Baseline struct {
	Policy string `json:"policy"` // Cedar
	Schema string `json:"schema"` // Cedar schema
	SHA256 string `json:"sha256"` // of Policy, lower-case hex
}
