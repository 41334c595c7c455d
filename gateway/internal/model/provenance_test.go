package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
)

// provenanceIsHistory: after any history the own steps of a thing are what the ledger tells of its record, each with its
// transaction, to whom it tells that; and nobody else is told anything.
func provenanceIsHistory(t *testing.T, open databasetest.Opener) {
	steps, refused := 0, 0
	for n := range histories {
		t.Run("", func(t *testing.T) { // so that its database is closed
			d := worked(t, n)
			m := d.modelOf(t, open)
			for _, id := range append(depotItems[:4:4], depotContainers...) {
				for _, member := range everyone {
					by := d.by(member, waymark.Operator)
					history := told(t, d.world, by, goods.History, waymark.ThingQuery{ID: id})
					p, err := m.Provenance(t.Context(), by, waymark.ProvenanceQuery{ID: id})
					if history == nil {
						if code := waymark.CodeOf(err); code != waymark.Forbidden && code != waymark.NotFound {
							t.Errorf("%s is told of %s: %v", member, id, err)
						}
						refused++
						continue
					}
					var want, got []string
					for _, v := range history.Versions {
						if place := string(v.Place); len(want) == 0 || !strings.HasSuffix(want[len(want)-1], " "+place) {
							want = append(want, v.Changed.TxID+" "+place)
						}
					}
					for _, s := range p.Steps {
						if s.Thing == id {
							got = append(got, s.TxID+" "+string(s.Place))
						}
					}
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%s of %s: %v\ngot  %v\nwant %v", member, id, err, got, want)
					}
					steps += len(got)
				}
			}
		})
	}
	if telling() && (steps == 0 || refused == 0) {
		t.Errorf("%d steps, and %d refused", steps, refused)
	}
}

// provenanceTells the story of an item that was made, packed in a box on a pallet, shipped twice, and unpacked, to each
// member as far as the rules tell it of what was on the way.
func provenanceTells(t *testing.T, open databasetest.Opener) {
	d := newDepot(t)
	producer, carrier, retailer := d.As("producer", waymark.Operator), d.As("carrier", waymark.Operator), d.As("retailer", waymark.Operator)
	made, box, pallet := item("made"), depotContainers[0], depotContainers[1]
	done(t, d, producer, goods.Transform, waymark.TransformRequest{ID: "make", Inputs: []waymark.Line{{ID: depotItems[0]}}, Outputs: []waymark.Output{{ID: made}}})
	done(t, d, producer, goods.Pack, waymark.PackRequest{ID: "pack", Container: box, Lines: []waymark.Line{{ID: made}}})
	done(t, d, producer, goods.Pack, waymark.PackRequest{ID: "stack", Container: pallet, Lines: []waymark.Line{{ID: box}}})
	done(t, d, producer, custody.Create, waymark.CreateShipmentRequest{ID: "s0", Consignee: "carrier", Goods: []waymark.Line{{ID: pallet}}})
	d.handOver(t, "s0", "producer", "carrier")
	done(t, d, carrier, custody.Create, waymark.CreateShipmentRequest{ID: "s1", Consignee: "retailer", Goods: []waymark.Line{{ID: pallet}}})
	d.handOver(t, "s1", "carrier", "retailer")
	done(t, d, retailer, goods.Unpack, waymark.UnpackRequest{ID: "unstack", Container: pallet, Lines: []waymark.Line{{ID: box}}})
	done(t, d, retailer, goods.Unpack, waymark.UnpackRequest{ID: "unpack", Container: box, Lines: []waymark.Line{{ID: made}}})
	done(t, d, retailer, custody.Create, waymark.CreateShipmentRequest{ID: "s2", Consignee: "carrier", Goods: []waymark.Line{{ID: pallet}}})
	d.handOver(t, "s2", "retailer", "carrier") // the pallet goes on, without the item
	m := d.modelOf(t, open)
	for _, tt := range []struct {
		member string
		want   []string
	}{
		{"producer", []string{ // whose goods they are
			"goods.transformed item stock make", "goods.packed item container pack", "goods.packed box stock pack",
			"goods.packed box container stack", "goods.packed pallet stock stack", "shipment.created pallet shipment", "handoff.accepted s0 1",
			"shipment.created pallet shipment", "handoff.accepted s1 1", "goods.unpacked box stock unstack", "goods.unpacked item stock unpack",
		}},
		{"retailer", []string{ // which has item and box, and not the pallet any more
			"goods.transformed item stock", "goods.packed item container pack", "goods.packed box stock pack",
			"goods.packed box container", "withheld", "withheld",
			"shipment.created pallet shipment", "handoff.accepted s1 1", "goods.unpacked box stock unstack", "goods.unpacked item stock unpack",
		}},
	} {
		p, err := m.Provenance(t.Context(), d.by(tt.member, waymark.Viewer), waymark.ProvenanceQuery{ID: made})
		must(t, err)
		var got []string
		for _, s := range p.Steps {
			got = append(got, inWords(s, map[string]string{made: "item", box: "box", pallet: "pallet"}))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s is told\n%s\nwant\n%s", tt.member, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
		if len(p.Sources) < 2 || p.Sources[0].ID != "make" || p.Sources[1].ID != depotItems[0] || p.Thing.Holder != "retailer" || p.MoreSteps || p.MoreSources {
			t.Errorf("%s is told of %+v, which came of %+v", tt.member, p.Thing, p.Sources)
		}
	}
	for id, code := range map[string]waymark.Code{item("none"): waymark.NotFound, depotItems[3]: waymark.Forbidden} {
		if _, err := m.Provenance(t.Context(), d.by("carrier", waymark.Viewer), waymark.ProvenanceQuery{ID: id}); waymark.CodeOf(err) != code {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// handOver offers a shipment, and accepts it.
func (d *depot) handOver(t *testing.T, id, from, to string) {
	t.Helper()
	h := done(t, d, d.As(from, waymark.Operator), custody.Offer, waymark.OfferHandoffRequest{Shipment: id, To: to, ExpiresAt: d.Now.Add(time.Hour)})
	done(t, d, d.As(to, waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: id, Number: h.Number, Reservation: "as it is"})
}

func inWords(s waymark.ProvenanceStep, names map[string]string) string {
	switch {
	case s.Withheld:
		if s.TxID != "" || s.Block != 0 || s.Thing != "" || !s.Time.IsZero() {
			return fmt.Sprintf("withheld, but for %+v", s)
		}
		return s.What
	case s.Handoff != nil:
		if s.Handoff.Verdict == nil {
			return s.What + " without a verdict"
		}
		return fmt.Sprint(s.What, " ", s.Shipment, " ", s.Handoff.Number)
	}
	return strings.TrimSpace(fmt.Sprint(s.What, " ", names[s.Thing], " ", s.Place.Kind(), " ", s.Act))
}
