package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// The kinds of records of which goods are made.
const (
	kindItem      = string(waymark.GoodsItem)
	kindLot       = string(waymark.GoodsLot)
	kindContainer = string(waymark.GoodsContainer)
	kindPortion   = "portion"
)

// thing is what is indexed of an item, lot, container or portion: all have the members that they need.
type thing struct {
	ID    string        `json:"id"`
	Lot   string        `json:"lot"` // of an item or portion
	Place waymark.Place `json:"place"`
}

// indexGoods makes the rows anew of a thing, or of so much of a lot, whose record was written.
func (a *application) indexGoods(position int, w ledger.Write) error {
	kind, rest, _ := strings.Cut(w.Key, "/")
	if kind == kindPortion && w.Value == nil {
		return a.removePortion(rest)
	}
	if !slices.Contains([]string{kindItem, kindLot, kindContainer, kindPortion}, kind) || w.Value == nil { // no other is ever deleted
		return nil
	}
	t, g, ok := readThing(kind, w.Value)
	if !ok {
		return nil
	}
	if kind == kindContainer {
		a.settle[waymark.InContainer(g)] = true
	}
	return a.locate(t, g, kind == kindPortion, position)
}

// readThing reads a record, or reports that it is none of a thing.
func readThing(kind string, value []byte) (t thing, g waymark.Goods, ok bool) {
	if !reads(value, &t) {
		return t, g, false
	}
	switch kind {
	case kindPortion:
		t.ID = t.Lot
	case kindLot:
		t.Lot = t.ID
	}
	g, err := waymark.ParseGoods(t.ID)
	return t, g, err == nil
}

// locate makes the row of a thing where it is now, and one of the move if it was not there before: of a lot none is kept.
func (a *application) locate(t thing, g waymark.Goods, portion bool, position int) error {
	id, at := []byte(t.ID), []byte(t.Place)
	if g.Kind() != waymark.GoodsLot {
		if err := a.exec(`INSERT INTO moves (id, block, position, place) SELECT $1, $2, $3, $4
			WHERE NOT EXISTS (SELECT 1 FROM goods WHERE place = $4 AND id = $1) ON CONFLICT (id, block, position) DO NOTHING`,
			id, database.Signed(a.block), position, at); err != nil {
			return err
		}
	}
	if !portion {
		if err := a.exec(`DELETE FROM goods WHERE id = $1 AND whole = 1 AND place <> $2`, id, at); err != nil {
			return err
		}
	}
	inside := []byte{}
	switch t.Place.Kind() {
	case waymark.PlaceStock, waymark.PlaceShipment, waymark.PlaceContainer:
		a.settle[t.Place] = true
	case waymark.PlaceUsed, waymark.PlaceDecommissioned: // nobody has it
	}
	whole := 1
	if portion {
		whole = 0
	}
	if g.Kind() == waymark.GoodsContainer {
		inside = []byte(waymark.InContainer(g))
	}
	return a.exec(`INSERT INTO goods (place, id, whole, kind, gtin, lot, inside) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (place, id) DO NOTHING`,
		at, id, whole, g.Kind(), g.GTIN, []byte(t.Lot), inside)
}

// removePortion removes the row of what was left of a lot at a place, by the rest of its key.
func (a *application) removePortion(rest string) error {
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) < 3 {
		return nil
	}
	lot := idStem + "01/" + parts[0] + "/10/" + parts[1]
	return a.exec(`DELETE FROM goods WHERE place = $1 AND id = $2 AND whole = 0`, []byte(parts[2]), []byte(lot))
}

// settlePlaces says anew of each place that the block may have changed who has what is there.
func (a *application) settlePlaces() error {
	for _, at := range slices.Sorted(maps.Keys(a.settle)) {
		holder, shipment, err := goods.Held(a.is, at)
		if !broken(err) { // else nobody has it, as of records that say what no rule wrote
			err = a.settlePlace(at, holder, shipment)
		}
		if err != nil {
			return fmt.Errorf("place %s: %w", at, err)
		}
	}
	return nil
}

// settlePlace says who has what is at a place, and, if that is new, what is in the containers there, however deep.
func (a *application) settlePlace(at waymark.Place, holder, shipment string) error {
	if at.Kind() != waymark.PlaceStock {
		err := a.exec(`WITH RECURSIVE inner_places (place, depth) AS (
			SELECT g.inside, 1 FROM goods g WHERE g.place = $1 AND g.kind = 'container'
				AND NOT EXISTS (SELECT 1 FROM places p WHERE p.place = $1 AND p.holder = $2 AND p.shipment = $3)
			UNION SELECT g.inside, i.depth + 1 FROM inner_places i JOIN goods g ON g.place = i.place AND g.kind = 'container' WHERE i.depth <= $4)
			INSERT INTO places (place, holder, shipment) SELECT DISTINCT place, $2, $3 FROM inner_places WHERE place <> $1`+settled,
			[]byte(at), holder, shipment, goods.MaxDepth)
		if err != nil {
			return err
		}
	}
	return a.exec(`INSERT INTO places (place, holder, shipment) VALUES ($1, $2, $3)`+settled, []byte(at), holder, shipment)
}

// settled ends a statement that writes places.
const settled = ` ON CONFLICT (place) DO UPDATE SET holder = excluded.holder, shipment = excluded.shipment
	WHERE places.holder <> excluded.holder OR places.shipment <> excluded.shipment`

// idStem begins the canonical ids of things.
const idStem = "https://id.gs1.org/"
