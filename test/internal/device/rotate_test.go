package device_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// statementOf checks a signed registration as the ledger does.
func statementOf(t *testing.T, text string) waymark.Registration {
	t.Helper()
	m, err := attest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var r waymark.Registration
	if err := json.Unmarshal(m.Payload, &r); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Verify(r.JWK); err != nil || r.Validate() != nil || m.Kind != attest.Registration || r.Device != m.Device || r.KeyID != m.KeyID {
		t.Fatalf("registration %+v in %+v: %v", r, m.Header, err)
	}
	return r
}

func TestEnroll(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	if _, err := d.Registration(); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("registration without an owner: %v", err)
	}
	text, err := d.Enroll("producer", "TL-20", "north")
	if err != nil {
		t.Fatal(err)
	}
	r := statementOf(t, text)
	if r.Device != "logger-1" || r.Owner != "producer" || r.Model != "TL-20" || r.KeyID != "k1" {
		t.Errorf("registration %+v", r)
	}
	d = reopen(t, dir, d)
	if d.Consortium() != "north" {
		t.Errorf("consortium %s was not kept", d.Consortium())
	}
}

func TestRotate(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1", Owner: "producer", Model: "TL-20"})
	old := registered(t, d)
	m1 := sign(t, d)
	if _, err := d.Rotate(attest.ES256); !errors.Is(err, device.ErrUnacknowledged) {
		t.Fatalf("rotate with a full outbox: %v", err)
	}
	if err := d.Acknowledge(m1.Sequence); err != nil {
		t.Fatal(err)
	}
	rotation, err := d.Rotate(attest.ES256)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := attest.Parse(rotation)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outer.Verify(old); err != nil || outer.Kind != attest.Rotation || outer.KeyID != "k1" {
		t.Errorf("rotation %+v: %v", outer.Header, err)
	}
	next := statementOf(t, string(outer.Payload))
	if next.KeyID != "k2" || next.JWK.KeyType != "EC" {
		t.Errorf("next key %+v", next)
	}
	d = reopen(t, dir, d)
	if again, err := d.Rotate(attest.Ed25519); err != nil || again != rotation {
		t.Errorf("asked again, another rotation (%v)", err)
	}
	if _, err := d.Sign(attest.COSE, reading(1)); !errors.Is(err, device.ErrRotating) {
		t.Errorf("signed while a rotation is under way: %v", err)
	}
	if err := d.Activate(); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, dir, d)
	m2, err := attest.Parse(sign(t, d).Text())
	if err != nil || m2.KeyID != "k2" || m2.Sequence != 2 {
		t.Fatalf("after the rotation: %+v, %v", m2, err)
	}
	if _, err := m2.Verify(next.JWK); err != nil {
		t.Error(err)
	}
}

func TestAbandonedKeyIDIsNotUsedAgain(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1", Owner: "producer", Model: "TL-20"})
	for _, want := range []string{"k2", "k3"} {
		rotation, err := d.Rotate(attest.Ed25519)
		if err != nil {
			t.Fatal(err)
		}
		outer, err := attest.Parse(rotation)
		if err != nil {
			t.Fatal(err)
		}
		if got := statementOf(t, string(outer.Payload)).KeyID; got != want {
			t.Errorf("next key %s, want %s", got, want)
		}
		if err := d.Abandon(); err != nil {
			t.Fatal(err)
		}
	}
	if sign(t, d).Sequence != 1 {
		t.Error("cannot sign after abandoning")
	}
}
