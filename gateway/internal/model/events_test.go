package model_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/rules/backing"
	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"pgregory.net/rapid"
)

// telling is a block that holds events, each of a transaction of its own that wrote what it tells of.
func (w *world) telling(events ...ledger.Event) {
	w.block()
	b := &w.blocks[len(w.blocks)-1]
	for n, e := range events {
		tx := ledger.BlockTransaction{
			TxID: fmt.Sprintf("%064x", uint64(len(w.blocks))<<32+uint64(n)), Position: 2 + n, Status: ledger.Valid, Member: []string{"producer", "carrier"}[n%2], Time: w.Now, Function: "some:Thing", Event: &e,
		}
		w.back(&tx)
		b.Transactions = append(b.Transactions, tx)
	}
}

// back makes a transaction write what it tells of: records as they are, and of what there is not one that nobody can read.
func (w *world) back(tx *ledger.BlockTransaction) {
	records, _ := backing.Records(backing.Told{Name: tx.Event.Name, Payload: tx.Event.Payload, TxID: tx.TxID, Member: tx.Member}) // of no event there are none
	written := map[string]bool{}
	for _, r := range records {
		switch {
		case r.Private && r.Other:
			tx.Private = append(tx.Private, ledger.PrivateWrite{Member: r.Holder + "-not", Key: sha256.Sum256([]byte(r.From))})
		case r.Private:
			tx.Private = append(tx.Private, ledger.PrivateWrite{Member: r.Holder, Key: sha256.Sum256([]byte(r.From))})
		case !written[r.From]:
			value := w.World.Value(r.From)
			if value == nil {
				value = []byte("?")
			}
			tx.Writes, written[r.From] = append(tx.Writes, ledger.Write{Key: r.From, Value: value}), true
		}
	}
}

func payload(t *testing.T, v any) []byte {
	t.Helper()
	encoded, err := json.Marshal(v)
	must(t, err)
	return encoded
}

// follow asks for all events from a position on, as a stream does.
func follow(t *testing.T, m *model.Model, by rules.Tx, f model.EventFilter, from model.Position) (ids []string, next model.Position) {
	t.Helper()
	for {
		told, err := m.Events(t.Context(), by, f, from)
		must(t, err)
		for _, e := range told.Events {
			ids = append(ids, e.Position.String())
		}
		if told.Next == from {
			return ids, told.Next
		}
		from = told.Next
	}
}

// eventsAreGapless: whoever comes again with where it was misses none and sees none twice, whether what it asks
// for is in memory or not, and however much is asked for at a time.
func eventsAreGapless(t *testing.T, open databasetest.Opener) {
	rapid.Check(t, func(rt *rapid.T) {
		t.Run("", func(t *testing.T) { gapless(t, rt, open) }) // so that its databases are closed
	})
}

func gapless(t *testing.T, rt *rapid.T, open databasetest.Opener) {
	w, same := newWorld(t), open(t)
	m, other := model.New(same()), model.New(same())
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
	must(t, m.Apply(t.Context(), w.blocks[0]))
	at, otherAt := model.End(1), model.End(1)
	var live, late []string
	for range rapid.IntRange(1, 5).Draw(rt, "blocks") {
		var events []ledger.Event
		for range rapid.SampledFrom([]int{0, 1, 1, 2, 3, 5, 8, 210}).Draw(rt, "events") {
			events = append(events, ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})})
		}
		w.telling(events...)
		must(t, m.Apply(t.Context(), w.blocks[len(w.blocks)-1]))
		if rapid.Bool().Draw(rt, "looks") {
			var ids []string
			ids, at = follow(t, m, by, model.EventFilter{}, at)
			live = append(live, ids...)
		}
		if rapid.Bool().Draw(rt, "another looks") {
			must(t, other.Await(t.Context(), w.blocks[len(w.blocks)-1].Number))
			var ids []string
			ids, otherAt = follow(t, other, by, model.EventFilter{}, otherAt)
			late = append(late, ids...)
		}
	}
	rest, _ := follow(t, m, by, model.EventFilter{}, at)
	must(t, other.Await(t.Context(), w.blocks[len(w.blocks)-1].Number))
	otherRest, _ := follow(t, other, by, model.EventFilter{}, otherAt)
	all, _ := follow(t, model.New(same()), by, model.EventFilter{}, model.End(1))
	if live = append(live, rest...); !slices.Equal(live, all) {
		rt.Errorf("live %v\nall %v", live, all)
	}
	if late = append(late, otherRest...); !slices.Equal(late, all) {
		rt.Errorf("at another replica %v\nall %v", late, all)
	}
}

// eventsOverflow what is held in memory.
func eventsOverflow(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
	must(t, m.Apply(t.Context(), w.blocks[0]))
	registered := ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})}
	total := 0
	for _, n := range []int{3, 1500, 700, 2100, 5} {
		w.telling(slices.Repeat([]ledger.Event{registered}, n)...)
		must(t, m.Apply(t.Context(), w.blocks[len(w.blocks)-1]))
		total += n
		if ids, _ := follow(t, m, by, model.EventFilter{}, model.End(1)); len(ids) != total {
			t.Errorf("%d events, want %d", len(ids), total)
		}
		if ids, _ := follow(t, m, by, model.EventFilter{}, model.End(uint64(len(w.blocks)-1))); len(ids) != n {
			t.Errorf("%d events of the last block, want %d", len(ids), n)
		}
	}
}

// eventsAreFiltered, and nobody is told of what the ledger would not tell.
func eventsAreFiltered(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	w.record(w.logger.Pack(400))
	w.telling(
		ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})},
		ledger.Event{Name: waymark.EventDeviceSuspended, Payload: payload(t, waymark.DeviceEvent{Device: "logger-1", Owner: "producer"})},
		ledger.Event{Name: waymark.EventTelemetryRecorded, Payload: payload(t, waymark.TelemetryEvent{
			Windows: []waymark.WindowRef{{Device: "logger-1", First: 7, Last: 8}, {Device: "logger-9", First: 1, Last: 1}},
			Clashes: []waymark.ClashRef{{Device: "logger-1"}},
		})},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, waymark.ShipmentEvent{Shipment: "s0"})},
		ledger.Event{Name: waymark.EventMoneyIssued, Payload: payload(t, waymark.MoneyEvent{Payment: "i1"})},
		ledger.Event{Name: "odd.thing", Payload: []byte(`{}`)},
		ledger.Event{Name: waymark.EventDeviceResumed, Payload: []byte(`[]`)},
		ledger.Event{Name: waymark.EventDevicesRegistered, Payload: payload(t, waymark.DevicesEvent{Owner: "producer", Devices: []string{"logger-9", "logger-1"}})},
		ledger.Event{Name: waymark.EventTelemetryDisclosed, Payload: payload(t, waymark.DisclosedEvent{To: "carrier",
			Messages: []waymark.MessageRef{{Device: "logger-9", Sequence: 1}, {Device: "logger-1", Sequence: 1}, {Device: "logger-1", Sequence: 2}}})},
	)
	for _, b := range w.blocks {
		must(t, m.Apply(t.Context(), b))
	}
	for _, tt := range []struct {
		filter model.EventFilter
		want   []string
	}{
		{model.EventFilter{}, []string{"1:2:0", "1:3:0", "1:4:2", "1:9:1", "1:10:1"}}, // there is no window, shipment or payment, and no logger-9
		{model.EventFilter{Kind: "device"}, []string{"1:3:0", "1:9:1"}},
		{model.EventFilter{Kind: waymark.EventDeviceSuspended}, []string{"1:3:0"}},
		{model.EventFilter{Kind: "dev"}, nil},
		{model.EventFilter{Device: "logger-1"}, []string{"1:3:0", "1:4:2", "1:9:1", "1:10:1"}},
		{model.EventFilter{Shipment: "s0"}, nil},
		{model.EventFilter{Member: "carrier"}, []string{"1:3:0", "1:9:1"}},
	} {
		by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
		if got, _ := follow(t, m, by, tt.filter, model.End(0)); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.filter, got, tt.want)
		}
	}
}

func TestPositionsAreWhatTheySay(t *testing.T) {
	for _, text := range []string{"0:0:0", "17:3:2147483647"} {
		if p, err := model.ParsePosition(text); err != nil || p.String() != text {
			t.Errorf("%s: %s, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "1", "1:2", "1:2:3:4", "01:0:0", "-1:0:0", "a:0:0", "1:2: 3", "1:9999999999999:0"} {
		if _, err := model.ParsePosition(text); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// verdictsAreOfTheirBlock: who may know of an event is decided anew when the model has another block.
func verdictsAreOfTheirBlock(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	scenario.Must(w.Consortium, w.As("producer", waymark.Operator), custody.Create, waymark.CreateShipmentRequest{
		ID: "s0", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item(scenario.GTIN, "s0-1").String()}}})
	w.telling(ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, waymark.ShipmentEvent{Shipment: "s0"})})
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("carrier", waymark.Viewer)}
	for _, tt := range []struct {
		policy string
		want   []string
	}{
		{`forbid (principal, action == Waymark::Action::"ReadShipment", resource) when { false };`, nil},
		{`permit (principal, action == Waymark::Action::"ReadShipment", resource);`, []string{"1:2:0"}},
		{`forbid (principal in Waymark::Member::"carrier", action == Waymark::Action::"ReadShipment", resource);`, nil},
	} {
		scenario.Must(w.Consortium, w.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{ID: "p0", Text: tt.policy})
		w.block()
		must(t, m.Replay(t.Context(), newChain(0, w.blocks...), uint64(len(w.blocks))))
		for range 2 { // decided, and found
			if got, _ := follow(t, m, by, model.EventFilter{Shipment: "s0"}, model.End(0)); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", tt.policy, got, tt.want)
			}
		}
	}
}

// manyFollow at once, and each gets the events that are its caller's.
func manyFollow(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	must(t, m.Apply(t.Context(), w.blocks[0]))
	const blocks, followers = 30, 40
	var following sync.WaitGroup
	got := make([][]string, followers)
	for n := range followers {
		by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As(everyone[n%len(everyone)], waymark.Viewer)}
		following.Go(func() {
			for at := model.End(1); at.Block <= blocks; {
				told, err := m.Events(t.Context(), by, model.EventFilter{}, at)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range told.Events {
					got[n] = append(got[n], e.Position.String())
				}
				if at = told.Next; len(told.Events) == 0 && at.Block <= blocks {
					if err := m.Await(t.Context(), at.Block); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range blocks {
		w.telling(
			ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})},
			ledger.Event{Name: waymark.EventMoneyIssued, Payload: payload(t, waymark.MoneyEvent{Payment: "i1"})},
			ledger.Event{Name: waymark.EventDeviceSuspended, Payload: payload(t, waymark.DeviceEvent{Device: "logger-1", Owner: "producer"})},
		)
		must(t, m.Apply(t.Context(), w.blocks[len(w.blocks)-1]))
	}
	following.Wait()
	for n := range got {
		if len(got[n]) != 2*blocks || !slices.Equal(got[n], got[n%len(everyone)]) {
			t.Errorf("follower %d got %v", n, got[n])
		}
	}
}

// commissionedIsTold, of items without a lot, to whoever may read the transaction; products are told to everybody.
func commissionedIsTold(t *testing.T, open databasetest.Opener) {
	d := newDepot(t) // two lots, and items without one two times
	m := d.modelOf(t, open)
	for _, tt := range []struct {
		member         string
		role           waymark.Role
		made, products int
	}{
		{"producer", waymark.Viewer, 4, 1}, {"carrier", waymark.Viewer, 2, 1}, {"carrier", waymark.Relay, 0, 1}, {"producer", waymark.Relay, 0, 1},
	} {
		made, _ := follow(t, m, d.by(tt.member, tt.role), model.EventFilter{Kind: waymark.EventGoodsCommissioned}, model.End(0))
		all, _ := follow(t, m, d.by(tt.member, tt.role), model.EventFilter{Kind: "goods"}, model.End(0))
		if len(made) != tt.made || len(all) != tt.made+tt.products {
			t.Errorf("%s of %s is told of %v, and in all of %v", tt.role, tt.member, made, all)
		}
	}
}

// refusedAreCounted, and the log names the transaction, and nothing of what it tells.
func refusedAreCounted(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	registered := ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})}
	w.telling(registered, ledger.Event{Name: "odd.thing", Payload: []byte(`{"secret":"x"}`)}, registered)
	b := &w.blocks[len(w.blocks)-1]
	b.Transactions[len(b.Transactions)-1].Writes = nil
	core, logs := observer.New(zap.WarnLevel)
	registry := prometheus.NewRegistry()
	model.NewFeed(m, newChain(0, w.blocks...), zap.New(core), registry)
	must(t, m.Replay(t.Context(), newChain(0, w.blocks...), uint64(len(w.blocks))))
	want := "# HELP waymark_gateway_model_events_refused_total How many transactions that were fed told of what they did not write, or of what this gateway does not know: nobody is told.\n" +
		"# TYPE waymark_gateway_model_events_refused_total counter\nwaymark_gateway_model_events_refused_total 2\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "waymark_gateway_model_events_refused_total"); err != nil {
		t.Error(err)
	}
	entries := logs.All()
	if len(entries) != 2 || entries[1].ContextMap()["tx_id"] != b.Transactions[len(b.Transactions)-1].TxID || len(entries[0].Context) != 3 {
		t.Errorf("logged %+v", entries)
	}
}
