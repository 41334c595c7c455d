package waymark

import (
	"slices"
	"strconv"
	"time"
)

// HandoffState is where a handoff is.
type HandoffState string

// The states. Only an offered handoff can change, and once.
const (
	HandoffOffered   HandoffState = "offered"
	HandoffAccepted  HandoffState = "accepted"
	HandoffRejected  HandoffState = "rejected"
	HandoffCancelled HandoffState = "cancelled"
	HandoffExpired   HandoffState = "expired" // not answered in time
)

// HandoffStates returns every state of a handoff.
func HandoffStates() []HandoffState {
	return []HandoffState{HandoffOffered, HandoffAccepted, HandoffRejected, HandoffCancelled, HandoffExpired}
}

// Handoff is the two-step change of custodian.
type Handoff struct {
	Shipment    string         `json:"shipment" form:"id"`
	Number      uint64         `json:"number"` // counts the offers of this shipment from 1
	From        string         `json:"from" form:"id"`
	To          string         `json:"to" form:"id"`
	ExpiresAt   time.Time      `json:"expires_at"` // it can be accepted until then
	State       HandoffState   `json:"state"`
	Condition   ConditionState `json:"condition"`                              // as found at acceptance; unknown before
	Reasons     []string       `json:"reasons"`                                // the rules behind the condition, sorted
	Verdict     *Verdict       `json:"verdict,omitempty" metadata:",optional"` // on the conditions alone; absent before acceptance
	Reservation string         `json:"reservation" form:"reservation"`         // what the acceptor reserved, or empty
	Reason      string         `json:"reason" form:"note"`                     // why it was rejected or cancelled
	Offered     Stamp          `json:"offered"`
	Changed     Stamp          `json:"changed"`

	// Nonce is what an Attestation of this handoff repeats; absent from offers of earlier versions.
	Nonce        string            `json:"nonce,omitempty" metadata:",optional"`
	Attestations []HandoffEvidence `json:"attestations,omitempty" metadata:",optional" form:"statements"` // that came with the acceptance
	// Recalled are the lots in the goods that were recalled when it was offered or answered.
	Recalled   []string        `json:"recalled,omitempty" metadata:",optional" form:"lots"`
	Exceptions []Exception     `json:"exceptions,omitempty" metadata:",optional" form:"exceptions"` // that the acceptor named
	Counts     ExceptionCounts `json:"counts,omitzero" metadata:",optional"`                        // of Exceptions; absent if there are none
}

// At is the handoff as a reader sees it at a time: one that waits for an answer past its own has
// expired, and is stored so once another is made.
func (h Handoff) At(now time.Time) Handoff {
	if h.State == HandoffOffered && now.After(h.ExpiresAt) {
		h.State = HandoffExpired
	}
	return h
}

// Discrepant reports whether it was accepted with a reservation or with exceptions.
func (h Handoff) Discrepant() bool { return h.Reservation != "" || len(h.Exceptions) > 0 }

// HandoffEvidence is an Attestation that came with an acceptance.
type HandoffEvidence struct {
	Device string    `json:"device" form:"id"`
	Key    string    `json:"key" form:"id"`                                 // id of the device's key that signed it
	Edge   string    `json:"edge,omitempty" metadata:",optional" form:"id"` // the edge that held the key; absent if the device did
	Digest []byte    `json:"digest"`                                        // base64 of the message's digest
	Last   uint64    `json:"last"`
	Seals  []Seal    `json:"seals" form:"seals"`
	At     time.Time `json:"at"`
}

// OfferHandoffRequest offers custody to another member until a time.
type OfferHandoffRequest struct {
	Shipment  string    `json:"shipment" form:"id"`
	To        string    `json:"to" form:"id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Validate checks the form of the request.
func (r OfferHandoffRequest) Validate() error { return first(CheckForms(r), validateEnd(r.ExpiresAt)) }

// MaxAttestationBytes bounds one attestation as it travels in JSON.
const MaxAttestationBytes = 16 << 10

// AcceptHandoffRequest accepts an offered handoff, with the attestations of devices: each
// a JWS compact text, or a COSE_Sign1 as base64url. Reservation, when it is not
// empty, says what the acceptor reserves: it is required where the verdict
// is not conformant. It opens a discrepancy, and so does any exception.
type AcceptHandoffRequest struct {
	Shipment    string `json:"shipment" form:"id"`
	Number      uint64 `json:"number" form:"sequence"`
	Reservation string `json:"reservation,omitempty" metadata:",optional" form:"reservation"`

	Attestations []string    `json:"attestations,omitempty" metadata:",optional" form:"attestations"`
	Exceptions   []Exception `json:"exceptions,omitempty" metadata:",optional" form:"exceptions"`
	// Checked is what the acceptor's own blocks say of the checks of witnesses that anchored messages. A condition that is
	// judged by these is unknown without it.
	Checked []OwnChecked `json:"checked,omitempty" metadata:",optional" form:"witnesses"`
}

// OwnChecked is how far the anchored messages of a device are checked, and the running digest of the blocks that recorded
// them (package waymark/anchor, Checked), as a member makes it from blocks of its own peer and not by the word of a check.
type OwnChecked struct {
	Device  string `json:"device" form:"id"`
	Checked uint64 `json:"checked,omitempty" metadata:",optional" form:"sequence"` // as Anchored.Checked; absent before the first check
	Digest  string `json:"digest,omitempty" metadata:",optional" form:"sha256"`    // lower-case hex; absent before the first check
}

// Validate checks the form of the request.
func (r AcceptHandoffRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	return first(validateExceptions(r.Exceptions), validateOwn(r.Checked))
}

func validateOwn(checked []OwnChecked) error {
	for i, o := range checked {
		at := "/checked/" + strconv.Itoa(i)
		switch {
		case (o.Digest == "") != (o.Checked == 0):
			return InvalidField(at+"/digest", "must be there if anything is checked, and only then")
		case slices.ContainsFunc(checked[:i], func(p OwnChecked) bool { return p.Device == o.Device }):
			return InvalidField(at+"/device", "is the device of one before it")
		}
	}
	return nil
}

// EndHandoffRequest rejects (by the member it was offered to) or cancels (by
// the member that offered it) an offered handoff.
type EndHandoffRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Number   uint64 `json:"number" form:"sequence"`
	Reason   string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r EndHandoffRequest) Validate() error { return CheckForms(r) }
