package waymark

import "slices"

// Direction is which way a trace goes.
type Direction string

// The directions.
const (
	TraceForward Direction = "forward" // what became of it
	TraceBack    Direction = "back"    // what it came of
)

// Directions returns both.
func Directions() []Direction { return []Direction{TraceForward, TraceBack} }

// MaxTraceDepth bounds how many steps a trace goes from its start.
const MaxTraceDepth = 32

// TraceQuery asks what became of a thing or what it came of: through lots, containers and
// transformations.
type TraceQuery struct {
	ID        string    `json:"id" form:"goods"`
	Direction Direction `json:"direction"`
	Limit     int       `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor    string    `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q TraceQuery) Validate() error {
	if !slices.Contains(Directions(), q.Direction) {
		return InvalidField("/direction", "must be one of %v", Directions())
	}
	return CheckForms(q)
}

// TraceKind is what an entry of a trace is.
type TraceKind string

// The kinds.
const (
	TracedItem           TraceKind = "item"
	TracedLot            TraceKind = "lot"
	TracedContainer      TraceKind = "container"
	TracedTransformation TraceKind = "transformation"
)

// TraceKinds returns every kind.
func TraceKinds() []TraceKind {
	return []TraceKind{TracedItem, TracedLot, TracedContainer, TracedTransformation}
}

// TraceEntry is one step: an item, lot, container or transformation, with what it followed
// from.
type TraceEntry struct {
	Kind  TraceKind `json:"kind"`
	ID    string    `json:"id"`                 // a canonical link, or the id of the act
	From  string    `json:"from"`               // the same of the entry, or the start, that it follows from
	Depth int       `json:"depth" form:"depth"` // steps from the start
	// Quantity is how much of a lot went in, came out, or is at Place.
	Quantity    Decimal `json:"quantity,omitempty" metadata:",optional"`
	Place       Place   `json:"place,omitempty" metadata:",optional"` // of a thing, or so much of a lot, now
	Holder      string  `json:"holder,omitempty" metadata:",optional"`
	TitleHolder string  `json:"title_holder,omitempty" metadata:",optional"`
	// Recalled are the lots in a thing that are recalled now.
	Recalled []string `json:"recalled,omitempty" metadata:",optional"`
	// Unfollowed says that there may be more behind it, MaxTraceDepth steps from the start.
	Unfollowed bool `json:"unfollowed,omitempty" metadata:",optional"`
}

// Trace is a page of a trace, each step before what follows from it. A transformation, and
// a lot that something came of, is there once; it can come again only after 128 others.
type Trace struct {
	ID        string       `json:"id" form:"goods"`
	Direction Direction    `json:"direction"`
	Entries   []TraceEntry `json:"entries" form:"entries"`
	Recalled  []string     `json:"recalled,omitempty" metadata:",optional"`             // the lots in the thing at the start that are recalled now
	Cursor    string       `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // for the next page; absent at the end
}
