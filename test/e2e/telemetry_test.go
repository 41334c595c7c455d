//go:build e2e

package e2e

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// P1, P2: what a device publishes is on every peer once.
func TestPublishedMessagesReachEveryPeer(t *testing.T) {
	ctx := limit(t, time.Minute)
	for _, algorithm := range []attest.Algorithm{attest.Ed25519, attest.ES256} {
		for _, format := range []attest.Format{attest.COSE, attest.JWS} {
			d := logger(ctx, t, algorithm)
			s := connect(ctx, t, d)
			for range 25 {
				if err := s.Send(ctx, sign(t, d, format, 400, 410)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			awaitStream(ctx, t, d.ID(), 25)
			everyPeerHas(t, map[string]uint64{d.ID(): 25})
		}
	}
}

// everyPeerHas checks that every peer holds each device's messages 1 to last
// exactly once, and nothing else of that device.
func everyPeerHas(t *testing.T, last map[string]uint64) {
	t.Helper()
	ledgers, err := local.ledgers.Read(limit(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range ledgers {
		if doubled := l.Doubled(); len(doubled) > 0 {
			t.Errorf("peer of %s: recorded twice: %v", l.Member, doubled)
		}
		for id, n := range last {
			if missing := l.Missing(id, n); len(missing) > 0 || uint64(len(l.Recorded[id])) != n {
				t.Errorf("peer of %s: %s has %d messages, want %d; missing %v", l.Member, id, len(l.Recorded[id]), n, missing)
			}
		}
	}
}

// P2: the same batch again changes nothing and names the first transaction.
func TestSameBatchTwiceChangesNothing(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	texts := []string{sign(t, d, attest.JWS, 400).Text(), sign(t, d, attest.COSE, 410).Text()}
	first, commit := record(ctx, t, texts...)
	viewer := as(t, "producer", waymark.Viewer)
	before, err := viewer.Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 2})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := record(ctx, t, texts...)
	for i := range texts {
		if first[i].Outcome != waymark.Recorded || again[i].Outcome != waymark.Duplicate || again[i].TxID != commit.TxID {
			t.Errorf("message %d: first %s, again %s of %s; want recorded, then duplicate of %s", i+1, first[i].Outcome, again[i].Outcome, again[i].TxID, commit.TxID)
		}
	}
	after, err := viewer.Window(ctx, waymark.WindowQuery{Device: d.ID(), Sequence: 2})
	if err != nil || after.Recorded != before.Recorded || after.Readings != before.Readings {
		t.Errorf("the window changed: %+v, was %+v (%v)", after, before, err)
	}
	everyPeerHas(t, map[string]uint64{d.ID(): 2})
}

// P3, P4: what is refused, by code and rule, and that a gap shows until it is filled.
func TestRefusedMessages(t *testing.T) {
	ctx := limit(t, time.Minute)
	d, other := logger(ctx, t, attest.Ed25519), logger(ctx, t, attest.ES256)
	m1, m2, m3 := sign(t, d, attest.JWS, 400), sign(t, d, attest.JWS, 410), sign(t, d, attest.JWS, 420)
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := attest.Sign(attest.COSE, key, attest.Header{Device: d.ID(), Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: 1}, []byte(`[{"n":"temperature","u":"Cel","v":4,"t":1893456000}]`))
	if err != nil {
		t.Fatal(err)
	}
	results, _ := record(ctx, t, "garbage", forged.Text(), m1.Text(), m3.Text(), sign(t, other, attest.COSE, 1).Text())
	want := []struct {
		outcome waymark.Outcome
		code    waymark.Code
	}{
		{waymark.Rejected, waymark.Invalid}, {waymark.Rejected, waymark.Unauthenticated}, {waymark.Recorded, ""}, {waymark.Recorded, ""}, {waymark.Recorded, ""},
	}
	for i, r := range results {
		if r.Outcome != want[i].outcome || r.Code != want[i].code {
			t.Errorf("message %d: %s %s (%s), want %v", i, r.Outcome, r.Code, r.Detail, want[i])
		}
	}
	stream, err := as(t, "producer", waymark.Viewer).Stream(ctx, waymark.DeviceQuery{Device: d.ID()})
	if err != nil || len(stream.Gaps) != 1 || stream.Gaps[0].First != 2 || stream.Gaps[0].Last != 2 {
		t.Errorf("gaps %+v (%v), want message 2", stream.Gaps, err)
	}
	if results, _ = record(ctx, t, m2.Text()); results[0].Outcome != waymark.Recorded {
		t.Errorf("the missing message: %+v", results[0])
	}
	awaitStream(ctx, t, d.ID(), 3)
}

// A message that can never be recorded ends in quarantine with its reason, and
// costs no good one its place.
func TestPoisonMessageEndsInQuarantine(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	s := connect(ctx, t, d)
	for i := range 20 {
		if i == 10 {
			if err := s.PublishRaw(ctx, []byte("poison")); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Send(ctx, sign(t, d, attest.COSE, 400)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	awaitStream(ctx, t, d.ID(), 20)
	q, err := bridge.AwaitQuarantine(ctx, local.at, d.ID(), time.Minute)
	if err != nil || q.Code != "unreadable" || string(q.Payload) != "poison" {
		t.Errorf("quarantine holds %+v (%v)", q, err)
	}
}

// P10: readings that cross a bound again and again make no transaction too large,
// and hold up no other device.
func TestManyCrossingsStallNobody(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := shipment(ctx, t, "auditor")
	attach(ctx, t, id, d.ID())
	var crossing [500]int64
	for i := range crossing {
		crossing[i] = 400 + 500*int64(i%2)
	}
	const messages = 40
	s := connect(ctx, t, d)
	for range messages {
		if err := s.Send(ctx, sign(t, d, attest.COSE, crossing[:]...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	awaitStream(ctx, t, d.ID(), messages)
	const outside = messages * int64(len(crossing)) / 2
	view, readings := excursions(ctx, t, id)
	for readings < outside && ctx.Err() == nil { // the auditor's peer can be a block behind
		time.Sleep(100 * time.Millisecond)
		view, readings = excursions(ctx, t, id)
	}
	if view.Condition != waymark.ConditionNonConformant || len(view.Excursions) > messages || readings != outside {
		t.Errorf("condition %s, %d excursions of %d readings", view.Condition, len(view.Excursions), readings)
	}
}

// excursions are a shipment as the auditor sees it, and how many readings are out of range.
func excursions(ctx context.Context, t *testing.T, shipment string) (view waymark.ShipmentView, readings int64) {
	t.Helper()
	view, err := as(t, "auditor", waymark.Viewer).Shipment(ctx, waymark.ShipmentQuery{Shipment: shipment})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range view.Excursions {
		readings += e.Readings
	}
	return view, readings
}

// A device logs in with its own key, and not once it is retired.
func TestRetiredDeviceIsRefusedByTheBroker(t *testing.T) {
	t.Parallel() // it waits, for the most part
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	if err := connect(ctx, t, d).Close(); err != nil {
		t.Fatal(err)
	}
	done(ctx, t, operator(t, "producer").RetireDevice, waymark.DeviceStateRequest{Device: d.ID(), Reason: "test"})
	for ctx.Err() == nil { // the bridge remembers a device for some seconds
		s, err := d.Connect(ctx, brokerOf())
		if errors.Is(err, device.ErrRefused) {
			return
		}
		if err == nil {
			_ = s.Close()
		}
		time.Sleep(time.Second)
	}
	t.Error("a retired device could log in to the end")
}

// Every write can be looked up: P8.
func TestTransactionCanBeLookedUp(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	_, commit := record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	for member := range local.at.Members {
		tx, err := as(t, member, waymark.Viewer).Transaction(ctx, gateway.TransactionQuery{TxID: commit.TxID})
		if err != nil || tx.Status != "VALID" || *tx.BlockNumber != commit.BlockNumber || tx.Transaction != string(waymark.TelemetryRecord) {
			t.Errorf("%s: %+v (%v), want block %d", member, tx, err, commit.BlockNumber)
		}
	}
	_, err := as(t, "carrier", waymark.Relay).Transaction(ctx, gateway.TransactionQuery{TxID: commit.TxID})
	var p *app.Problem
	if !errors.As(err, &p) || p.Code != waymark.Forbidden {
		t.Errorf("a relay reads a transaction: %v", err)
	}
	status, _, err := operator(t, "producer").Do(ctx, http.MethodGet, "/v1/transactions/"+commit.TxID[:60]+"beef", nil)
	if err != nil || status != http.StatusNotFound {
		t.Errorf("an unknown transaction: status %d (%v)", status, err)
	}
}
