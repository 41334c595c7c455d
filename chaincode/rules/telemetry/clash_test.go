package telemetry_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/rules/telemetry"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// stored is the record of a stream as it is stored.
func stored(c *scenario.Consortium, device string) string {
	return string(c.World.Value(ledger.StreamKey(device).String()))
}

func TestAForkIsOnTheLedger(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	twin := *d
	first := d.Pack(400)
	c.Record(first)
	fork, digest := twin.PackDigest(900)
	event := record(t, c, fork)
	if len(event.Windows) != 0 || !slices.Equal(event.Clashes, []waymark.ClashRef{{Device: d.ID, Sequence: 1, Kind: waymark.Fork}}) {
		t.Errorf("event %+v", event)
	}
	s := stream(t, c, d.ID)
	if len(s.Clashes) != 1 || s.MoreClashes {
		t.Fatalf("stream %+v", s)
	}
	got := s.Clashes[0]
	if got.Kind != waymark.Fork || got.Sequence != 1 || got.Key != "k1" || !bytes.Equal(got.Digest, digest[:]) || got.TxID == "" || !got.Time.Equal(c.Now) {
		t.Errorf("clash %+v", got)
	}
	before := stored(c, d.ID)
	c.Now = c.Now.Add(time.Minute)
	if event := record(t, c, fork, first, fork); len(event.Clashes) != 0 {
		t.Errorf("again: %+v", event)
	}
	expect(t, c.Record(fork), "already_exists fork")
	if stored(c, d.ID) != before {
		t.Error("a repeated fork changed the stream")
	}
	for _, member := range []string{"carrier", "retailer", "auditor"} {
		if s := scenario.Must(c, c.As(member, waymark.Viewer), telemetry.Stream, waymark.DeviceQuery{Device: d.ID}); len(s.Clashes) != 1 {
			t.Errorf("%s sees %+v", member, s)
		}
	}
}

func TestAReplayAForkAndAJumpBackAreToldApart(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	reset, twin := *d, *d
	m1, m2 := d.Pack(400), d.Pack(410)
	c.Record(m1, m2)
	fork := twin.Pack(999) // measured when m1 was
	c.Now = c.Now.Add(time.Hour)
	r1, r2 := reset.Pack(420), reset.Pack(430) // counts again from 1, an hour later
	expect(t, c.Record(m1, fork, r1, r2), "duplicate", "already_exists fork", "already_exists jump-back", "already_exists jump-back")
	m3 := d.Pack(440)
	expect(t, c.Record(m3), "recorded")
	expect(t, c.Record(r1, r2, fork), "already_exists jump-back", "already_exists jump-back", "already_exists fork") // as they were first found
	var kinds []waymark.ClashKind
	for _, clash := range stream(t, c, d.ID).Clashes {
		kinds = append(kinds, clash.Kind)
	}
	if !slices.Equal(kinds, []waymark.ClashKind{waymark.Fork, waymark.JumpBack, waymark.JumpBack}) {
		t.Errorf("kinds %v", kinds)
	}
}

func TestAForkInsideOneBatch(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	twin := *d
	event := record(t, c, d.Pack(400), twin.Pack(900))
	if len(event.Windows) != 1 || len(event.Clashes) != 1 {
		t.Errorf("event %+v", event)
	}
	unreadable := twin
	unreadable.Next, unreadable.Previous = 1, nil
	c.Now = c.Now.Add(time.Hour)
	expect(t, c.Record(unreadable.Sign(unreadable.Header(), []byte(`{}`))), "already_exists fork")
	if s := stream(t, c, d.ID); len(s.Clashes) != 2 || s.Last != 1 {
		t.Errorf("stream %+v", s)
	}
}

// TestClashesAreBounded: nothing is pushed out, and past the bound nothing changes.
func TestClashesAreBounded(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	start := *d
	c.Record(d.Pack(400))
	fork := func(value int64) string {
		twin := start
		return twin.Pack(value)
	}
	c.Now = c.Now.Add(time.Hour)
	for i := range waymark.MaxJumpBacks + 2 {
		expect(t, c.Record(fork(int64(1000+i))), "already_exists jump-back")
	}
	s := stream(t, c, d.ID)
	if len(s.Clashes) != waymark.MaxJumpBacks || !s.MoreClashes {
		t.Fatalf("stream %+v", s)
	}
	c.Now = c.Now.Add(-time.Hour)
	for i := range waymark.MaxClashes + 2 {
		expect(t, c.Record(fork(int64(2000+i))), "already_exists fork")
	}
	if s = stream(t, c, d.ID); len(s.Clashes) != waymark.MaxClashes || s.Clashes[0].Kind != waymark.JumpBack || s.Clashes[4].Kind != waymark.Fork {
		t.Fatalf("stream %+v", s)
	}
	before := stored(c, d.ID)
	event := record(t, c, fork(1), fork(1000), fork(2000), fork(2009))
	if stored(c, d.ID) != before || len(event.Clashes) != 0 {
		t.Errorf("past the bound: %+v", event)
	}
}

// TestOnlyTheDeviceItselfClashes: who has no key of the device neither writes nor reads
// its stream in a way that could invalidate another transaction.
func TestOnlyTheDeviceItselfClashes(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	forger := c.NewDevice("logger-1", "producer")
	c.Record(d.Pack(400))
	before := stored(c, d.ID)
	expect(t, c.Record(forger.Pack(900)), "unauthenticated signature")
	if event := record(t, c, forger.Pack(901)); event.Clashes != nil || stored(c, d.ID) != before {
		t.Errorf("a forger's event %+v", event)
	}
}

// TestAForkOfAReplacedKeyCounts: the evidence names the key, so that a reader can weigh it.
func TestAForkOfAReplacedKeyCounts(t *testing.T) {
	c := scenario.New(t)
	d := c.Device("logger-1", "producer")
	twin := *d
	c.Record(d.Pack(400))
	operator := c.As("producer", waymark.Operator)
	scenario.Must(c, operator, registry.RotateKey, waymark.RotateKeyRequest{Device: d.ID, Rotation: d.Rotation("k2")})
	scenario.Must(c, operator, registry.SuspendDevice, waymark.DeviceStateRequest{Device: d.ID, Reason: "lost"})
	expect(t, c.Record(twin.Pack(900)), "already_exists fork")
	if s := stream(t, c, d.ID); len(s.Clashes) != 1 || s.Clashes[0].Key != "k1" {
		t.Errorf("stream %+v", s)
	}
}

func TestAStreamOfTheOldFormHasNoClashes(t *testing.T) {
	c := scenario.New(t)
	c.Device("logger-1", "producer")
	if _, err := c.World.Submit(c.Tx(c.As("producer", waymark.Relay)), func(l ledger.Ledger) error {
		return l.Put(ledger.StreamKey("logger-1"), []byte(`{"device":"logger-1","last":1,"digest":"AA==","gaps":[],"measured":[]}`))
	}); err != nil {
		t.Fatal(err)
	}
	if s := stream(t, c, "logger-1"); s.Clashes == nil || len(s.Clashes) != 0 || s.MoreClashes || s.Last != 1 {
		t.Errorf("stream %+v", s)
	}
}
