//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

var names atomic.Int64

// name returns an id that no other test has.
func name(kind string) string { return fmt.Sprintf("%s-%d", kind, names.Add(1)) }

// limit bounds one test: three times what it may take on a quiet machine.
func limit(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*d)
	t.Cleanup(cancel)
	return ctx
}

func as(t *testing.T, member string, role waymark.Role) *app.App {
	t.Helper()
	a, err := app.New(local.at, member, role, local.contract.Wrap)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func operator(t *testing.T, member string) *app.App {
	t.Helper()
	return as(t, member, waymark.Operator)
}

// post writes and fails the test unless it is committed, at every peer.
func post[T any](ctx context.Context, t *testing.T, a *app.App, path string, body any) (T, app.Commit) {
	t.Helper()
	record, commit, err := app.Write[T](ctx, a, http.MethodPost, path, body)
	for again := 0; waymark.CodeOf(err) == waymark.Conflict && again < 5; again++ { // as the answer says: peers lag behind after a heavy load
		time.Sleep(time.Second)
		record, commit, err = app.Write[T](ctx, a, http.MethodPost, path, body)
	}
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	checkCommitted(ctx, t, commit)
	return record, commit
}

// submit is a method of the client that writes.
type submit[Q, T any] = func(context.Context, Q, ...gateway.WriteOption) (gateway.Written[T], error)

// done writes by a method of an app, and fails the test unless it is committed, at every peer.
func done[Q, T any](ctx context.Context, t *testing.T, call submit[Q, T], request Q) (T, app.Commit) {
	t.Helper()
	written, err := call(ctx, request)
	for again := 0; waymark.CodeOf(err) == waymark.Conflict && again < 5; again++ { // as the answer says: peers lag behind after a heavy load
		time.Sleep(time.Second)
		written, err = call(ctx, request)
	}
	if err != nil {
		t.Fatalf("%+v: %v", request, err)
	}
	checkCommitted(ctx, t, written.Transaction)
	return written.Result, written.Transaction
}

// checkCommitted fails the test unless every peer has a transaction, valid in a block.
func checkCommitted(ctx context.Context, t *testing.T, commit app.Commit) {
	t.Helper()
	if commit.Status != "VALID" || commit.TxID == "" || commit.BlockNumber == 0 {
		t.Fatalf("commit %+v", commit)
	}
	for member := range local.at.Members {
		if err := app.Settle(ctx, commit.TxID, as(t, member, waymark.Viewer)); err != nil {
			t.Fatal(err)
		}
	}
}

// refused writes and fails the test unless it is refused with a code and reason.
func refused(ctx context.Context, t *testing.T, a *app.App, path string, body any, code waymark.Code, reason string) {
	t.Helper()
	_, _, err := app.Write[any](ctx, a, http.MethodPost, path, body)
	var p *app.Problem
	if !errors.As(err, &p) || p.Code != code || (reason != "" && !slices.Contains(p.Reasons, reason)) {
		t.Errorf("POST %s by %s: got %v, want %s because of %q", path, a.Member, err, code, reason)
	}
}

// newLogger makes a device of the producer that is not registered.
func newLogger(t *testing.T, algorithm attest.Algorithm) *device.Device {
	t.Helper()
	d, err := device.Create(t.TempDir(), device.Settings{ID: name("logger"), Algorithm: algorithm,
		Consortium: local.at.Consortium, Owner: "producer", Model: "TL-20"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// logger makes a device of the producer and registers it.
func logger(ctx context.Context, t *testing.T, algorithm attest.Algorithm) *device.Device {
	t.Helper()
	d := newLogger(t, algorithm)
	registration, err := d.Registration()
	if err != nil {
		t.Fatal(err)
	}
	done(ctx, t, operator(t, "producer").RegisterDevice, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
	return d
}

func connect(ctx context.Context, t *testing.T, d *device.Device) *device.Session {
	t.Helper()
	s, err := d.Connect(ctx, brokerOf())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// temperatures are readings of now.
func temperatures(centiCelsius ...int64) []senml.Reading {
	now := time.Now().UTC().Truncate(time.Millisecond)
	var readings []senml.Reading
	for _, value := range centiCelsius {
		readings = append(readings, senml.Reading{Name: "temperature", Unit: "Cel", Value: value, Time: now})
	}
	return readings
}

func sign(t *testing.T, d *device.Device, format attest.Format, centiCelsius ...int64) device.Message {
	t.Helper()
	m, err := d.Sign(format, temperatures(centiCelsius...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// record submits messages through the producer's relay.
func record(ctx context.Context, t *testing.T, texts ...string) ([]waymark.MessageResult, app.Commit) {
	t.Helper()
	result, commit := done(ctx, t, as(t, "producer", waymark.Relay).RecordMessages, waymark.Disclosures{Messages: texts})
	return result.Results, commit
}

// awaitStream waits until the ledger has a device's messages up to last, without a gap.
func awaitStream(ctx context.Context, t *testing.T, id string, last uint64) {
	t.Helper()
	viewer := as(t, "producer", waymark.Viewer)
	var stream waymark.Stream
	var err error
	for ctx.Err() == nil {
		stream, err = viewer.Stream(ctx, waymark.DeviceQuery{Device: id})
		if err == nil && stream.Last >= last && len(stream.Gaps) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s: the ledger has message %d of %d, %d gaps (%v)", id, stream.Last, last, len(stream.Gaps), err)
}

// commission makes items of the producer known, as lines of a shipment.
func commission(ctx context.Context, t *testing.T, serials ...string) []waymark.Line {
	t.Helper()
	lines, _, err := app.Commission(ctx, local.at, "producer", serials...)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// shipment creates a shipment from producer to retailer at 2 to 8 degrees.
func shipment(ctx context.Context, t *testing.T, arbiter string) string {
	t.Helper()
	return shipmentTo(ctx, t, "retailer", arbiter)
}

// shipmentTo is shipment to another consignee.
func shipmentTo(ctx context.Context, t *testing.T, consignee, arbiter string) string {
	t.Helper()
	request := waymark.CreateShipmentRequest{
		ID: name("shipment"), Consignee: consignee, Arbiter: arbiter,
		Goods:      commission(ctx, t, name("item")),
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}},
	}
	done(ctx, t, operator(t, "producer").CreateShipment, request)
	return request.ID
}

func attach(ctx context.Context, t *testing.T, shipment, device string) {
	t.Helper()
	done(ctx, t, operator(t, "producer").AttachDevice, waymark.AttachDeviceRequest{Shipment: shipment, Device: device})
}

func offer(ctx context.Context, t *testing.T, shipment, from, to string) waymark.Handoff {
	t.Helper()
	h, _ := done(ctx, t, operator(t, from).OfferHandoff, waymark.OfferHandoffRequest{Shipment: shipment, To: to, ExpiresAt: time.Now().Add(time.Hour)})
	return h
}

func answer(shipment string, number uint64, how string) string {
	return fmt.Sprintf("/v1/shipments/%s/handoffs/%d/%s", shipment, number, how)
}

func brokerOf() device.Broker {
	return device.Broker{URL: local.at.MQTT.URL, CAFile: local.at.MQTT.CAFile}
}
