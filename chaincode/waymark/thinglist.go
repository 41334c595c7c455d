package waymark

import "slices"

// ThingsQuery asks for a page of the items, lots and containers that the caller may see, by place and, in one
// place, by id. What is left out may be any.
type ThingsQuery struct {
	Kind GoodsKind `json:"kind,omitempty" metadata:",optional"`
	GTIN string    `json:"gtin,omitempty" metadata:",optional" form:"gtin"` // of the product of an item or lot
	Lot  string    `json:"lot,omitempty" metadata:",optional" form:"goods"` // its items, and itself
	// Holder is who has it: of a lot in bulk, some of it.
	Holder string `json:"holder,omitempty" metadata:",optional" form:"id"`
	// Shipment is one under way that it is in, directly or in a container.
	Shipment  string `json:"shipment,omitempty" metadata:",optional" form:"id"`
	Container string `json:"container,omitempty" metadata:",optional" form:"goods"` // that it is directly in
	// At is a block that the answer is to have, such as that of the caller's own write: it waits for it.
	At     uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
	Limit  int    `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor string `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q ThingsQuery) Validate() error {
	if q.Kind != "" && !slices.Contains(GoodsKinds(), q.Kind) {
		return InvalidField("/kind", "must be one of %v", GoodsKinds())
	}
	return first(CheckForms(q), optionalGoods("/lot", q.Lot, GoodsLot), optionalGoods("/container", q.Container, GoodsContainer))
}

func optionalGoods(pointer, text string, kind GoodsKind) error {
	return optional(text, func() error { return ValidateGoods(pointer, text, kind) })
}

// ThingPortions bounds the portions that a list shows of a lot in bulk: the thing itself has them all.
const ThingPortions = 10

// ThingList is a page of things. It can have fewer than were asked for, and go on.
type ThingList struct {
	// Things have of a lot in bulk the first 10 portions, and the cursor with which the lot itself goes on.
	Things []GoodsView `json:"things" form:"entries"`
	Block  uint64      `json:"block"`                                               // the last one that the answer has
	Cursor string      `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // for the next page; absent at the end
}
