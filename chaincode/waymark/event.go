package waymark

import "time"

// The names of the events. A transaction that changes something emits exactly one.
const (
	EventMemberRegistered   = "member.registered"
	EventDeviceRegistered   = "device.registered"
	EventDeviceSuspended    = "device.suspended"
	EventDeviceResumed      = "device.resumed"
	EventDeviceRetired      = "device.retired"
	EventDeviceKeyRotated   = "device.key_rotated"
	EventTelemetryRecorded  = "telemetry.recorded"
	EventTelemetryDisclosed = "telemetry.disclosed"
	EventTelemetryChecked   = "telemetry.checked"
	EventTelemetryForfeited = "telemetry.forfeited"
	EventShipmentCreated    = "shipment.created"
	EventDeviceAttached     = "shipment.device_attached"
	EventHandoffOffered     = "handoff.offered"
	EventHandoffAccepted    = "handoff.accepted"
	EventHandoffRejected    = "handoff.rejected"
	EventHandoffCancelled   = "handoff.cancelled"

	EventDevicesRegistered  = "device.registered_many"
	EventDeviceJoined       = "device.joined"
	EventDeviceActivated    = "device.activated"
	EventDeviceKeyReplaced  = "device.key_replaced"
	EventDeviceKeyRevoked   = "device.key_revoked"
	EventDeviceDescribed    = "device.attributes_set"
	EventDevicePresence     = "device.presence"
	EventTransferOffered    = "device.transfer_offered"
	EventTransferAccepted   = "device.transfer_accepted"
	EventTransferDeclined   = "device.transfer_declined"
	EventTransferCancelled  = "device.transfer_cancelled"
	EventAuthorityPut       = "device_authority.put"
	EventAuthorityWithdrawn = "device_authority.withdrawn"
	EventCertificateRevoked = "device_authority.certificate_revoked"

	EventCommandRequested = "command.requested"
	EventCommandCancelled = "command.cancelled"
	EventCommandClosed    = "command.closed"

	EventProductRegistered   = "goods.product_registered"
	EventRegulatorAdded      = "goods.regulator_added"
	EventGoodsCommissioned   = "goods.commissioned"
	EventGoodsPacked         = "goods.packed"
	EventGoodsUnpacked       = "goods.unpacked"
	EventGoodsTransformed    = "goods.transformed"
	EventGoodsDecommissioned = "goods.decommissioned"
	EventGoodsRecalled       = "goods.recalled"
	EventRecallLifted        = "goods.recall_lifted"

	EventShipmentReady  = "shipment.ready"
	EventShipmentVoided = "shipment.voided"
	EventDeviceDetached = "shipment.device_detached"
	EventHoldSet        = "hold.set"
	EventHoldLifted     = "hold.lifted"
	EventTitleOffered   = "title.offered"
	EventTitleAccepted  = "title.accepted"
	EventTitleDeclined  = "title.declined"
	EventTitleCancelled = "title.cancelled"

	EventPolicyPut        = "policy.put"
	EventPolicyDelegated  = "policy.delegated"
	EventPolicyWithdrawn  = "policy.withdrawn"
	EventDecisionRecorded = "decision.recorded"

	EventClaimWaived = "claim.waived"

	// DiscrepancyOpened names an entry of a History; on the wire it travels inside
	// EventHandoffAccepted.
	DiscrepancyOpened = "discrepancy.opened"

	EventExcursionReleased = "excursion.released"

	EventMoneyIssued      = "money.issued"
	EventMoneyTransferred = "money.transferred"
	EventMoneyRedeemed    = "money.redeemed"

	EventTermsProposed    = "terms.proposed"
	EventTermsAgreed      = "terms.agreed"
	EventTermsPurged      = "terms.purged"
	EventEscrowFunded     = "escrow.funded"
	EventEscrowSettled    = "escrow.settled"
	EventEscrowPaid       = "escrow.paid"
	EventEscrowRefunded   = "escrow.refunded"
	EventDisputeOpened    = "dispute.opened"
	EventEvidenceAdded    = "dispute.evidence_added"
	EventDisputeWithdrawn = "dispute.withdrawn"
	EventDisputeResolved  = "dispute.resolved"

	// ExcursionRecorded names an entry of a History; on the wire excursions
	// travel inside EventTelemetryRecorded.
	ExcursionRecorded = "excursion.recorded"
)

// MemberEvent is the payload of the member events.
type MemberEvent struct {
	Member string `json:"member"`
}

// DeviceEvent is the payload of the device events.
type DeviceEvent struct {
	Device string      `json:"device"`
	Owner  string      `json:"owner"`
	State  DeviceState `json:"state"`
}

// TelemetryEvent is the payload of EventTelemetryRecorded. A batch whose only effect
// is that it showed a clash has no windows.
type TelemetryEvent struct {
	Windows    []WindowRef    `json:"windows"`
	Excursions []ExcursionRef `json:"excursions,omitempty"`
	Clashes    []ClashRef     `json:"clashes,omitempty"`
}

// DisclosedEvent is the payload of EventTelemetryDisclosed: which messages' disclosures a
// member has got.
type DisclosedEvent struct {
	To       string       `json:"to"`
	Messages []MessageRef `json:"messages"`
}

// WindowRef names a Window.
type WindowRef struct {
	Device string `json:"device"`
	First  uint64 `json:"first"`
	Last   uint64 `json:"last"`
}

// ExcursionRef says what a transaction did to an excursion.
type ExcursionRef struct {
	Shipment string `json:"shipment"`
	Device   string `json:"device"`
	Rule     string `json:"rule"`
	Name     string `json:"name"`
	First    uint64 `json:"first"` // Excursion.First
	Opened   bool   `json:"opened,omitempty"`
	Grew     bool   `json:"grew,omitempty"` // one that an earlier transaction opened
	Closed   bool   `json:"closed,omitempty"`
	// Parties are consignor, consignee and arbiter of the shipment and the owner of the device,
	// sorted, each once.
	Parties []string `json:"parties"`
}

// ExcursionEvent is the payload of EventExcursionReleased.
type ExcursionEvent struct {
	Shipment string   `json:"shipment"`
	Device   string   `json:"device"`
	Rule     string   `json:"rule"`
	First    uint64   `json:"first"`
	Parties  []string `json:"parties"`
}

// ShipmentEvent is the payload of the shipment events.
type ShipmentEvent struct {
	Shipment string `json:"shipment"`
	Device   string `json:"device,omitempty"`
	// Recalled are the lots in the goods that are recalled.
	Recalled []string `json:"recalled,omitempty"`
}

// HoldEvent is the payload of the hold events.
type HoldEvent struct {
	Shipment string   `json:"shipment"`
	Kind     HoldKind `json:"kind"`
	// Recalled are the lots in the goods that are recalled.
	Recalled []string `json:"recalled,omitempty"`
}

// HandoffEvent is the payload of the handoff events, and of EventClaimWaived.
type HandoffEvent struct {
	Shipment string `json:"shipment"`
	Number   uint64 `json:"number"`
	From     string `json:"from"`
	To       string `json:"to"`
	// Recalled are the lots in the goods that are recalled; of a claim that is waived, absent.
	Recalled []string `json:"recalled,omitempty"`
	// Discrepancy is there if it was accepted with reservation.
	Discrepancy *DiscrepancyRef `json:"discrepancy,omitempty"`
}

// DiscrepancyRef says that an acceptance opened a discrepancy.
type DiscrepancyRef struct {
	ClaimUntil time.Time       `json:"claim_until"`
	Counts     ExceptionCounts `json:"counts"` // of the exceptions
}

// ProductEvent is the payload of the product events.
type ProductEvent struct {
	GTIN  string `json:"gtin"`
	Owner string `json:"owner"`
}

// CommissionEvent is the payload of EventGoodsCommissioned.
type CommissionEvent struct {
	GTIN  string `json:"gtin"`
	Lot   string `json:"lot,omitempty"`
	Items int    `json:"items"` // how many
	// Recalled are the lots in them that are recalled.
	Recalled []string `json:"recalled,omitempty"`
}

// GoodsEvent is the payload of the events of acts; the act is under its id.
type GoodsEvent struct {
	Act       string   `json:"act"`
	By        string   `json:"by"`
	Container string   `json:"container,omitempty"`
	Recalled  []string `json:"recalled,omitempty"` // the lots in the goods that are recalled
}

// RecallEvent is the payload of the recall events.
type RecallEvent struct {
	Lot string `json:"lot"`
	By  string `json:"by"`
}

// PolicyEvent is the payload of the policy events.
type PolicyEvent struct {
	Owner   string `json:"owner"`
	Author  string `json:"author"`
	ID      string `json:"id"`
	Version uint64 `json:"version"`
}

// DecisionEvent is the payload of EventDecisionRecorded; the receipt is under the
// transaction's id.
type DecisionEvent struct {
	Action  Action `json:"action"`
	Allowed bool   `json:"allowed"`
}
