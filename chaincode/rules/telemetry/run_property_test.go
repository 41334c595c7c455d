package telemetry_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/memledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// anyPack signs a message with numbers and booleans of anchored classes, of any times since registration.
func anyPack(t *rapid.T, d *scenario.Device) string {
	var records []string
	for range rapid.IntRange(1, 6).Draw(t, "readings") {
		at := scenario.Start.Unix() + rapid.Int64Range(0, 200).Draw(t, "second")
		record := fmt.Sprintf(`{"n":"door","vb":%t,"t":%d}`, rapid.Bool().Draw(t, "open"), at)
		if rapid.Bool().Draw(t, "number") {
			unit := rapid.SampledFrom([]string{"Cel", "K"}).Draw(t, "unit")
			value := rapid.OneOf(rapid.Int64Range(-50, 50), rapid.Int64Range(-9e12, 9e12)).Draw(t, "value")
			record = fmt.Sprintf(`{"n":"temperature","u":%q,"v":%d,"t":%d.%03d}`, unit, value, at, rapid.IntRange(0, 999).Draw(t, "ms"))
		}
		records = append(records, record)
	}
	return d.SignPack([]byte("[" + strings.Join(records, ",") + "]"))
}

// submitted records entries on a world and returns what became of them.
func submitted(t *rapid.T, c *scenario.Consortium, world *memledger.World, tx ledger.Tx, entries ...string) []waymark.MessageResult {
	var results []waymark.MessageResult
	if _, err := world.Submit(tx, func(l ledger.Ledger) error {
		r, err := telemetry.Record(l, waymark.RecordRequest{Messages: entries, Body: bodyOfAll})
		if err == nil {
			results = r.Results
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return results
}

// anchoredAs is the stream of a world without what is anchored of it.
func anchoredAs(t *rapid.T, world *memledger.World, id string) waymark.Stream {
	var s waymark.Stream
	if err := json.Unmarshal(world.Value(ledger.StreamKey(id).String()), &s); err != nil {
		t.Fatal(err)
	}
	s.Anchored = nil
	return s
}

// TestARunIsAsItsMessagesInFull: the same numbers, digests, gaps, measurements, times and totals.
func TestARunIsAsItsMessagesInFull(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := scenario.New(t)
		d := logger(c)
		c.Now = c.Now.Add(time.Minute)
		relay := c.As("producer", waymark.Relay)
		for range rapid.IntRange(0, 3).Draw(rt, "lost") {
			anyPack(rt, d)
		}
		if rapid.Bool().Draw(rt, "something before") || d.Next > 2 { // in full, as what opens a gap has to be
			submitted(rt, c, c.World, c.Tx(relay), anyPack(rt, d))
		}
		var texts []string
		for range rapid.IntRange(1, 12).Draw(rt, "messages") {
			texts = append(texts, anyPack(rt, d))
		}
		r, err := scenario.Run(texts...)
		if err != nil { // a sum that does not fit: such messages come in full
			return
		}
		full, anchored := c.World.Clone(), c.World.Clone()
		tx := c.Tx(relay)
		for _, result := range append(submitted(rt, c, full, tx, texts...), submitted(rt, c, anchored, tx, r.Text())...) {
			if result.Outcome != waymark.Recorded {
				rt.Fatalf("%+v", result)
			}
		}
		if a, b := anchoredAs(rt, anchored, d.ID), anchoredAs(rt, full, d.ID); !reflect.DeepEqual(a, b) {
			rt.Fatalf("anchored %+v\nin full %+v", a, b)
		}
		key := ledger.WindowKey(d.ID, r.First).String()
		a, errA := window.Decode(d.ID, anchored.Value(key))
		b, errB := window.Decode(d.ID, full.Value(key))
		if errA != nil || errB != nil || a.Body != bodyOfAll {
			rt.Fatal(errA, errB, a.Body)
		}
		if a.Root, a.Body = b.Root, ""; !reflect.DeepEqual(a, b) {
			rt.Fatalf("anchored %+v\nin full %+v", a, b)
		}
		for i, result := range submitted(rt, c, anchored, c.Tx(relay), texts...) {
			if result.Outcome != waymark.Duplicate || result.TxID != tx.ID {
				rt.Fatalf("message %d again: %+v", i, result)
			}
		}
		next := anyPack(rt, d)
		if result := submitted(rt, c, anchored, c.Tx(relay), next)[0]; result.Outcome != waymark.Recorded {
			rt.Fatalf("the next one: %+v", result)
		}
	})
}
