package waymark

import "strings"

// Place is where a thing, or so much of a lot, is. Its text is a kind and what belongs to
// it, with slashes between, as in "stock/producer/producer".
type Place string

// PlaceKind is what sort of place it is.
type PlaceKind string

// The kinds.
const (
	PlaceStock          PlaceKind = "stock"          // free, with holder and title holder
	PlaceContainer      PlaceKind = "container"      // in a container, by its SSCC
	PlaceShipment       PlaceKind = "shipment"       // in a shipment, or with whom had it when it ended
	PlaceUsed           PlaceKind = "used"           // used up by a transformation, by its act
	PlaceDecommissioned PlaceKind = "decommissioned" // no more, by its act
)

// Stock is the place of what a member holds and a member owns.
func Stock(holder, titleHolder string) Place { return place(PlaceStock, holder, titleHolder) }

// InContainer is the place of what is directly in a container.
func InContainer(container Goods) Place { return place(PlaceContainer, container.SSCC) }

// InShipment is the place of what moves, or moved, with a shipment.
func InShipment(id string) Place { return place(PlaceShipment, id) }

// UsedBy is the place of what a transformation has used up.
func UsedBy(act string) Place { return place(PlaceUsed, act) }

// DecommissionedBy is the place of what is no more.
func DecommissionedBy(act string) Place { return place(PlaceDecommissioned, act) }

func place(kind PlaceKind, parts ...string) Place {
	return Place(string(kind) + "/" + strings.Join(parts, "/"))
}

// Kind returns what sort of place it is.
func (p Place) Kind() PlaceKind {
	kind, _, _ := strings.Cut(string(p), "/")
	return PlaceKind(kind)
}

// ID returns the SSCC of a container, or the id of a shipment or act.
func (p Place) ID() string {
	_, id, _ := strings.Cut(string(p), "/")
	return id
}

// Container returns the container of a place of that kind.
func (p Place) Container() Goods { return Goods{SSCC: p.ID()} }

// Members returns holder and title holder of a stock.
func (p Place) Members() (holder, titleHolder string) {
	holder, titleHolder, _ = strings.Cut(p.ID(), "/")
	return holder, titleHolder
}

// maxPlace bounds the text of a place from which so much of a lot can be taken, and sourcePattern is what it
// looks like.
const (
	maxPlace      = int64(len(PlaceStock) + 2*(1+MaxIDLength))
	sourcePattern = `^(stock/[A-Za-z0-9][A-Za-z0-9_:-]{0,63}/[A-Za-z0-9][A-Za-z0-9_:-]{0,63}|shipment/[A-Za-z0-9][A-Za-z0-9_:-]{0,63})$`
)

// validateSource checks a place from which so much of a lot can be taken.
func (p Place) validateSource(pointer string) error {
	switch p.Kind() {
	case PlaceStock:
		holder, title := p.Members()
		return first(ValidateID(pointer, holder), ValidateID(pointer, title))
	case PlaceShipment:
		return ValidateID(pointer, p.ID())
	case PlaceContainer, PlaceUsed, PlaceDecommissioned: // nothing is taken from there by a line
	}
	return InvalidField(pointer, `must be "%s/{holder}/{title holder}" or "%s/{id}"`, PlaceStock, PlaceShipment)
}
