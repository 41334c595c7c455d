package waymark

import "time"

// Cargo says what is still in a shipment, how it is sealed and since when it is ready. Those
// who may move the goods have no more say in that than anybody else: it is apart from Custody.
type Cargo struct {
	Shipment string `json:"shipment" form:"id"`
	// Ready is when a draft became ready; a shipment that was none was when it was created.
	Ready *Stamp `json:"ready,omitempty" metadata:",optional"`
	// Seals are those of the shipment, and those that were applied on the way: intact, or as
	// an acceptance found them, broken or missing; absent if there are none.
	Seals []Seal `json:"seals,omitempty" metadata:",optional"`
	// Lots are those of the shipment's that are in what is still in it; absent while nothing
	// has been left behind, and then they are all of its lots.
	Lots []string `json:"lots,omitzero" metadata:",optional" form:"lots"`
}

// NewCargo is the cargo of a shipment from which nothing has been left behind, and whose seals
// nobody has looked at yet.
func NewCargo(s Shipment) Cargo {
	c := Cargo{Shipment: s.ID}
	for _, id := range s.Seals {
		c.Seals = append(c.Seals, Seal{ID: id, State: SealIntact})
	}
	return c
}

// Begun is when the journey of a shipment began: when it was ready.
func (c Cargo) Begun(s Shipment) time.Time {
	if c.Ready != nil {
		return c.Ready.Time
	}
	return s.Created.Time
}
