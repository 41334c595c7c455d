package telemetry_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// expect checks outcomes against "recorded", "duplicate" or "code reason".
func expect(t *testing.T, got []waymark.MessageResult, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i, r := range got {
		is := string(r.Outcome)
		if r.Outcome == waymark.Rejected {
			is = string(r.Code)
			if len(r.Reasons) > 0 {
				is += " " + r.Reasons[0]
			}
		}
		if is != want[i] {
			t.Errorf("message %d: %s (%s), want %s", i, is, r.Detail, want[i])
		}
	}
}

func stream(t *testing.T, c *scenario.Consortium, device string) waymark.Stream {
	t.Helper()
	return *scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Stream, waymark.DeviceQuery{Device: device})
}

func TestRecordInOrderAndTwice(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	m1, m2, m3 := d.Pack(400), d.Pack(410, 420), d.Pack(430)
	expect(t, c.Record(m1, m2), "recorded", "recorded")
	first := c.World.Value(ledger.StreamKey("logger-1").String())
	results := c.Record(m1, m2)
	expect(t, results, "duplicate", "duplicate")
	if results[0].TxID == "" || results[0].TxID != results[1].TxID {
		t.Errorf("duplicates name %q and %q, want the first transaction", results[0].TxID, results[1].TxID)
	}
	if string(first) != string(c.World.Value(ledger.StreamKey("logger-1").String())) {
		t.Error("a repeated message changed the stream")
	}
	expect(t, c.Record(m3, m3, m1), "recorded", "duplicate", "duplicate")
	w := scenario.Must(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: "logger-1", Sequence: 2})
	if w.First != 1 || w.Last != 2 || w.Readings != 3 || w.Series[0].Sum != 1230 || w.Series[0].Min != 400 || w.Series[0].Max != 420 {
		t.Errorf("window %+v", w)
	}
}

func TestRecordOneBadMessageCostsNoGoodOneItsPlace(t *testing.T) {
	c := scenario.New(t)
	a, b := c.Device("logger-1", "producer"), c.Device("logger-2", "producer")
	stranger := c.NewDevice("stranger", "producer")
	forger := c.NewDevice("logger-2", "producer")
	expect(t, c.Record(a.Pack(400), stranger.Pack(400), forger.Pack(400), "nonsense", a.Pack(500), b.Pack(1)),
		"recorded", "not_found", "unauthenticated signature", "invalid", "recorded", "recorded")
}

func TestGapsOpenSplitAndFill(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	var m []string
	for i := range 6 {
		m = append(m, d.Pack(int64(400+i)))
	}
	expect(t, c.Record(m[0], m[5]), "recorded", "recorded")
	if g := stream(t, c, "logger-1").Gaps; len(g) != 1 || g[0].First != 2 || g[0].Last != 5 {
		t.Fatalf("gaps %+v", g)
	}
	expect(t, c.Record(m[2]), "recorded")
	if g := stream(t, c, "logger-1").Gaps; len(g) != 2 || g[0].Last != 2 || g[1].First != 4 {
		t.Fatalf("gaps after a split %+v", g)
	}
	expect(t, c.Record(m[4], m[1], m[3]), "recorded", "recorded", "recorded")
	if s := stream(t, c, "logger-1"); len(s.Gaps) != 0 || s.Last != 6 {
		t.Fatalf("stream after filling %+v", s)
	}
	expect(t, c.Record(m...), "duplicate", "duplicate", "duplicate", "duplicate", "duplicate", "duplicate")
}

func TestForkAndBrokenChain(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	twin := *d
	expect(t, c.Record(d.Pack(400)), "recorded")
	fork := twin.Pack(900)
	expect(t, c.Record(fork), "already_exists fork")
	expect(t, c.Record(twin.Pack(900)), "failed_precondition broken-chain")
	m2, m3 := d.Pack(410), d.Pack(420)
	expect(t, c.Record(m3), "recorded")
	twin.Next, twin.Previous = 2, d.Previous
	expect(t, c.Record(twin.Pack(1)), "failed_precondition broken-chain")
	expect(t, c.Record(m2), "recorded")
}

func TestStatements(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	header := func(change func(*attest.Header)) string {
		h := d.Header()
		change(&h)
		return d.Sign(h, []byte(`[{"n":"temperature","u":"Cel","v":4,"t":1772352000}]`))
	}
	expect(t, c.Record(
		header(func(h *attest.Header) { h.Consortium = "other" }),
		header(func(h *attest.Header) { h.KeyID = "k9" }),
		d.Registration(),
		d.Sign(d.Header(), []byte(`{}`)),
		d.Sign(d.Header(), []byte(`[{"n":"temperature","u":"Cel","v":4,"t":1772351999}]`)),
		d.Sign(d.Header(), []byte(`[{"n":"temperature","u":"Cel","v":4,"t":1772352301}]`)),
		header(func(*attest.Header) {}),
	), "invalid", "unauthenticated key-in-force", "invalid", "invalid", "invalid time", "invalid time", "recorded")
}

func TestSuspendedDeviceIsSilent(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	m1 := d.Pack(400)
	expect(t, c.Record(m1), "recorded")
	operator := c.As("producer", waymark.Operator)
	scenario.Must(c, operator, registry.SuspendDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "lost"})
	m2 := d.Pack(410)
	expect(t, c.Record(m2, m1), "forbidden only-active-device-reports", "duplicate")
	scenario.Must(c, operator, registry.ResumeDevice, waymark.DeviceStateRequest{Device: "logger-1", Reason: "found"})
	expect(t, c.Record(m2), "recorded")
}

func TestReplacedKeyIsSilent(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	m1, m2 := d.Pack(400), d.Pack(410)
	expect(t, c.Record(m1), "recorded")
	scenario.Must(c, c.As("producer", waymark.Operator), registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
	expect(t, c.Record(m2, m1), "unauthenticated key-in-force", "duplicate")
}

func TestARegisteredDeviceIsSilent(t *testing.T) {
	c := scenario.New(t)
	d, operator := c.NewDevice("logger-1", "producer"), c.As("producer", waymark.Operator)
	scenario.Must(c, operator, registry.RegisterDevice, waymark.RegisterDeviceRequest{Registration: d.Registration()})
	m1 := d.Pack(400)
	expect(t, c.Record(m1), "forbidden only-active-device-reports")
	scenario.Must(c, operator, registry.ActivateDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "mounted"})
	expect(t, c.Record(m1), "recorded")
}

// TestWholeSecondsOfTheRegistration: a device that writes whole seconds may measure in the very second in which it was registered.
func TestWholeSecondsOfTheRegistration(t *testing.T) {
	c := scenario.New(t)
	second := c.Now.Truncate(time.Second).Add(time.Minute)
	c.Now = second.Add(700 * time.Millisecond)
	d := c.Device("logger-1", "producer")
	c.Now = second.Add(-time.Second) // at which the device says that it measured
	early := d.Pack(400)
	d.Next, d.Previous = 1, nil
	c.Now = second
	whole := d.Pack(400)
	c.Now = second.Add(900 * time.Millisecond)
	expect(t, c.Record(early), "invalid time")
	expect(t, c.Record(whole), "recorded")
}

// TestKeysSpeakInTheirIntervals: by the transaction's time, whatever the device says.
func TestKeysSpeakInTheirIntervals(t *testing.T) {
	c := scenario.New(t)
	d, operator := c.Device("logger-1", "producer"), c.As("producer", waymark.Operator)
	keys := map[string]crypto.Signer{"k1": d.Key}
	rotation := d.Rotation("k2")
	keys["k2"] = d.Key
	report := func(key, want string) string {
		t.Helper()
		d.KeyID, d.Key = key, keys[key]
		next, previous := d.Next, d.Previous
		message := d.Pack(400)
		expect(t, c.Record(message), want)
		if want != "recorded" {
			d.Next, d.Previous = next, previous
		}
		return message
	}
	report("k2", "unauthenticated key-in-force")
	scenario.Must(c, operator, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: rotation, OverlapSeconds: 60})
	report("k1", "recorded")
	report("k2", "recorded")
	c.Now = c.Now.Add(time.Minute - 1)
	report("k1", "recorded")
	c.Now = c.Now.Add(1)
	report("k1", "unauthenticated key-in-force")
	last := report("k2", "recorded")
	// A revoked key ends at once: no relay brings it back by a time before that.
	scenario.Must(c, operator, registry.RevokeKey, waymark.RevokeKeyRequest{Device: d.ID, Key: "k2", From: c.Now, Reason: "stolen"})
	c.Now = c.Now.Add(-2 * time.Minute)
	report("k2", "unauthenticated key-in-force")
	expect(t, c.Record(last), "duplicate")
}

func TestWhoMayRelayAndRead(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	m := waymark.RecordRequest{Messages: []string{d.Pack(400)}}
	for _, role := range []waymark.Role{waymark.Admin, waymark.Viewer, ""} {
		scenario.Refused(c, c.As("producer", role), telemetry.Record, m, waymark.Forbidden, waymark.DefaultDeny)
	}
	scenario.Must(c, c.As("carrier", waymark.Relay), telemetry.Record, m)
	scenario.Must(c, c.As("retailer", waymark.Relay), telemetry.Stream, waymark.DeviceQuery{Device: d.ID})
	window := waymark.WindowQuery{Device: d.ID, Sequence: 1}
	scenario.Refused(c, c.As("carrier", waymark.Operator), telemetry.Window, window, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("producer", waymark.Relay), telemetry.Window, window, waymark.Forbidden, "only-people-read-or-command")
	scenario.Refused(c, c.As("carrier", waymark.Operator), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 2}, waymark.Forbidden, waymark.DefaultDeny)
	scenario.Refused(c, c.As("producer", waymark.Viewer), telemetry.Window, waymark.WindowQuery{Device: d.ID, Sequence: 2}, waymark.NotFound, "")
}

func TestMeasurementsAndGapsAreBounded(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	expect(t, c.Record(d.Pack(1)), "recorded")
	for range waymark.MaxGaps {
		d.Pack(1)
		expect(t, c.Record(d.Pack(1)), "recorded")
	}
	d.Pack(1)
	expect(t, c.Record(d.Pack(1)), "failed_precondition too-many-gaps")
	c.Now = c.Now.Add(time.Hour)
}

// Every endorser works through every reading: a batch of too many is to be split, as a
// relay does with what is invalid as a whole.
func TestReadingsOfABatchAreBounded(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	var messages []string
	for range waymark.MaxBatchReadings/1000 + 1 {
		messages = append(messages, d.Pack(make([]int64, 200)...), d.Pack(make([]int64, 200)...), d.Pack(make([]int64, 200)...),
			d.Pack(make([]int64, 200)...), d.Pack(make([]int64, 200)...))
	}
	relay := c.As("producer", waymark.Relay)
	scenario.Refused(c, relay, telemetry.Record, waymark.RecordRequest{Messages: messages}, waymark.Invalid, "")
	for _, half := range [][]string{messages[:len(messages)/2], messages[len(messages)/2:]} {
		for _, r := range scenario.Must(c, relay, telemetry.Record, waymark.RecordRequest{Messages: half}).Results {
			if r.Outcome != waymark.Recorded {
				t.Fatalf("result %+v", r)
			}
		}
	}
}
