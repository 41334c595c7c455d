package waymark

import "slices"

// ShipmentOrder is the order of a list of shipments.
type ShipmentOrder string

// The orders.
const (
	ShipmentsByID     ShipmentOrder = "id"
	ShipmentsByChange ShipmentOrder = "changed" // what changed last comes first
)

// ShipmentOrders returns both.
func ShipmentOrders() []ShipmentOrder { return []ShipmentOrder{ShipmentsByID, ShipmentsByChange} }

// ShipmentsQuery asks for a page of the shipments that the caller may see, by id if it says nothing else. What
// is left out may be any.
type ShipmentsQuery struct {
	State       ShipmentState `json:"state,omitempty" metadata:",optional"`
	Consignor   string        `json:"consignor,omitempty" metadata:",optional" form:"id"`
	Consignee   string        `json:"consignee,omitempty" metadata:",optional" form:"id"`
	Custodian   string        `json:"custodian,omitempty" metadata:",optional" form:"id"`
	TitleHolder string        `json:"title_holder,omitempty" metadata:",optional" form:"id"`
	Purpose     string        `json:"purpose,omitempty" metadata:",optional" form:"id"` // what they are read for
	Sort        ShipmentOrder `json:"sort,omitempty" metadata:",optional"`              // ShipmentsByID if it is left out
	// At is a block that the answer is to have, such as that of the caller's own write: it waits for it.
	At     uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
	Limit  int    `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor string `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q ShipmentsQuery) Validate() error {
	if q.State != "" && !slices.Contains(ShipmentStates(), q.State) {
		return InvalidField("/state", "must be one of %v", ShipmentStates())
	}
	if q.Sort != "" && !slices.Contains(ShipmentOrders(), q.Sort) {
		return InvalidField("/sort", "must be one of %v", ShipmentOrders())
	}
	return CheckForms(q)
}

// ShipmentList is a page of shipments. It can have fewer than were asked for, and go on.
type ShipmentList struct {
	Shipments []ShipmentView `json:"shipments"`
	Block     uint64         `json:"block"`                                 // the last one that the answer has
	Cursor    string         `json:"cursor,omitempty" metadata:",optional"` // for the next page; absent at the end
}
