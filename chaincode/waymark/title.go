package waymark

import "time"

// Title says who owns the goods of a shipment, whoever has custody of them.
type Title struct {
	Shipment string `json:"shipment" form:"id"`
	Holder   string `json:"holder" form:"id"`
	Offers   uint64 `json:"offers"` // of it so far
	Changed  Stamp  `json:"changed"`
}

// TitleOfferState is where an offer of title is.
type TitleOfferState string

// The states. Only one that is offered can change, and once.
const (
	TitleOffered   TitleOfferState = "offered"
	TitleAccepted  TitleOfferState = "accepted"
	TitleDeclined  TitleOfferState = "declined"  // by the member it was offered to
	TitleCancelled TitleOfferState = "cancelled" // by the member that offered it
	TitleExpired   TitleOfferState = "expired"   // not answered in time
)

// TitleOfferStates returns every state of an offer of title.
func TitleOfferStates() []TitleOfferState {
	return []TitleOfferState{TitleOffered, TitleAccepted, TitleDeclined, TitleCancelled, TitleExpired}
}

// TitleOffer is the two-step change of title.
type TitleOffer struct {
	Shipment  string          `json:"shipment" form:"id"`
	Number    uint64          `json:"number"` // counts the offers of this shipment from 1
	From      string          `json:"from" form:"id"`
	To        string          `json:"to" form:"id"`
	ExpiresAt time.Time       `json:"expires_at"` // it can be accepted until then
	State     TitleOfferState `json:"state"`
	Reason    string          `json:"reason" form:"note"` // why it was declined or cancelled
	Offered   Stamp           `json:"offered"`
	Changed   Stamp           `json:"changed"`
	// Recalled are the lots in the goods that were recalled when it changed.
	Recalled []string `json:"recalled,omitempty" metadata:",optional" form:"lots"`
}

// At is the offer as a reader sees it at a time: one that waits for an answer past its own has
// expired, and is stored so once another is made.
func (o TitleOffer) At(now time.Time) TitleOffer {
	if o.State == TitleOffered && now.After(o.ExpiresAt) {
		o.State = TitleExpired
	}
	return o
}

// TitleView is who holds title to a shipment, and the last offer of it.
type TitleView struct {
	Title Title `json:"title"`
	// Offer is absent before the first.
	Offer       *TitleOffer  `json:"offer,omitempty" metadata:",optional"`
	Obligations []Obligation `json:"obligations"` // of whoever reads it
}

// OfferTitleRequest offers title to another member until a time.
type OfferTitleRequest struct {
	Shipment  string    `json:"shipment" form:"id"`
	To        string    `json:"to" form:"id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Validate checks the form of the request.
func (r OfferTitleRequest) Validate() error { return first(CheckForms(r), validateEnd(r.ExpiresAt)) }

// AcceptTitleRequest accepts title that was offered.
type AcceptTitleRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Number   uint64 `json:"number" form:"sequence"` // of the offer
}

// Validate checks the form of the request.
func (r AcceptTitleRequest) Validate() error { return CheckForms(r) }

// EndTitleOfferRequest declines (by the member it was offered to) or cancels (by the
// member that offered it) an offer of title.
type EndTitleOfferRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Number   uint64 `json:"number" form:"sequence"`
	Reason   string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r EndTitleOfferRequest) Validate() error { return CheckForms(r) }

// TitleEvent is the payload of the title events.
type TitleEvent struct {
	Shipment string `json:"shipment"`
	Number   uint64 `json:"number"`
	From     string `json:"from"`
	To       string `json:"to"`
	// Recalled are the lots in the goods that are recalled.
	Recalled []string `json:"recalled,omitempty"`
}
