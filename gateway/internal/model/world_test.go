package model_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

// world is a ledger in memory, on which the rules run, and its blocks.
type world struct {
	*scenario.Consortium
	logger *scenario.Device
	known  map[string][]byte // what the blocks so far have written
	last   []byte            // hash of the last one
	blocks []ledger.Block
	open   map[string]waymark.Handoff // offers that may be open, by shipment

	messages []string // that were sent since the last block
	outcomes []waymark.MessageResult
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := scenario.New(t)
	c.Goods("producer", scenario.GTIN, "s0-1", "s1-1", "s2-1", "s3-1")
	w := &world{Consortium: c, logger: c.Device("logger-1", "producer"), known: map[string][]byte{}, open: map[string]waymark.Handoff{}}
	w.block()
	return w
}

// block makes one of all that was written since the last.
func (w *world) block() {
	var writes []ledger.Write
	now := map[string][]byte{}
	for _, key := range w.World.Keys() {
		if strings.HasPrefix(key, "private ") { // no part of a block
			continue
		}
		now[key] = w.World.Value(key)
		if !bytes.Equal(now[key], w.known[key]) {
			writes = append(writes, ledger.Write{Key: key, Value: now[key]})
		}
	}
	for key := range w.known {
		if now[key] == nil {
			writes = append(writes, ledger.Write{Key: key})
		}
	}
	n := len(w.blocks)
	hash := sha256.Sum256(fmt.Append(nil, n))
	w.blocks = append(w.blocks, ledger.Block{Number: uint64(n), Hash: hash[:], Previous: w.last, Transactions: []ledger.BlockTransaction{
		{TxID: fmt.Sprintf("%064x", n), Status: ledger.Valid, Member: "producer", Time: w.Now, Function: "some:Thing", Writes: writes},
		{TxID: fmt.Sprintf("%064x", n+1<<20), Position: 1, Status: "MVCC_READ_CONFLICT", Member: "carrier", Time: w.Now, Function: "other:Thing"},
	}})
	w.known, w.last = now, hash[:]
	w.recorded()
}

// record sends messages, which are in the next block.
func (w *world) record(messages ...string) []waymark.MessageResult {
	outcomes := w.Record(messages...)
	w.messages, w.outcomes = append(w.messages, messages...), append(w.outcomes, outcomes...)
	return outcomes
}

// recorded makes the transaction of the last block that of the messages, if there were any.
func (w *world) recorded() {
	if len(w.messages) == 0 {
		return
	}
	request, _ := json.Marshal(waymark.RecordRequest{Messages: w.messages})
	result, _ := json.Marshal(waymark.RecordResult{Results: w.outcomes})
	tx := &w.blocks[len(w.blocks)-1].Transactions[0]
	tx.Function, tx.Request, tx.Result = string(waymark.TelemetryRecord), string(request), result
	w.messages, w.outcomes = nil, nil
}

var everyone = []string{"producer", "carrier", "retailer", "auditor"}

// step does one thing of many; whether it succeeds does not matter.
func (w *world) step(t *rapid.T) {
	member := rapid.SampledFrom(everyone).Draw(t, "member")
	operator, id := w.As(member, waymark.Operator), fmt.Sprint("s", rapid.IntRange(0, 3).Draw(t, "shipment"))
	switch rapid.SampledFrom([]string{"create", "create", "attach", "measure", "offer", "accept", "reject", "grant", "wait"}).Draw(t, "step") {
	case "create":
		_, _ = scenario.Submit(w.Consortium, w.As("producer", waymark.Operator), custody.Create, waymark.CreateShipmentRequest{
			ID: id, Consignee: rapid.SampledFrom(everyone[1:]).Draw(t, "consignee"), Arbiter: "auditor",
			Draft:      rapid.SampledFrom([]bool{false, false, true}).Draw(t, "draft"),
			Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}},
			Goods:      []waymark.Line{{ID: waymark.Item(scenario.GTIN, id+"-1").String()}},
		})
	case "attach":
		_, _ = scenario.Submit(w.Consortium, w.As("producer", waymark.Operator), custody.Attach, waymark.AttachDeviceRequest{Shipment: id, Device: "logger-1"})
	case "measure":
		w.record(w.logger.Pack(rapid.Int64Range(100, 900).Draw(t, "temperature")))
	case "offer":
		h, err := scenario.Submit(w.Consortium, operator, custody.Offer, waymark.OfferHandoffRequest{
			Shipment: id, To: rapid.SampledFrom(everyone).Draw(t, "to"), ExpiresAt: w.Now.Add(time.Hour)})
		if err == nil {
			w.open[id] = *h
		}
	case "accept":
		h := w.open[id]
		_, _ = scenario.Submit(w.Consortium, w.As(h.To, waymark.Operator), custody.Accept, waymark.AcceptHandoffRequest{Shipment: id, Number: h.Number, Reservation: "as it is"})
	case "reject":
		h := w.open[id]
		_, _ = scenario.Submit(w.Consortium, w.As(h.To, waymark.Operator), custody.Reject, waymark.EndHandoffRequest{Shipment: id, Number: h.Number, Reason: "no"})
	case "grant":
		_, _ = scenario.Submit(w.Consortium, w.As("producer", waymark.Admin), policy.Put, waymark.PutPolicyRequest{
			ID: fmt.Sprint("p", rapid.IntRange(0, 2).Draw(t, "policy")), Text: drawPolicy(t)})
	}
	w.Now = w.Now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
}

// drawPolicy draws a policy about shipments or telemetry of the producer, with obligations or without.
func drawPolicy(t *rapid.T) string {
	effect, annotation := rapid.SampledFrom([]string{"permit", "permit", "permit", "forbid"}).Draw(t, "effect"), ""
	if effect == "permit" {
		annotation = rapid.SampledFrom([]string{"", `@redact("condition") `, `@coarsen("condition:0") `, `@retain("P9D") `}).Draw(t, "obligation")
	}
	scope := rapid.SampledFrom([]string{"principal", `principal in Waymark::Member::"auditor"`, `principal in Waymark::Member::"carrier"`, `principal in Waymark::Member::"retailer"`}).Draw(t, "who")
	action := rapid.SampledFrom([]string{"ReadShipment", "ReadShipment", "ReadTelemetry"}).Draw(t, "action")
	when := rapid.SampledFrom([]string{"true", `principal.role == "viewer"`, `context.purpose == "claim"`}).Draw(t, "when")
	return fmt.Sprintf(`%s%s (%s, action == Waymark::Action::"%s", resource) when { %s };`, annotation, effect, scope, action, when)
}

// sqlite opens models in SQLite; postgres, where there is a server, in PostgreSQL.
var sqlite = databasetest.Of(database.Model, databasetest.SQLiteConfig)

// opened is a model of nothing yet.
func opened(t *testing.T, open databasetest.Opener) *model.Model {
	t.Helper()
	return model.New(open(t)())
}
