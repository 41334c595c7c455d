package waymark

import "time"

// Attachment says that a device witnesses the conditions of a shipment.
type Attachment struct {
	Shipment string `json:"shipment" form:"id"`
	Device   string `json:"device" form:"id"`
	// Owner is who owns the device: it cannot change while the device is attached.
	Owner string `json:"owner" form:"id"`
	// After is the device's last sequence number when it was attached: only
	// later messages count for the shipment.
	After uint64 `json:"after"`
	// Seen is its last sequence number at the last acceptance, After before the
	// first, and SeenAt when that was: the next acceptance needs a later message
	// with a reading of a later time.
	Seen   uint64    `json:"seen"`
	SeenAt time.Time `json:"seen_at"`
	// DeviceChanged is the transaction of the device's last change when it was attached.
	DeviceChanged string `json:"device_changed" form:"transaction"`
	// Edge is the device that could sign for it then, by the newest key in force that one holds; absent if it signed itself.
	Edge string `json:"edge,omitempty" metadata:",optional" form:"id"`
	// EdgeChanged is the transaction of the edge's last change when it was attached.
	EdgeChanged string `json:"edge_changed,omitempty" metadata:",optional" form:"transaction"`
	// MoreEdges are others that could sign for it then, by older keys, while those overlapped.
	MoreEdges []AttachedEdge `json:"more_edges,omitempty" metadata:",optional"`
	// Calibration is what its owner said of it when it was attached: the one that counts.
	Calibration *Calibration `json:"calibration,omitempty" metadata:",optional"`
	Attached    Stamp        `json:"attached"`
	// Detached is when it ceased to witness the shipment, by itself or because the journey
	// ended, and Last its last sequence number then: absent and 0 before.
	Detached *Stamp `json:"detached,omitempty" metadata:",optional"`
	Last     uint64 `json:"last,omitempty" metadata:",optional"`
	// Heard is how far it was heard until then: every later verdict rests on that.
	Heard *WitnessFinding `json:"heard,omitempty" metadata:",optional"`
	// Recalled are the lots in the goods that were recalled when somebody attached or detached it.
	Recalled []string `json:"recalled,omitempty" metadata:",optional" form:"lots"`
}

// AttachedEdge is a device that could sign for another one when that was attached.
type AttachedEdge struct {
	Edge    string `json:"edge" form:"id"`             // the device that could sign
	Changed string `json:"changed" form:"transaction"` // the transaction of its last change then
}

// EdgeChange is the transaction of an edge's last change when the device was attached; empty if it is not known to have signed
// for the device then.
func (a Attachment) EdgeChange(edge string) string {
	if edge == a.Edge {
		return a.EdgeChanged
	}
	for _, more := range a.MoreEdges {
		if more.Edge == edge {
			return more.Changed
		}
	}
	return ""
}

// AttachDeviceRequest makes a device witness the conditions of a shipment.
type AttachDeviceRequest struct {
	Shipment string `json:"shipment" form:"id"`
	Device   string `json:"device" form:"id"`
}

// DetachDeviceRequest ends that a device witnesses a shipment: by its owner, once that
// member has not custody any more, or by the custodian, if it is a former carrier's.
type DetachDeviceRequest AttachDeviceRequest

// Validate checks the form of the request.
func (r DetachDeviceRequest) Validate() error { return AttachDeviceRequest(r).Validate() }

// Validate checks the form of the request.
func (r AttachDeviceRequest) Validate() error { return CheckForms(r) }
