package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
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
	moved, err := a.locate(t, g, kind == kindPortion)
	if err != nil || !moved || g.Kind() == waymark.GoodsLot {
		return err
	}
	return a.exec(`INSERT INTO moves (id, block, position, place) VALUES ($1, $2, $3, $4)`, []byte(t.ID), bigint(a.block), position, []byte(t.Place))
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

// locate makes the row of a thing where it is now, and reports whether it was not there before.
func (a *application) locate(t thing, g waymark.Goods, portion bool) (moved bool, err error) {
	if !portion {
		if err := a.exec(`DELETE FROM goods WHERE id = $1 AND whole = 1 AND place <> $2`, []byte(t.ID), []byte(t.Place)); err != nil {
			return false, err
		}
	}
	switch t.Place.Kind() {
	case waymark.PlaceStock, waymark.PlaceShipment, waymark.PlaceContainer:
		a.settle[t.Place] = true
	case waymark.PlaceUsed, waymark.PlaceDecommissioned: // nobody has it
	}
	whole := 1
	if portion {
		whole = 0
	}
	done, err := a.statements.ExecContext(a.ctx, `INSERT INTO goods (place, id, whole, kind, gtin, lot) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (place, id) DO NOTHING`,
		[]byte(t.Place), []byte(t.ID), whole, g.Kind(), g.GTIN, []byte(t.Lot))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
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
		holder, shipment, err := goods.Held(a.records(), at)
		if !broken(err) { // else nobody has it, as of records that say what no rule wrote
			err = a.settlePlace(at, holder, shipment, 0)
		}
		if err != nil {
			return fmt.Errorf("place %s: %w", at, err)
		}
	}
	return nil
}

// settlePlace says who has what is at a place, and, if that is new, what is in the containers there.
func (a *application) settlePlace(at waymark.Place, holder, shipment string, depth int) error {
	done, err := a.statements.ExecContext(a.ctx, `INSERT INTO places (place, holder, shipment) VALUES ($1, $2, $3)
		ON CONFLICT (place) DO UPDATE SET holder = excluded.holder, shipment = excluded.shipment
		WHERE places.holder <> excluded.holder OR places.shipment <> excluded.shipment`, []byte(at), holder, shipment)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 || at.Kind() == waymark.PlaceStock || depth > goods.MaxDepth {
		return err
	}
	inside, err := a.records().names(`SELECT id FROM goods WHERE place = $1 AND id >= $2 AND id < $3`,
		[]byte(at), []byte(firstContainer), []byte(behindContainers))
	if err != nil {
		return err
	}
	for _, id := range inside {
		g, err := waymark.ParseGoods(id)
		if err == nil {
			err = a.settlePlace(waymark.InContainer(g), holder, shipment, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// idStem begins the canonical ids of things; those of containers are from firstContainer to before behindContainers.
const (
	idStem           = "https://id.gs1.org/"
	firstContainer   = idStem + "00/"
	behindContainers = idStem + "000"
)
