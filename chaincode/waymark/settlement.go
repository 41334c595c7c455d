package waymark

import "time"

// MaxEscrowDays is how far ahead the date may be from which an escrow can be taken back.
const MaxEscrowDays = 366

// Agreement is what is public of the terms of a shipment: that there are some, and who
// agreed to them. Once both have, it never changes.
type Agreement struct {
	Shipment string  `json:"shipment" form:"id"`
	Payer    string  `json:"payer" form:"id"`      // the consignee
	Payee    string  `json:"payee" form:"id"`      // the consignor
	SHA256   string  `json:"sha256" form:"sha256"` // of the terms in their canonical form, lower-case hex
	Agreed   []Stamp `json:"agreed"`               // of the one or both who did
}

// Both reports whether both parties agreed. It may be called on nil.
func (a *Agreement) Both() bool { return a != nil && len(a.Agreed) == 2 }

// EscrowState is where an escrow is.
type EscrowState string

// The states.
const (
	EscrowFunded EscrowState = "funded"
	EscrowPaid   EscrowState = "paid" // out, for good
)

// EscrowStates returns every state of an escrow.
func EscrowStates() []EscrowState { return []EscrowState{EscrowFunded, EscrowPaid} }

// Escrow is money of the payer that is bound to a shipment.
type Escrow struct {
	Shipment    string      `json:"shipment" form:"id"`
	Payer       string      `json:"payer" form:"id"`
	Payee       string      `json:"payee" form:"id"`
	Arbiter     string      `json:"arbiter" form:"maybe_id"`
	Issuer      string      `json:"issuer" form:"id"`
	Currency    string      `json:"currency" form:"currency"`
	Digits      int         `json:"digits" form:"digits"`
	Amount      int64       `json:"amount" form:"amount"`
	Reference   string      `json:"reference" form:"maybe_id"`
	RefundAfter time.Time   `json:"refund_after"` // the payer gets it back if the goods were not accepted by then
	State       EscrowState `json:"state"`
	Funded      Stamp       `json:"funded"`
	Changed     Stamp       `json:"changed"`
}

// SettlementState is where the settlement of an escrow is.
type SettlementState string

// The states.
const (
	SettlementOpen     SettlementState = "open"
	SettlementDisputed SettlementState = "disputed" // frozen
	SettlementDecided  SettlementState = "decided"  // who gets what: final
)

// SettlementStates returns every state of a settlement.
func SettlementStates() []SettlementState {
	return []SettlementState{SettlementOpen, SettlementDisputed, SettlementDecided}
}

// Basis is what decided a settlement.
type Basis string

// The bases.
const (
	BasisTerms   Basis = "terms"   // what the ledger found, by the terms
	BasisArbiter Basis = "arbiter" // the resolution of a dispute
	BasisRefund  Basis = "refund"  // the goods were not accepted
)

// Bases returns every basis.
func Bases() []Basis { return []Basis{BasisTerms, BasisArbiter, BasisRefund} }

// Settlement is who gets what of an escrow, once that is decided.
type Settlement struct {
	Shipment string          `json:"shipment" form:"id"`
	State    SettlementState `json:"state"`
	Basis    Basis           `json:"basis,omitempty" metadata:",optional"` // once it is decided
	Paid     int64           `json:"paid" form:"share"`                    // to the payee
	Refunded int64           `json:"refunded" form:"share"`                // to the payer
	Changed  Stamp           `json:"changed"`
}

// ProposeTermsRequest stores terms, which come as transient data, with both parties. It must
// be endorsed by the peers of these two and by no other's.
type ProposeTermsRequest struct {
	Shipment string `json:"shipment" form:"id"`
}

// Validate checks the form of the request.
func (r ProposeTermsRequest) Validate() error { return CheckForms(r) }

// StoredTerms is what became of the private terms of a shipment. A transaction that changes
// nothing needs not be submitted.
type StoredTerms struct {
	Shipment string `json:"shipment" form:"id"`
	SHA256   string `json:"sha256,omitempty" metadata:",optional" form:"sha256"` // empty if they are purged
	Changed  bool   `json:"changed"`                                             // whether the transaction changed anything
}

// AgreeTermsRequest agrees to the terms with a hash.
type AgreeTermsRequest struct {
	Shipment string `json:"shipment" form:"id"`
	SHA256   string `json:"sha256" form:"sha256"`
}

// Validate checks the form of the request.
func (r AgreeTermsRequest) Validate() error { return CheckForms(r) }

// PurgeTermsRequest removes the caller's member's copy of the terms for good. It must be
// endorsed by the peers of that member and by no other's.
type PurgeTermsRequest struct {
	Shipment string `json:"shipment" form:"id"`
}

// Validate checks the form of the request.
func (r PurgeTermsRequest) Validate() error { return CheckForms(r) }

// SettlementQuery names a shipment of which terms or settlement are asked for.
type SettlementQuery struct {
	Shipment string `json:"shipment" form:"id"`
}

// Validate checks the form of the query.
func (q SettlementQuery) Validate() error { return CheckForms(q) }

// TermsView is the terms of a shipment as a party's own peer has them.
type TermsView struct {
	SHA256 string `json:"sha256" form:"sha256"`
	Terms  Terms  `json:"terms"`
}

// SettlementView is all that is public of the settlement of a shipment.
type SettlementView struct {
	Shipment   string      `json:"shipment" form:"id"`
	Payer      string      `json:"payer" form:"id"`
	Payee      string      `json:"payee" form:"id"`
	Arbiter    string      `json:"arbiter" form:"maybe_id"`
	Agreement  *Agreement  `json:"agreement,omitempty" metadata:",optional"`
	Escrow     *Escrow     `json:"escrow,omitempty" metadata:",optional"`
	Settlement *Settlement `json:"settlement,omitempty" metadata:",optional"`
	Disputes   []Dispute   `json:"disputes" form:"disputes"` // oldest first
}

// FundEscrowRequest puts money of the payer into the escrow of a shipment. What the notes
// hold beyond the amount comes back as a new note.
type FundEscrowRequest struct {
	Shipment    string    `json:"shipment" form:"id"`
	Issuer      string    `json:"issuer" form:"id"`
	Currency    string    `json:"currency" form:"currency"`
	Amount      int64     `json:"amount" form:"amount"`
	Notes       []string  `json:"notes" form:"notes"`
	RefundAfter time.Time `json:"refund_after"` // at most MaxEscrowDays ahead
	Reference   string    `json:"reference,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the request.
func (r FundEscrowRequest) Validate() error {
	return first(CheckForms(r), validateOnce("/notes", r.Notes), validateTime("/refund_after", r.RefundAfter))
}

// SettleRequest works out what is due by the terms, which come as transient data. It must be
// endorsed by the peers of payer and payee and by no other's.
type SettleRequest struct {
	Shipment string `json:"shipment" form:"id"`
}

// Validate checks the form of the request.
func (r SettleRequest) Validate() error { return CheckForms(r) }

// SettleResult is a settlement by the terms. A transaction that changes nothing needs not be
// submitted.
type SettleResult struct {
	Settlement Settlement `json:"settlement"`
	Changed    bool       `json:"changed"`
}

// EscrowRequest pays out an escrow that is settled, or takes one back.
type EscrowRequest struct {
	Shipment string `json:"shipment" form:"id"`
}

// Validate checks the form of the request.
func (r EscrowRequest) Validate() error { return CheckForms(r) }

// Payout is an escrow that was paid out, with what each side got.
type Payout struct {
	Escrow     Escrow     `json:"escrow"`
	Settlement Settlement `json:"settlement"`
}

// TermsEvent is the payload of the terms events.
type TermsEvent struct {
	Shipment string `json:"shipment"`
	Member   string `json:"member"` // who did it
	SHA256   string `json:"sha256,omitempty"`
	Both     bool   `json:"both,omitempty"` // both have agreed
}

// EscrowEvent is the payload of the escrow events, and of the end of a dispute that pays it
// out: what a bank or an ERP needs. Until it is paid out, paid and refunded are what is decided.
type EscrowEvent struct {
	Shipment  string    `json:"shipment"`
	Reference string    `json:"reference,omitempty"`
	Issuer    string    `json:"issuer"`
	Currency  string    `json:"currency"`
	Digits    int       `json:"digits"`
	Payer     string    `json:"payer"`
	Payee     string    `json:"payee"`
	Amount    int64     `json:"amount"`
	Paid      int64     `json:"paid"`
	Refunded  int64     `json:"refunded"`
	Basis     Basis     `json:"basis,omitempty"`
	ValueTime time.Time `json:"value_time"`
}
