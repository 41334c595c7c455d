package model_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
	"pgregory.net/rapid"
)

// measured is a reading that a test's device reported.
type measured struct {
	senml.Reading
	sequence uint64
	index    int
}

// telemetryWorld is a world with one device that measures much.
type telemetryWorld struct {
	*world
	all   []measured
	edges int // that have signed for it
}

// report records a message with readings, as they are.
func (w *telemetryWorld) report(t testing.TB, readings ...senml.Reading) {
	t.Helper()
	payload, err := senml.EncodeJSON(readings)
	if err != nil {
		t.Fatal(err)
	}
	sequence := w.logger.Next
	if got := w.record(w.logger.SignPack(payload)); got[0].Outcome != waymark.Recorded {
		t.Fatalf("message %d: %+v", sequence, got[0])
	}
	for i, r := range readings {
		w.all = append(w.all, measured{r, sequence, i})
	}
}

var names = map[string]string{"temperature": "Cel", "humidity": "%RH", "lat": "lat"}

// measure reports some readings, of now or late.
func (w *telemetryWorld) measure(rt *rapid.T, t testing.TB) {
	for range rapid.IntRange(1, 3).Draw(rt, "messages") {
		var readings []senml.Reading
		for range rapid.IntRange(1, 4).Draw(rt, "readings") {
			late := time.Duration(rapid.Int64Range(0, w.Now.Sub(scenario.Start).Milliseconds()).Draw(rt, "late")) * time.Millisecond
			if rapid.Bool().Draw(rt, "of now") {
				late = 0
			}
			r := senml.Reading{Time: w.Now.Add(-late)}
			switch r.Name = rapid.SampledFrom([]string{"temperature", "humidity", "lat", "door", "state"}).Draw(rt, "name"); r.Name {
			case "door":
				r.Kind, r.Unit, r.Value = senml.Boolean, "/", rapid.SampledFrom([]int64{0, 1_000_000}).Draw(rt, "open")
			case "state":
				r.Kind, r.Body = senml.Text, "well"
			default:
				r.Unit, r.Value = names[r.Name], rapid.Int64Range(-1000, 1000).Draw(rt, "value")
			}
			readings = append(readings, r)
		}
		w.report(t, readings...)
	}
}

// step does one thing of many that decide who may read what.
func (w *telemetryWorld) step(rt *rapid.T, t testing.TB) {
	switch rapid.SampledFrom([]string{"measure", "measure", "measure", "classes", "grant", "hand over the device", "change the signer", "else"}).Draw(rt, "step") {
	case "measure":
		w.measure(rt, t)
		w.Now = w.Now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "seconds")) * time.Second)
	case "classes":
		_, _ = scenario.Submit(w.Consortium, w.As(w.logger.Owner, waymark.Operator), registry.SetAttributes, waymark.SetAttributesRequest{
			Device: "logger-1", Reason: "a test", Attributes: waymark.DeviceAttributes{Measures: []waymark.MeasuredClass{{
				Class: "air", Visibility: waymark.VisibilityOpen, Measurements: []string{rapid.SampledFrom([]string{"temperature", "humidity"}).Draw(rt, "in air")}}}}})
	case "grant":
		_, _ = scenario.Submit(w.Consortium, w.As(w.logger.Owner, waymark.Admin), policy.Put, waymark.PutPolicyRequest{
			ID: fmt.Sprint("t", rapid.IntRange(0, 2).Draw(rt, "policy")), Text: drawTelemetryPolicy(rt)})
	case "hand over the device":
		to := rapid.SampledFrom(everyone).Draw(rt, "to")
		_, err := scenario.Submit(w.Consortium, w.As(w.logger.Owner, waymark.Operator), registry.OfferTransfer, waymark.OfferTransferRequest{Device: "logger-1", To: to, ExpiresAt: w.Now.Add(time.Hour)})
		if err == nil {
			scenario.Must(w.Consortium, w.As(to, waymark.Operator), registry.AcceptTransfer, waymark.AcceptTransferRequest{Device: "logger-1"})
			w.logger.Owner = to
			if w.logger.Edge != "" { // its key has ended
				w.sign(t, false)
			}
		}
	case "change the signer":
		w.sign(t, w.logger.Edge == "")
	default:
		sequence := w.logger.Next
		w.world.step(rt)
		if w.logger.Next > sequence { // it measured by itself
			w.all = append(w.all, measured{senml.Reading{Name: "temperature", Unit: "Cel"}, sequence, 0})
		}
	}
}

// sign has an edge of its owner sign for the device from now on, or the device itself.
func (w *telemetryWorld) sign(t testing.TB, byEdge bool) {
	t.Helper()
	w.edges++
	next, id := *w.logger, fmt.Sprint("key-", w.edges)
	registration := next.Replacement(id)
	if byEdge {
		edge := w.Device(fmt.Sprint("edge-", w.edges), next.Owner)
		next.Edge, next.Key = edge.ID, edge.Key
		registration = next.Registration()
	}
	scenario.Must(w.Consortium, w.As(next.Owner, waymark.Admin), registry.ReplaceKey, waymark.ReplaceKeyRequest{Device: next.ID, Registration: registration, Reason: "a test"})
	*w.logger = next
}

func drawTelemetryPolicy(t *rapid.T) string {
	effect, annotation := rapid.SampledFrom([]string{"permit", "permit", "permit", "forbid"}).Draw(t, "effect"), ""
	if effect == "permit" {
		annotation = rapid.SampledFrom([]string{"", `@redact("condition") `, `@coarsen("condition:0,air:1") `, `@coarsen("location:2") `, `@retain("P9D") `}).Draw(t, "obligation")
	}
	who := rapid.SampledFrom([]string{"principal", `principal in Waymark::Member::"auditor"`, `principal in Waymark::Member::"carrier"`}).Draw(t, "who")
	when := rapid.SampledFrom([]string{"true", `principal.role == "viewer"`, `context.purpose == "claim"`, `context.dataClass == "air"`, `resource.signer == "device"`}).Draw(t, "when")
	return fmt.Sprintf(`%s%s (%s, action == Waymark::Action::"ReadTelemetry", resource) when { %s };`, annotation, effect, who, when)
}

func newTelemetryWorld(t *testing.T) *telemetryWorld {
	t.Helper()
	w := &telemetryWorld{world: newWorld(t)}
	w.Now = w.Now.Add(time.Hour)
	return w
}

// modelOf is a model of all blocks.
func (w *telemetryWorld) modelOf(t *testing.T, open databasetest.Opener) *model.Model {
	t.Helper()
	m := opened(t, open)
	for _, b := range w.blocks {
		must(t, m.Apply(t.Context(), b))
	}
	return m
}

func celsius(at time.Time, centi int64) senml.Reading {
	return senml.Reading{Name: "temperature", Unit: "Cel", Value: centi, Time: at}
}
