package waymark

import "time"

// HandoffState is where a handoff is.
type HandoffState string

// The states. Only an offered handoff can change, and once.
const (
	HandoffOffered   HandoffState = "offered"
	HandoffAccepted  HandoffState = "accepted"
	HandoffRejected  HandoffState = "rejected"
	HandoffCancelled HandoffState = "cancelled"
	HandoffExpired   HandoffState = "expired" // not answered in time, and another was offered
)

// HandoffStates returns every state of a handoff.
func HandoffStates() []HandoffState {
	return []HandoffState{HandoffOffered, HandoffAccepted, HandoffRejected, HandoffCancelled, HandoffExpired}
}

// Handoff is the two-step change of custodian.
type Handoff struct {
	Shipment    string         `json:"shipment"`
	Number      uint64         `json:"number"` // counts the offers of this shipment from 1
	From        string         `json:"from"`
	To          string         `json:"to"`
	ExpiresAt   time.Time      `json:"expires_at"`
	State       HandoffState   `json:"state"`
	Condition   ConditionState `json:"condition"`   // as found at acceptance; unknown before
	Reasons     []string       `json:"reasons"`     // the rules behind the condition, sorted
	Reservation string         `json:"reservation"` // what the acceptor reserved, or empty
	Reason      string         `json:"reason"`      // why it was rejected or cancelled
	Offered     Stamp          `json:"offered"`
	Changed     Stamp          `json:"changed"`
}

// OfferHandoffRequest offers custody to another member until a time.
type OfferHandoffRequest struct {
	Shipment  string    `json:"shipment"`
	To        string    `json:"to"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Validate checks the form of the request.
func (r OfferHandoffRequest) Validate() error {
	if r.ExpiresAt.IsZero() {
		return InvalidField("/expires_at", "must be a time (RFC 3339)")
	}
	return first(ValidateID("/shipment", r.Shipment), ValidateID("/to", r.To))
}

// AcceptHandoffRequest accepts an offered handoff. Reservation, when it is not
// empty, says what the acceptor reserves: it is required where the conditions
// are not conformant, and records a discrepancy.
type AcceptHandoffRequest struct {
	Shipment    string `json:"shipment"`
	Number      uint64 `json:"number"`
	Reservation string `json:"reservation,omitempty" metadata:",optional"`
}

// Validate checks the form of the request.
func (r AcceptHandoffRequest) Validate() error {
	return first(
		ValidateID("/shipment", r.Shipment),
		ValidateSequence("/number", r.Number),
		ValidateText("/reservation", r.Reservation, 500, false),
	)
}

// EndHandoffRequest rejects (by the member it was offered to) or cancels (by
// the member that offered it) an offered handoff.
type EndHandoffRequest struct {
	Shipment string `json:"shipment"`
	Number   uint64 `json:"number"`
	Reason   string `json:"reason"`
}

// Validate checks the form of the request.
func (r EndHandoffRequest) Validate() error {
	return first(
		ValidateID("/shipment", r.Shipment),
		ValidateSequence("/number", r.Number),
		ValidateText("/reason", r.Reason, 200, true),
	)
}
