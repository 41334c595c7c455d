package goods

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Spot is where a thing is, as one shipment sees it.
type Spot struct {
	Inside     bool            // it is in the shipment, directly or in a container; of a lot, some of it directly
	Containers []waymark.Goods // that it is in, innermost first
	Amount     int64           // of a lot that is directly in the shipment, in thousandths
}

// Spots returns where things are now, one for each. What nobody has made known is nowhere.
func Spots(r ledger.Reader, shipment string, things []waymark.Goods) ([]Spot, error) {
	b, inside := look(r), waymark.InShipment(shipment)
	var known []waymark.Goods
	var portions []portion
	for _, g := range things {
		if g.Kind() == waymark.GoodsLot {
			portions = append(portions, portion{g, inside})
		} else {
			known = append(known, g)
		}
	}
	if err := b.load(known); err != nil {
		return nil, err
	}
	if err := b.loadPortions(portions); err != nil {
		return nil, err
	}
	spots := make([]Spot, len(things))
	for i, g := range things {
		if g.Kind() == waymark.GoodsLot {
			n := b.portions[portion{g, inside}]
			spots[i] = Spot{Inside: n > 0, Amount: n}
			continue
		}
		if err := b.spot(&spots[i], g, inside); err != nil {
			return nil, err
		}
	}
	return spots, nil
}

// spot walks up from the record of a thing.
func (b *book) spot(s *Spot, g waymark.Goods, inside waymark.Place) error {
	t := b.things[g]
	for t != nil && t.Place.Kind() == waymark.PlaceContainer && len(s.Containers) < MaxDepth {
		container := t.Place.Container()
		s.Containers = append(s.Containers, container)
		if err := b.load([]waymark.Goods{container}); err != nil {
			return err
		}
		t = b.things[container]
	}
	s.Inside = t != nil && t.Place == inside
	return nil
}
