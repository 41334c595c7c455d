package waymark

import "slices"

// SearchQuery asks what has an identifier.
type SearchQuery struct {
	// Q is an identifier, or the beginning of one: the id of a member, device, shipment, act or policy, a serial or lot
	// number, a GTIN, SSCC or GLN, or a transaction's id. Or a whole one that says what it names: an EPC URI, a GS1
	// Digital Link or a GS1 element string (ParseElements).
	Q       string    `json:"q" form:"searched"`
	Kind    FoundKind `json:"kind,omitempty" metadata:",optional"`              // that is looked for; any if it is left out
	Purpose string    `json:"purpose,omitempty" metadata:",optional" form:"id"` // what shipments are read for
	// At is a block that the answer is to have, such as that of the caller's own write: it waits for it.
	At uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
}

// Validate checks the form of the query.
func (q SearchQuery) Validate() error {
	if q.Kind != "" && !slices.Contains(FoundKinds(), q.Kind) {
		return InvalidField("/kind", "must be one of %v", FoundKinds())
	}
	return CheckForms(q)
}

// FoundKind is what a search found.
type FoundKind string

// The kinds.
const (
	FoundMember      FoundKind = "member"
	FoundDevice      FoundKind = "device"
	FoundShipment    FoundKind = "shipment"
	FoundProduct     FoundKind = "product"
	FoundItem        FoundKind = "item"
	FoundLot         FoundKind = "lot"
	FoundContainer   FoundKind = "container"
	FoundAct         FoundKind = "act"
	FoundPolicy      FoundKind = "policy"
	FoundDecision    FoundKind = "decision"
	FoundTransaction FoundKind = "transaction"
)

// FoundKinds returns every kind.
func FoundKinds() []FoundKind {
	return []FoundKind{FoundMember, FoundDevice, FoundShipment, FoundProduct, FoundItem, FoundLot, FoundContainer, FoundAct,
		FoundPolicy, FoundDecision, FoundTransaction}
}

// Found is a thing that has the identifier, or one that begins so.
type Found struct {
	Kind FoundKind `json:"kind"`
	ID   string    `json:"id"`   // of an item, lot or container its canonical link
	Path string    `json:"path"` // where the API has it, as in "/v1/devices/logger-1"
}

// MaxFound bounds what a search finds.
const MaxFound = 20

// SearchResult is what the caller may see of what has an identifier: first what it names as it stands, then, in the order
// of their names, what begins so.
type SearchResult struct {
	Found []Found `json:"found" form:"found"`                  // MaxFound at most
	More  bool    `json:"more,omitempty" metadata:",optional"` // there may be others: say more of the identifier
	Block uint64  `json:"block"`                               // the last one that the answer has
}
