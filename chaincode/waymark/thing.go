package waymark

// MaxLots bounds the lots that one thing, lot or shipment can have in it.
const MaxLots = 200

// Thing is the record of an item or container: one record, so that it is in one place.
type Thing struct {
	ID    string `json:"id"`
	Place Place  `json:"place"`
	// Lots are the lots that are in it, by canonical id, sorted: its own, and those of what
	// it was made of or what it contains.
	Lots []string `json:"lots"`
	Lot  string   `json:"lot,omitempty"`  // of an item: its own
	Made string   `json:"made,omitempty"` // of an item: the transformation that it came of
	// Shares is of a container: how many of the things directly in it have each of Lots.
	Shares   []int `json:"shares,omitempty"`
	Contents int   `json:"contents,omitempty"` // of a container: how many things are directly in it
	// Nested is of a container: how many of the containers directly in it have each height,
	// from 0; the last is not 0.
	Nested  []int `json:"nested,omitempty"`
	Changed Stamp `json:"changed"`
}

// Height is how many containers are at most one in another below a container.
func (t Thing) Height() int { return len(t.Nested) }

// Lot is the record of what was made as one.
type Lot struct {
	ID string `json:"id"`
	// Unit and Quantity are of a lot in bulk: how much was made of it. A lot without has items.
	Unit     string   `json:"unit,omitempty" metadata:",optional"`
	Quantity Decimal  `json:"quantity,omitempty" metadata:",optional"`
	Lots     []string `json:"lots"`                                // in it: itself, and what it was made of; sorted
	Made     string   `json:"made,omitempty" metadata:",optional"` // the transformation that it came of
	Created  Stamp    `json:"created"`
}

// Portion is how much of a lot in bulk is at a place. Over all places of a lot they sum up
// to what was made of it.
type Portion struct {
	Lot      string  `json:"lot"`
	Place    Place   `json:"place"`
	Quantity Decimal `json:"quantity"`
}
