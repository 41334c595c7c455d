package waymark

// Bounds of disputes.
const (
	MaxDisputes = 20 // of one shipment, half of them by each party
	MaxEvidence = 50 // of one dispute, half of it by each party
)

// DisputeState is where a dispute is.
type DisputeState string

// The states.
const (
	DisputeOpen      DisputeState = "open"
	DisputeWithdrawn DisputeState = "withdrawn" // by the member that opened it
	DisputeResolved  DisputeState = "resolved"  // by the arbiter
)

// DisputeStates returns every state of a dispute.
func DisputeStates() []DisputeState {
	return []DisputeState{DisputeOpen, DisputeWithdrawn, DisputeResolved}
}

// Dispute is about a shipment. While it is open the goods are on hold and the escrow frozen.
type Dispute struct {
	Shipment string       `json:"shipment" form:"id"`
	Number   uint64       `json:"number"` // counts the disputes of this shipment from 1
	Opener   string       `json:"opener" form:"id"`
	Reason   string       `json:"reason" form:"why"`
	State    DisputeState `json:"state"`
	Evidence []Evidence   `json:"evidence" form:"evidence"`
	// Words are why it was withdrawn or how it was resolved.
	Words    string `json:"words" form:"said"`
	Paid     int64  `json:"paid" form:"share"`     // to the payee, by its resolution
	Refunded int64  `json:"refunded" form:"share"` // to the payer, by its resolution
	Opened   Stamp  `json:"opened"`
	Changed  Stamp  `json:"changed"`
}

// Evidence is what a party brings for its side.
type Evidence struct {
	Item  EvidenceItem `json:"item"`
	Added Stamp        `json:"added"`
}

// EvidenceItem names a document by its hash, something on the ledger, or both.
type EvidenceItem struct {
	Name    string `json:"name" form:"name"`                                        // what the piece of evidence is called
	SHA256  string `json:"sha256,omitempty" metadata:",optional" form:"sha256"`     // of a document, lower-case hex
	TxID    string `json:"tx_id,omitempty" metadata:",optional" form:"transaction"` // of a transaction
	Device  string `json:"device,omitempty" metadata:",optional" form:"id"`         // with First
	First   uint64 `json:"first,omitempty" metadata:",optional" form:"sequence"`    // the number of the first message of a window of Device
	Handoff uint64 `json:"handoff,omitempty" metadata:",optional" form:"sequence"`  // of the shipment
}

// validate checks that an item that has its form names something.
func (e EvidenceItem) validate(at string) error {
	switch {
	case e.SHA256 == "" && e.TxID == "" && e.Device == "" && e.Handoff == 0:
		return InvalidField(at, "must have a sha256, a tx_id, a device with first, or a handoff")
	case (e.Device == "") != (e.First == 0):
		return InvalidField(at+"/first", "must be there with device, and only so")
	}
	return nil
}

// OpenDisputeRequest opens a dispute about a shipment.
type OpenDisputeRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Reason   string `json:"reason" form:"why"`
}

// Validate checks the form of the request.
func (r OpenDisputeRequest) Validate() error { return CheckForms(r) }

// AddEvidenceRequest adds to an open dispute.
type AddEvidenceRequest struct {
	Shipment string       `json:"shipment" form:"id"`
	Number   uint64       `json:"number" form:"sequence"`
	Item     EvidenceItem `json:"item"`
}

// Validate checks the form of the request.
func (r AddEvidenceRequest) Validate() error { return first(CheckForms(r), r.Item.validate("/item")) }

// WithdrawDisputeRequest ends a dispute that the caller's member opened.
type WithdrawDisputeRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Number   uint64 `json:"number" form:"sequence"`
	Reason   string `json:"reason" form:"why"`
}

// Validate checks the form of the request.
func (r WithdrawDisputeRequest) Validate() error { return CheckForms(r) }

// ResolveDisputeRequest ends a dispute by a split of the escrow, which is paid out, or of
// nothing if there is none.
type ResolveDisputeRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Number   uint64 `json:"number" form:"sequence"`
	Paid     int64  `json:"paid" form:"share"`     // to the payee
	Refunded int64  `json:"refunded" form:"share"` // to the payer
	Words    string `json:"words" form:"words"`
}

// Validate checks the form of the request.
func (r ResolveDisputeRequest) Validate() error { return CheckForms(r) }

// DisputeEvent is the payload of the dispute events.
type DisputeEvent struct {
	Shipment string       `json:"shipment"`
	Number   uint64       `json:"number"`
	Opener   string       `json:"opener"`
	State    DisputeState `json:"state"`
	// Escrow says what a resolution paid out.
	Escrow *EscrowEvent `json:"escrow,omitempty"`
}
