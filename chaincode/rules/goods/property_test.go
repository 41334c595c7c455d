package goods_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// chance draws what members do with goods.
type chance struct {
	*farm
	rt    *rapid.T
	made  int // items and lots made so far
	items []string
	lots  []string
	sent  []string // shipments
}

func (c *chance) member() string {
	return rapid.SampledFrom([]string{"producer", "producer", "producer", "producer", "producer", "carrier", "retailer"}).Draw(c.rt, "member")
}

// some are lines of things that there are.
func (c *chance) some(containers bool) []waymark.Line {
	pool := slices.Clone(c.items)
	if containers {
		pool = append(pool, box(0), box(1), box(2))
	}
	drawn := rapid.SliceOfNDistinct(rapid.SampledFrom(append(pool, c.lots...)), 1, 2, rapid.ID).Draw(c.rt, "things")
	var all []waymark.Line
	for _, id := range drawn {
		line := waymark.Line{ID: id}
		if waymark.MustGoods(id).Kind() == waymark.GoodsLot {
			line.Quantity = waymark.Quantity(rapid.Int64Range(1, 4000).Draw(c.rt, "quantity"))
			if len(c.sent) > 0 && rapid.Bool().Draw(c.rt, "delivered") {
				line.From = waymark.InShipment(rapid.SampledFrom(c.sent).Draw(c.rt, "shipment"))
			}
		}
		all = append(all, line)
	}
	return all
}

// inside are lines of what is in a container, of lots half.
func (c *chance) inside(container waymark.Goods) []waymark.Line {
	at := waymark.InContainer(container)
	var all []waymark.Line
	for _, kind := range []string{"item", "container"} {
		things := records[waymark.Thing](c, kind)
		for _, key := range slices.Sorted(maps.Keys(things)) {
			if things[key].Place == at {
				all = append(all, waymark.Line{ID: things[key].ID})
			}
		}
	}
	portions := records[waymark.Portion](c, "portion")
	for _, key := range slices.Sorted(maps.Keys(portions)) {
		if p := portions[key]; p.Place == at {
			n, _ := waymark.Thousandths(p.Quantity)
			all = append(all, waymark.Line{ID: p.Lot, Quantity: waymark.Quantity((n + 1) / 2)})
		}
	}
	if len(all) == 0 {
		return nil
	}
	from := rapid.IntRange(0, len(all)-1).Draw(c.rt, "first")
	return all[from:]
}

// step tries something; it may be refused.
func (c *chance) step() error {
	by, id := c.member(), fmt.Sprintf("a%d", c.acts)
	c.acts++
	caller := c.operator(by)
	switch rapid.IntRange(0, 9).Draw(c.rt, "step") {
	case 0, 1, 2:
		_, err := scenario.Submit(c.Consortium, caller, goods.Pack, waymark.PackRequest{ID: id, Container: box(rapid.IntRange(0, 2).Draw(c.rt, "box")), Lines: c.some(true)})
		return err
	case 3, 4:
		r := waymark.UnpackRequest{ID: id, Container: box(rapid.IntRange(0, 2).Draw(c.rt, "box"))}
		if r.Lines = c.inside(waymark.MustGoods(r.Container)); len(r.Lines) == 0 {
			return nil
		}
		_, err := scenario.Submit(c.Consortium, caller, goods.Unpack, r)
		return err
	case 5:
		return c.ship(by)
	case 6:
		return c.hand()
	case 7, 8:
		return c.make(by, id)
	default:
		_, err := scenario.Submit(c.Consortium, caller, goods.Decommission, waymark.DecommissionRequest{ID: id, Lines: c.some(true), Reason: "sold"})
		return err
	}
}

func (c *chance) ship(by string) error {
	id := fmt.Sprintf("s%d", c.acts)
	consignee := rapid.SampledFrom([]string{"producer", "carrier", "retailer"}).Draw(c.rt, "consignee")
	_, err := scenario.Submit(c.Consortium, c.operator(by), custody.Create, waymark.CreateShipmentRequest{ID: id, Consignee: consignee, Goods: c.some(true)})
	if err == nil {
		c.sent = append(c.sent, id)
	}
	return err
}

// hand hands a shipment on, to whoever.
func (c *chance) hand() error {
	if len(c.sent) == 0 {
		return nil
	}
	id, to := rapid.SampledFrom(c.sent).Draw(c.rt, "shipment"), c.member()
	for _, from := range []string{"producer", "carrier", "retailer"} {
		h, err := scenario.Submit(c.Consortium, c.operator(from), custody.Offer, waymark.OfferHandoffRequest{Shipment: id, To: to, ExpiresAt: c.Now.Add(time.Hour)})
		if err == nil {
			_, err = scenario.Submit(c.Consortium, c.operator(to), custody.Accept, waymark.AcceptHandoffRequest{Shipment: id, Number: h.Number, Reservation: "unseen"})
			return err
		}
	}
	return nil
}

// make makes one or two things of some, in pieces.
func (c *chance) make(by, id string) error {
	r := waymark.TransformRequest{ID: id, Inputs: c.some(false)}
	total := int64(0)
	for _, line := range r.Inputs {
		n := int64(1000)
		if line.Quantity != "" {
			n, _ = waymark.Thousandths(line.Quantity)
		}
		total += n
	}
	c.made++
	serial := fmt.Sprint("m", c.made)
	if total > 1000 && rapid.Bool().Draw(c.rt, "an item") {
		r.Outputs = append(r.Outputs, waymark.Output{ID: item(milk, serial), Lot: rapid.SampledFrom([]string{"", lotOf(milk, "I")}).Draw(c.rt, "lot")})
		total -= 1000
	}
	r.Outputs = append(r.Outputs, waymark.Output{ID: lotOf(milk, serial), Quantity: waymark.Quantity(total), Unit: waymark.UnitPiece})
	_, err := scenario.Submit(c.Consortium, c.operator(by), goods.Transform, r)
	if err == nil {
		for _, o := range r.Outputs {
			if waymark.MustGoods(o.ID).Kind() == waymark.GoodsItem {
				c.items = append(c.items, o.ID)
			} else {
				c.lots = append(c.lots, o.ID)
			}
		}
	}
	return err
}

func newChance(rt *rapid.T, t *testing.T) *chance {
	c := &chance{farm: newFarm(t), rt: rt, items: []string{item(milk, "1"), item(milk, "2"), item(milk, "3"), item(milk, "4")}, lots: []string{lotOf(milk, "L")}}
	c.commission(lotOf(milk, "I"), c.items[0], c.items[1])
	c.commission("", c.items[2], c.items[3])
	c.bulk(lotOf(milk, "L"), "10", waymark.UnitPiece)
	return c
}

func TestAnyHistoryOfGoods(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newChance(rt, t)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			if err := c.step(); waymark.CodeOf(err) == waymark.Internal {
				rt.Fatalf("%v", err)
			}
		}
		c.checkAmounts()
		c.checkContainers()
		c.checkTraces()
	})
}

// records reads all records of a kind.
func records[T any](c *chance, kind string) map[string]T {
	all := map[string]T{}
	for _, key := range c.World.Keys() {
		if strings.HasPrefix(key, kind+"/") {
			var record T
			if err := json.Unmarshal(c.World.Value(key), &record); err != nil {
				c.rt.Fatal(err)
			}
			all[key] = record
		}
	}
	return all
}

// checkAmounts: of each lot there is, over all places, what was made of it; and in each
// transformation what came out is what went in.
func (c *chance) checkAmounts() {
	sums := map[string]int64{}
	for key, p := range records[waymark.Portion](c, "portion") {
		n, err := waymark.Thousandths(p.Quantity)
		if err != nil || !strings.HasSuffix(key, "/"+string(p.Place)) {
			c.rt.Fatalf("%s is %+v: %v", key, p, err)
		}
		sums[p.Lot] += n
	}
	for _, lot := range records[waymark.Lot](c, "lot") {
		if lot.Unit != "" && waymark.Quantity(sums[lot.ID]) != lot.Quantity {
			c.rt.Fatalf("of %s there is %s, %s was made", lot.ID, waymark.Quantity(sums[lot.ID]), lot.Quantity)
		}
	}
}

// checkContainers: what a container says is in it is what says that it is there, with the
// lots that this has.
func (c *chance) checkContainers() {
	inside := map[waymark.Place]int{}
	lots := map[waymark.Place]map[string]int{}
	enter := func(at waymark.Place, id string, has []string) {
		if at.Kind() != waymark.PlaceContainer {
			return
		}
		inside[at]++
		if lots[at] == nil {
			lots[at] = map[string]int{}
		}
		for _, lot := range has {
			lots[at][lot]++
		}
		g := waymark.MustGoods(id)
		edge := "content/" + at.ID() + "/" + string(g.Kind()) + "/" + strings.Join(g.Parts(), "/")
		if c.World.Value(edge) == nil {
			c.rt.Fatalf("%s is in %s, and there is no %s", id, at, edge)
		}
	}
	things := records[waymark.Thing](c, "item")
	maps.Copy(things, records[waymark.Thing](c, "container"))
	for _, t := range things {
		enter(t.Place, t.ID, t.Lots)
	}
	bulk := records[waymark.Lot](c, "lot")
	for _, p := range records[waymark.Portion](c, "portion") {
		g := waymark.MustGoods(p.Lot)
		enter(p.Place, p.Lot, bulk["lot/"+strings.Join(g.Parts(), "/")].Lots)
	}
	for _, t := range records[waymark.Thing](c, "container") {
		at := waymark.InContainer(waymark.MustGoods(t.ID))
		counted := map[string]int{}
		for i, lot := range t.Lots {
			counted[lot] = t.Shares[i]
		}
		if t.Contents != inside[at] || !maps.Equal(counted, lots[at]) && len(counted)+len(lots[at]) > 0 {
			c.rt.Fatalf("%s has %d things and %v, there are %d and %v", t.ID, t.Contents, counted, inside[at], lots[at])
		}
		delete(inside, at)
	}
	if len(inside) > 0 {
		c.rt.Fatalf("things are in containers that there are not: %v", inside)
	}
}

// reached are the ids in a trace.
func (c *chance) reached(id string, direction waymark.Direction, limit int) map[string]bool {
	ids := map[string]bool{}
	for _, e := range c.trace(id, direction, limit) {
		if e.Kind != waymark.TracedTransformation && e.ID != id {
			ids[e.ID] = true
		}
	}
	return ids
}

// checkTraces: back is the inverse of forward, pages make no difference, and the lots in a
// thing are those that it came of.
func (c *chance) checkTraces() {
	all := append(slices.Clone(c.items), append(c.lots, lotOf(milk, "I"))...)
	forward, back := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, id := range all {
		forward[id], back[id] = c.reached(id, waymark.TraceForward, 0), c.reached(id, waymark.TraceBack, 0)
		if !maps.Equal(forward[id], c.reached(id, waymark.TraceForward, 2)) || !maps.Equal(back[id], c.reached(id, waymark.TraceBack, 2)) {
			c.rt.Fatalf("the trace of %s depends on the pages", id)
		}
	}
	for _, a := range all {
		for _, b := range all {
			if forward[a][b] != back[b][a] {
				c.rt.Fatalf("%s became %s: %v, and came of it: %v", a, b, forward[a][b], back[b][a])
			}
		}
		var came []string
		for id := range back[a] {
			if waymark.MustGoods(id).Kind() == waymark.GoodsLot {
				came = append(came, id)
			}
		}
		if waymark.MustGoods(a).Kind() == waymark.GoodsLot {
			came = append(came, a)
		}
		slices.Sort(came)
		if v := c.look(a); !slices.Equal(v.Lots, came) {
			c.rt.Fatalf("%s has the lots %v, and came of %v", a, v.Lots, came)
		}
	}
}
