package waymark

import "slices"

// DevicesQuery asks for a page of devices, by id. What is left out may be any.
type DevicesQuery struct {
	Owner string      `json:"owner,omitempty" metadata:",optional" form:"id"`
	State DeviceState `json:"state,omitempty" metadata:",optional"`
	Model string      `json:"model,omitempty" metadata:",optional" form:"model"`
	// Shipment is one that they witness now. Who may not read it is told of none.
	Shipment string `json:"shipment,omitempty" metadata:",optional" form:"id"`
	Purpose  string `json:"purpose,omitempty" metadata:",optional" form:"id"` // what the shipment is read for
	// At is a block that the answer is to have, such as that of the caller's own write: it waits for it.
	At     uint64 `json:"at,omitempty" metadata:",optional" form:"block"`
	Limit  int    `json:"limit,omitempty" metadata:",optional" form:"page"`    // 1 to MaxPage; DefaultPage if it is left out
	Cursor string `json:"cursor,omitempty" metadata:",optional" form:"cursor"` // of the page before
}

// Validate checks the form of the query.
func (q DevicesQuery) Validate() error {
	if q.State != "" && !slices.Contains(DeviceStates(), q.State) {
		return InvalidField("/state", "must be one of %v", DeviceStates())
	}
	return CheckForms(q)
}

// DeviceList is a page of devices. It can have fewer than were asked for, and go on.
type DeviceList struct {
	Devices []Device `json:"devices" form:"entries"`
	Block   uint64   `json:"block"`                                 // the last one that the answer has
	Cursor  string   `json:"cursor,omitempty" metadata:",optional"` // for the next page; absent at the end
}
