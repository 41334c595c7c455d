package waymark

// ThingQuery names a thing.
type ThingQuery struct {
	ID string `json:"id" form:"goods"`
}

// Validate checks the form of the query.
func (q ThingQuery) Validate() error { return CheckForms(q) }

// ActQuery names an act.
type ActQuery struct {
	ID string `json:"id" form:"id"`
}

// Validate checks the form of the query.
func (q ActQuery) Validate() error { return CheckForms(q) }

// GoodsQuery asks for a thing: of a lot in bulk for a page of its portions.
type GoodsQuery struct {
	ID     string `json:"id" form:"goods"`
	Limit  int    `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor string `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q GoodsQuery) Validate() error { return CheckForms(q) }

// GoodsView is a thing with where it is now.
type GoodsView struct {
	ID   string    `json:"id" form:"goods"`
	Kind GoodsKind `json:"kind"`
	// Place is what its own record says; a lot in bulk has Portions instead.
	Place       Place    `json:"place,omitempty" metadata:",optional"`
	Containers  []string `json:"containers"`                                        // that it is in, innermost first
	Shipment    string   `json:"shipment,omitempty" metadata:",optional" form:"id"` // that it is in, if that has not ended
	Free        bool     `json:"free"`                                              // it is in nothing, and there
	Holder      string   `json:"holder,omitempty" metadata:",optional" form:"id"`   // who has it
	TitleHolder string   `json:"title_holder,omitempty" metadata:",optional" form:"id"`
	Lots        []string `json:"lots" form:"lots"` // in it, sorted
	// Recalls are those of its lots that stand.
	Recalls  []LotRecalls `json:"recalls"`
	Lot      string       `json:"lot,omitempty" metadata:",optional" form:"goods"` // of an item
	Made     string       `json:"made,omitempty" metadata:",optional" form:"id"`   // the transformation that it came of
	Contents int          `json:"contents,omitempty" metadata:",optional"`         // of a container: how many things are directly in it

	Unit     string        `json:"unit,omitempty" metadata:",optional" form:"trade_unit"` // of a lot in bulk
	Quantity Decimal       `json:"quantity,omitempty" metadata:",optional"`               // made of a lot in bulk
	Portions []PortionView `json:"portions" form:"entries"`                               // of a lot in bulk, in the order of the places
	Cursor   string        `json:"cursor,omitempty" metadata:",optional" form:"cursor"`   // for more portions; absent at the end

	Changed Stamp `json:"changed"`
}

// PortionView is so much of a lot with who has it now.
type PortionView struct {
	Place       Place   `json:"place"`
	Quantity    Decimal `json:"quantity"`
	Holder      string  `json:"holder,omitempty" metadata:",optional" form:"id"`
	TitleHolder string  `json:"title_holder,omitempty" metadata:",optional" form:"id"`
}

// MaxThingVersions bounds the versions of a thing that its history shows.
const MaxThingVersions = 200

// ThingHistory is what the record of an item or container has been, oldest first.
type ThingHistory struct {
	ID       string         `json:"id" form:"goods"`
	Versions []ThingVersion `json:"versions" form:"thing_versions"`
	More     bool           `json:"more,omitempty" metadata:",optional"` // there are older ones
}

// ThingVersion is where a thing was, with the transaction that put it there.
type ThingVersion struct {
	Place   Place    `json:"place"`
	Lots    []string `json:"lots" form:"lots"`
	Changed Stamp    `json:"changed"`
}

// The bounds of a page.
const (
	DefaultPage = 200
	MaxPage     = 1000
)

// ContentsQuery asks for what is directly in a container.
type ContentsQuery struct {
	Container string `json:"container" form:"goods"`
	Limit     int    `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor    string `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q ContentsQuery) Validate() error {
	return first(CheckForms(q), ValidateGoods("/container", q.Container, GoodsContainer))
}

// Contents is a page of what is directly in a container, in the order of the records.
type Contents struct {
	Container string   `json:"container" form:"goods"`
	Lines     []Line   `json:"lines" form:"entries"`
	Recalled  []string `json:"recalled,omitempty" metadata:",optional" form:"lots"` // the lots in the container that are recalled now
	Cursor    string   `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // for the next page; absent at the end
}

// maxCursor bounds a cursor, in bytes.
const maxCursor = 16 << 10

// Page is the number of entries that a query asks for.
func Page(limit int) int {
	if limit == 0 {
		return DefaultPage
	}
	return limit
}
