//go:build e2e

package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

var members = []string{"auditor", "carrier", "producer", "retailer"}

func (w *world) as(t *testing.T, member string, role waymark.Role) *app.App {
	t.Helper()
	a, err := app.New(w.at, member, role)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// write fails the test unless the write is committed, at every peer.
func write[T any](ctx context.Context, t *testing.T, w *world, a *app.App, method, path string, body any) T {
	t.Helper()
	record, commit, err := app.Write[T](ctx, a, method, path, body)
	if err != nil {
		t.Fatalf("%s %s by %s: %v", method, path, a.Member, err)
	}
	for _, member := range members {
		if err := app.Settle(ctx, commit.TxID, w.as(t, member, waymark.Viewer)); err != nil {
			t.Fatal(err)
		}
	}
	return record
}

// post writes as a member's operator.
func post[T any](ctx context.Context, t *testing.T, w *world, member, path string, body any) T {
	t.Helper()
	return write[T](ctx, t, w, w.as(t, member, waymark.Operator), http.MethodPost, path, body)
}

func read[T any](ctx context.Context, t *testing.T, w *world, member, path string) T {
	t.Helper()
	record, err := app.Read[T](ctx, w.as(t, member, waymark.Viewer), path)
	if err != nil {
		t.Fatalf("GET %s by %s: %v", path, member, err)
	}
	return record
}

// refusedBecause fails the test unless err is a refusal with a code and reason.
func refusedBecause(t *testing.T, what string, err error, code waymark.Code, reason string) {
	t.Helper()
	var p *app.Problem
	if !errors.As(err, &p) || p.Code != code || !slices.Contains(p.Reasons, reason) {
		t.Errorf("%s: got %v, want %s because of %s", what, err, code, reason)
	}
}

// record submits messages through the producer's relay.
func record(ctx context.Context, t *testing.T, w *world, texts ...string) []waymark.MessageResult {
	t.Helper()
	relay := w.as(t, "producer", waymark.Relay)
	return write[waymark.RecordResult](ctx, t, w, relay, http.MethodPost, "/v1/messages", waymark.RecordRequest{Messages: texts}).Results
}

// open takes a device out of the fixture, once.
func (w *world) open(t *testing.T, id string) *device.Device {
	t.Helper()
	if err := w.kept.Unpack(w.dir, id); err != nil {
		t.Fatal(err)
	}
	d, err := device.Open(w.dir, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func sign(t *testing.T, d *device.Device, format attest.Format, centiCelsius int64) device.Message {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	m, err := d.Sign(format, []senml.Reading{{Name: "temperature", Unit: "Cel", Value: centiCelsius, Time: now}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// awaitStream waits until the ledger has a device's messages up to last, without a gap.
func awaitStream(ctx context.Context, t *testing.T, w *world, id string, last uint64) {
	t.Helper()
	var s waymark.Stream
	for ctx.Err() == nil {
		s = read[waymark.Stream](ctx, t, w, "producer", "/v1/devices/"+id+"/stream")
		if s.Last >= last && len(s.Gaps) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s: the ledger has message %d of %d, %d gaps", id, s.Last, last, len(s.Gaps))
}

// holds says where got, decoded JSON, lacks something of want. A newer version may say
// more of a record, and never anything else.
func holds(at string, got, want any) error {
	switch want := want.(type) {
	case map[string]any:
		members, _ := got.(map[string]any)
		for name, value := range want {
			if err := holds(at+"/"+name, members[name], value); err != nil {
				return err
			}
		}
	case []any:
		elements, _ := got.([]any)
		if len(elements) != len(want) {
			return fmt.Errorf("%s has %d elements, had %d", at, len(elements), len(want))
		}
		for i, value := range want {
			if err := holds(fmt.Sprintf("%s/%d", at, i), elements[i], value); err != nil {
				return err
			}
		}
	default:
		if got != want {
			return fmt.Errorf("%s is %v, was %v", at, got, want)
		}
	}
	return nil
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// asNow is a kept answer as the present version words it: what were items of a shipment
// are lines of its goods, and a history says so in prose.
func asNow(answer any) any {
	view, _ := answer.(map[string]any)
	entries, _ := view["entries"].([]any)
	for _, entry := range entries {
		if entry, _ := entry.(map[string]any); entry["what"] == waymark.EventShipmentCreated {
			delete(entry, "detail")
		}
	}
	shipment, _ := view["shipment"].(map[string]any)
	items, _ := shipment["items"].([]any)
	var lines []any
	for _, item := range items {
		item, _ := item.(map[string]any)
		gtin, _ := item["gtin"].(string)
		serial, _ := item["serial"].(string)
		lines = append(lines, map[string]any{"id": waymark.Item(gtin, serial).String()})
	}
	if lines != nil {
		delete(shipment, "items")
		shipment["goods"] = lines
	}
	return answer
}
