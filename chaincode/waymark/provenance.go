package waymark

import "time"

// ProvenanceQuery asks where an item or container comes from, and where it has been.
type ProvenanceQuery struct {
	ID      string `json:"id" form:"goods"`
	Purpose string `json:"purpose,omitempty" metadata:",optional" form:"id"` // what shipments on the way are read for
	// At is a block that the answer is to have, such as that of the caller's own write: it waits for it.
	At uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
}

// Validate checks the form of the query.
func (q ProvenanceQuery) Validate() error {
	return first(CheckForms(q), ValidateGoods("/id", q.ID, GoodsItem, GoodsContainer))
}

// MaxSteps bounds the steps of a provenance.
const MaxSteps = 1000

// ProvenanceStep is one thing that happened to a thing, or to a container that it was in then.
type ProvenanceStep struct {
	// What is an event name, as in "goods.packed" or "handoff.accepted", or the name of a transaction that told of no
	// event; of what is withheld it is "withheld".
	What string `json:"what"`
	// Withheld says that something happened of which the caller may not know.
	Withheld bool   `json:"withheld,omitempty" metadata:",optional"`
	Thing    string `json:"thing,omitempty" metadata:",optional" form:"goods"` // that came to Place
	Place    Place  `json:"place,omitempty" metadata:",optional"`
	Act      string `json:"act,omitempty" metadata:",optional" form:"id"`      // the one that moved it, if the caller may read that
	Shipment string `json:"shipment,omitempty" metadata:",optional" form:"id"` // that carried it
	// Handoff is one that was accepted, as the shipment shows it, with its verdict.
	Handoff *Handoff `json:"handoff,omitempty" metadata:",optional"`
	// Obligations are those with which the caller has the handoff.
	Obligations []Obligation `json:"obligations,omitempty" metadata:",optional"`

	Block  uint64    `json:"block,omitempty" metadata:",optional"`
	TxID   string    `json:"tx_id,omitempty" metadata:",optional" form:"transaction"`
	Member string    `json:"member,omitempty" metadata:",optional" form:"id"` // who did it
	Time   time.Time `json:"time,omitzero" metadata:",optional"`              // the transaction's
}

// Provenance is where an item or container comes from, and where it has been.
type Provenance struct {
	Thing GoodsView `json:"thing"` // as it is now
	// Sources are what it came of, as its trace back begins.
	Sources     []TraceEntry     `json:"sources" form:"entries"`
	MoreSources bool             `json:"more_sources,omitempty" metadata:",optional"` // the trace has more
	Steps       []ProvenanceStep `json:"steps" form:"steps"`                          // oldest first
	MoreSteps   bool             `json:"more_steps,omitempty" metadata:",optional"`   // there are later ones
	Block       uint64           `json:"block"`                                       // the last one that the answer has
}
