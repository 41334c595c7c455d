package waymark

import "time"

// TransferState is where the transfer of a device is.
type TransferState string

// The states. Only an offered transfer can change, and once.
const (
	TransferOffered   TransferState = "offered"
	TransferAccepted  TransferState = "accepted"
	TransferDeclined  TransferState = "declined"  // by the member it was offered to
	TransferCancelled TransferState = "cancelled" // by the member that offered it
)

// TransferStates returns every state of a transfer.
func TransferStates() []TransferState {
	return []TransferState{TransferOffered, TransferAccepted, TransferDeclined, TransferCancelled}
}

// Transfer is the two-step change of a device's owner. It is the last one of the
// device; a new offer takes its place.
type Transfer struct {
	Device    string        `json:"device" form:"id"`
	From      string        `json:"from" form:"id"`
	To        string        `json:"to" form:"id"`
	ExpiresAt time.Time     `json:"expires_at"` // it can be accepted until then
	State     TransferState `json:"state"`
	Reason    string        `json:"reason" form:"note"` // why it was declined or cancelled
	Offered   Stamp         `json:"offered"`
	Changed   Stamp         `json:"changed"`
}

// OfferTransferRequest offers a device to another member until a time.
type OfferTransferRequest struct {
	Device    string    `json:"device" form:"id"`
	To        string    `json:"to" form:"id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Validate checks the form of the request.
func (r OfferTransferRequest) Validate() error { return first(CheckForms(r), validateEnd(r.ExpiresAt)) }

// AcceptTransferRequest accepts the device that was offered.
type AcceptTransferRequest struct {
	Device string `json:"device" form:"id"`
}

// Validate checks the form of the request.
func (r AcceptTransferRequest) Validate() error { return CheckForms(r) }

// EndTransferRequest declines (by the member it was offered to) or cancels (by the
// member that offered it) an offered transfer.
type EndTransferRequest struct {
	Device string `json:"device" form:"id"`
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r EndTransferRequest) Validate() error { return CheckForms(r) }

// TransferEvent is the payload of the transfer events.
type TransferEvent struct {
	Device string `json:"device"`
	From   string `json:"from"`
	To     string `json:"to"`
}
