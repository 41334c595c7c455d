package model_test

import (
	"errors"
	"flag"
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// TestMain makes properties be checked in few cases, enough for the race detector. make unit checks them in 100 without it, make postgres in 12.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "3"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// telling reports whether so many cases are checked that each kind of answer must be among them: few come to it by chance.
func telling() bool {
	n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	return err != nil || n >= 100
}

// onTheLedger lists the shipments that the rules show a caller on the ledger itself.
func (w *world) onTheLedger(t *rapid.T, by rules.Tx, q waymark.ShipmentsQuery) []waymark.ShipmentView {
	all := []waymark.ShipmentView{}
	for n := range 4 {
		var shown *waymark.ShipmentView
		_, err := w.World.Submit(by, func(l rules.Ledger) (err error) {
			shown, err = custody.Get(l, waymark.ShipmentQuery{Shipment: fmt.Sprint("s", n), Purpose: q.Purpose})
			return err
		})
		switch code := waymark.CodeOf(err); {
		case code == waymark.NotFound || code == waymark.Forbidden:
		case err != nil:
			t.Fatal(err)
		case is(q.State, shown.State) && is(q.Custodian, shown.Custody.Custodian) && is(q.TitleHolder, shown.Title.Holder) &&
			is(q.Consignor, shown.Shipment.Consignor) && is(q.Consignee, shown.Shipment.Consignee):
			all = append(all, *shown)
		}
	}
	return all
}

func TestSQLite(t *testing.T) { conform(t, sqlite) }

// conform holds a model in a database to what it promises.
func conform(t *testing.T, open databasetest.Opener) {
	for name, test := range map[string]func(*testing.T, databasetest.Opener){
		"everybody sees what the ledger shows": showsWhatTheLedgerShows,
		"pages make the list":                  pagesMakeTheList,
		"each block is applied once":           eachBlockOnce,
		"a feed goes on":                       feedGoesOn,
		"a feed is stuck":                      feedIsStuck,
		"the database is away":                 databaseIsAway,
		"two feed one model":                   twoFeedOneModel,
		"another ledger is not taken":          anotherLedgerIsNotTaken,
		"what is changed by hand is found":     changesByHand,
		"events are gapless":                   eventsAreGapless,
		"more events than are held":            eventsOverflow,
		"events are filtered":                  eventsAreFiltered,
		"events go back":                       eventsGoBack,
		"refused events are counted":           refusedAreCounted,
		"lists show what the ledger shows":     listsShowWhatTheLedgerShows,
		"pages make each list":                 pagesOfAll,
		"shipments by their last change":       shipmentsByChange,
		"forged records are shown to nobody":   forgedRecords,
		"search finds what the ledger shows":   searchFinds,
		"a search is bounded":                  searchIsBounded,
		"provenance is the thing's history":    provenanceIsHistory,
		"provenance tells what may be told":    provenanceTells,
		"provenance ends":                      provenanceEnds,
		"cursors tell nothing":                 cursorsTellNothing,

		"an event is found by its id":   anEventIsFoundByItsID,
		"verdicts are of their block":   verdictsAreOfTheirBlock,
		"many follow events":            manyFollow,
		"who is told of items":          commissionedIsTold,
		"one feeds, and then the other": oneFeedsAtATime,

		"a model that is made anew":  remade,
		"a model of another version": otherVersion,
		"what is rare is found":      whatIsRareIsFound,

		"readings are shown as their windows are":    readingsAreShown,
		"pages make the list of readings":            readingPages,
		"late readings are in their place":           lateReadings,
		"many readings are summed up in pages":       manyReadings,
		"sums are exact":                             exactSums,
		"readings that are changed by hand are seen": readingsByHand,
		"readings are numbered alike":                numberedAlike,
		"what cannot be read ends the feed":          unreadable,
		"hidden readings leave no trace":             hiddenReadings,
		"hidden classes leave no trace":              hiddenClasses,
		"readings that a device and an edge signed":  signedByTwo,
		"more series than an answer decides":         manySeries,
		"a forged shipment takes no other readings":  forgedWitness,
		"cursors of readings are sealed":             sealedReadingCursors,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

// showsWhatTheLedgerShows: after any history, for every caller.
func showsWhatTheLedgerShows(t *testing.T, open databasetest.Opener) {
	shown, hidden := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		w, m := newWorld(t), opened(t, open)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			w.step(rt)
			w.block()
		}
		for _, b := range w.blocks {
			if err := m.Apply(t.Context(), b); err != nil {
				rt.Fatal(err)
			}
		}
		for _, member := range everyone {
			for _, role := range []waymark.Role{waymark.Operator, waymark.Viewer, waymark.Relay} {
				for _, q := range []waymark.ShipmentsQuery{
					{}, {Purpose: "claim"}, {State: waymark.ShipmentDraft}, {State: waymark.ShipmentInCustody}, {State: waymark.ShipmentClosed}, {Custodian: "carrier"},
					{Consignor: "producer", Consignee: "retailer"}, {Consignee: "carrier"}, {TitleHolder: "producer"}, {Custodian: "carrier", State: waymark.ShipmentInCustody},
				} {
					by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As(member, role)}
					want := w.onTheLedger(rt, by, q)
					got, err := m.Shipments(t.Context(), by, q)
					if err != nil || !reflect.DeepEqual(got.Shipments, want) {
						rt.Fatalf("%s as %s, %+v: got %+v, %v\nwant %+v", member, role, q, got.Shipments, err, want)
					}
					shown += len(want)
					hidden += 4 - len(want)
				}
			}
		}
	})
	if telling() && (shown == 0 || hidden == 0) {
		t.Errorf("%d shipments were shown and %d not", shown, hidden)
	}
}

// pagesMakeTheList whatever their size.
func pagesMakeTheList(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	for n := range 4 {
		scenario.Must(w.Consortium, w.As("producer", waymark.Operator), custody.Create, waymark.CreateShipmentRequest{
			ID: fmt.Sprint("s", n), Consignee: []string{"retailer", "carrier"}[n%2], Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, fmt.Sprint("s", n, "-1")).String()}}})
	}
	w.block()
	for _, b := range w.blocks {
		must(t, m.Apply(t.Context(), b))
	}
	by := rules.Tx{Time: w.Now, Caller: w.As("retailer", waymark.Viewer)}
	for limit := 1; limit < 4; limit++ {
		ids, after := "", ""
		for range 9 {
			p, err := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{Limit: limit, Cursor: after})
			must(t, err)
			for _, s := range p.Shipments {
				ids += s.Shipment.ID
			}
			if after = p.Cursor; after == "" {
				break
			}
		}
		if ids != "s0s2" {
			t.Errorf("%d a page: %s", limit, ids)
		}
	}
}

// eachBlockOnce and only after the one before.
func eachBlockOnce(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	w.Now = w.Now.Add(1)
	w.block()
	first, second := w.blocks[0], w.blocks[1]
	if err := m.Apply(t.Context(), second); !errors.Is(err, model.ErrNotNext) {
		t.Errorf("the second first: %v", err)
	}
	must(t, m.Apply(t.Context(), first))
	if err := m.Apply(t.Context(), first); !errors.Is(err, model.ErrNotNext) {
		t.Errorf("twice: %v", err)
	}
	other := second
	other.Previous = []byte("another")
	if err := m.Apply(t.Context(), other); !errors.Is(err, model.ErrOtherLedger) {
		t.Errorf("of another ledger: %v", err)
	}
	broken := second
	broken.Transactions = append([]ledger.BlockTransaction{}, second.Transactions...)
	broken.Transactions = append(broken.Transactions, second.Transactions[0]) // its place is taken
	if err := m.Apply(t.Context(), broken); err == nil {
		t.Error("two transactions in one place")
	}
	if c, err := m.Checkpoint(t.Context()); err != nil || c.Height != 1 || !reflect.DeepEqual(c.Hash, first.Hash) {
		t.Errorf("at %+v, %v", c, err)
	}
	must(t, m.Apply(t.Context(), second))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
