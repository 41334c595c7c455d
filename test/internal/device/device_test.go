package device_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

func create(t *testing.T, dir string, s device.Settings) *device.Device {
	t.Helper()
	d, err := device.Create(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func reopen(t *testing.T, dir string, d *device.Device) *device.Device {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := device.Open(dir, d.ID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	return again
}

func reading(value int64) []senml.Reading {
	return []senml.Reading{{Name: "temperature", Unit: "Cel", Value: value, Time: time.Now().UTC().Truncate(time.Millisecond)}}
}

func sign(t *testing.T, d *device.Device) device.Message {
	t.Helper()
	m, err := d.Sign(attest.COSE, reading(400))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestChainSurvivesReopening(t *testing.T) {
	for _, algorithm := range attest.Algorithms() {
		for _, format := range []attest.Format{attest.COSE, attest.JWS} {
			t.Run(string(algorithm)+"/"+string(format), func(t *testing.T) {
				dir := t.TempDir()
				d := create(t, dir, device.Settings{ID: "logger-1", Algorithm: algorithm, Owner: "producer", Model: "TL-20"})
				jwk := registered(t, d)
				var previous []byte
				for n := uint64(1); n <= 5; n++ {
					m, err := d.Sign(format, reading(int64(n)))
					if err != nil {
						t.Fatal(err)
					}
					parsed, err := attest.Parse(m.Text())
					if err != nil {
						t.Fatal(err)
					}
					digest, err := parsed.Verify(jwk)
					if err != nil || parsed.Sequence != n || !bytes.Equal(parsed.Previous, previous) || digest != m.Digest {
						t.Fatalf("message %d: %+v, %v", n, parsed.Header, err)
					}
					previous = digest[:]
					d = reopen(t, dir, d)
				}
				if last, digest := d.Last(); last != 5 || !bytes.Equal(digest, previous) || len(d.Outbox()) != 5 {
					t.Errorf("last %d, outbox %d", last, len(d.Outbox()))
				}
			})
		}
	}
}

// registered checks the device's registration as the ledger does.
func registered(t *testing.T, d *device.Device) waymark.JWK {
	t.Helper()
	text, err := d.Registration()
	if err != nil {
		t.Fatal(err)
	}
	return statementOf(t, text).JWK
}

func TestSignRefusesWhatTheLedgerCannotRead(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	many := make([]senml.Reading, 1000)
	for i := range many {
		many[i] = senml.Reading{Name: "a-rather-long-name-of-a-measurement", Unit: "Cel", Value: int64(i), Time: time.Now()}
	}
	for name, readings := range map[string][]senml.Reading{
		"none":      nil,
		"no name":   {{Unit: "Cel", Time: time.Now()}},
		"long ago":  {{Name: "t", Unit: "Cel", Time: time.Unix(0, 0)}},
		"too large": many,
		"too many":  append(many, many...),
	} {
		if _, err := d.Sign(attest.JWS, readings); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
	if last, _ := d.Last(); last != 0 || len(d.Outbox()) != 0 {
		t.Errorf("a refused pack took number %d", last)
	}
}

func TestCreateAndOpenRefuse(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	if _, err := device.Open(dir, "logger-1"); !errors.Is(err, device.ErrInUse) {
		t.Errorf("open twice: %v", err)
	}
	if _, err := device.Open(dir, "logger-2"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open an absent device: %v", err)
	}
	for _, id := range []string{"", "../x", "a b", "a/b"} {
		if _, err := device.Create(dir, device.Settings{ID: id}); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("create %q: %v", id, err)
		}
	}
	if _, err := device.Create(dir, device.Settings{ID: "logger-3", Algorithm: "RS256"}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("create with RS256: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := device.Create(dir, device.Settings{ID: "logger-1"}); !errors.Is(err, device.ErrExists) {
		t.Errorf("create twice: %v", err)
	}
	key := filepath.Join(dir, "logger-1", "k1.pem")
	info, err := os.Stat(key)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file %v, %v", info, err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := device.Open(dir, "logger-1"); err == nil {
		t.Error("a key that others can read was taken")
	}
}

func TestRecoverLeavesOneNumberOut(t *testing.T) {
	dir := t.TempDir()
	d := create(t, dir, device.Settings{ID: "logger-1"})
	if err := d.Recover(17); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, dir, d)
	m := sign(t, d)
	parsed, err := attest.Parse(m.Text())
	if err != nil || m.Sequence != 19 || !bytes.Equal(parsed.Previous, make([]byte, attest.DigestSize)) {
		t.Errorf("message %d with prev %x, %v", m.Sequence, parsed.Previous, err)
	}
	// What the device itself knows to have signed is not signed again.
	if err := d.Recover(3); err != nil {
		t.Fatal(err)
	}
	if m := sign(t, d); m.Sequence != 21 {
		t.Errorf("message %d after recovering below the device's own last number", m.Sequence)
	}
}

func TestLogin(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1", Owner: "producer", Model: "TL-20"})
	now := time.Now()
	password, err := d.Login(now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	m, err := attest.Parse(password)
	if err != nil {
		t.Fatal(err)
	}
	_, expired := m.CheckLogin(now)
	if _, err := m.Verify(registered(t, d)); err != nil || m.Device != "logger-1" || expired != nil {
		t.Errorf("password %+v: %v", m.Header, err)
	}
}

func TestReceipt(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1", Owner: "producer", Model: "TL-20"})
	text, err := d.Receipt(waymark.CommandReceipt{Command: "c-1", Result: waymark.CommandDone, ExecutedAt: 1772352030})
	if err != nil {
		t.Fatal(err)
	}
	m, err := attest.Parse(text)
	if err != nil || m.Kind != attest.Receipt || m.Sequence != 0 {
		t.Fatalf("receipt %+v, %v", m, err)
	}
	if r, err := waymark.ParseCommandReceipt(m.Payload); err != nil || r.Command != "c-1" || r.ExecutedAt != 1772352030 {
		t.Errorf("says %+v, %v", r, err)
	}
	if _, err := d.Receipt(waymark.CommandReceipt{Command: "c-1"}); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("a receipt of nothing: %v", err)
	}
}

// An attestation counts every message that was signed, acknowledged or not.
func TestAttest(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1", Owner: "producer", Model: "TL-20"})
	jwk := registered(t, d)
	a := waymark.Attestation{Shipment: "s-1", Handoff: 1, Nonce: strings.Repeat("0f", 16), Last: 7, At: 1772352030}
	for n := range uint64(2) {
		for _, format := range []attest.Format{attest.JWS, attest.COSE} {
			text, err := d.Attest(format, a)
			if err != nil {
				t.Fatal(err)
			}
			m, err := attest.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Verify(jwk); err != nil || m.Kind != attest.Attestation {
				t.Errorf("%s: %s, %v", format, m.Kind, err)
			}
			if got, err := waymark.ParseAttestation(m.Payload); err != nil || got.Last != n || got.Nonce != a.Nonce {
				t.Errorf("%s: %+v, %v", format, got, err)
			}
		}
		if _, err := d.Sign(attest.COSE, []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 425, Time: time.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	a.Nonce = ""
	if _, err := d.Attest(attest.JWS, a); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("without a nonce: %v", err)
	}
}
