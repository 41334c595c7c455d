package device_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// A sealed message shows all but the values; its disclosures show them, and come back
// with it from the journal to the byte.
func TestSealedMessage(t *testing.T) {
	at := time.Now().UTC().Truncate(time.Millisecond)
	readings := []senml.Reading{
		{Name: "note", Kind: senml.Text, Body: "planted", Time: at},
		{Name: "temperature", Unit: "Cel", Value: 425, Time: at},
		{Name: "shock", Unit: "m/s2", Value: 9807, Time: at.Add(time.Second), Update: time.Minute},
	}
	for _, format := range []attest.Format{attest.COSE, attest.JWS} {
		t.Run(string(format), func(t *testing.T) {
			dir := t.TempDir()
			d := create(t, dir, device.Settings{ID: "logger-1", Owner: "producer", Model: "TL-20"})
			jwk := registered(t, d)
			m, err := d.Seal(format, readings, "note", "shock", "unheard-of")
			if err != nil {
				t.Fatal(err)
			}
			text, disclosures, err := attest.Split(m.Text())
			if err != nil || len(disclosures) != 2 || strings.Contains(text, "planted") {
				t.Fatalf("%d disclosures: %v", len(disclosures), err)
			}
			parsed, err := attest.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if digest, err := parsed.Verify(jwk); err != nil || digest != m.Digest {
				t.Errorf("digest %x, want %x: %v", digest, m.Digest, err)
			}
			shown, err := senml.Parse(parsed)
			if err != nil || len(shown) != 3 || shown[1] != readings[1] {
				t.Fatalf("shows %+v: %v", shown, err)
			}
			for i, n := range []int{0, 2} {
				if opened, err := senml.Open(shown[n], disclosures[i]); err != nil || opened != readings[n] {
					t.Errorf("reading %d opens as %+v, %v", n, opened, err)
				}
			}
			d = reopen(t, dir, d)
			if o := d.Outbox(); len(o) != 1 || !bytes.Equal(o[0].Raw, m.Raw) || o[0].Text() != m.Text() {
				t.Errorf("outbox %+v", o)
			}
		})
	}
}

func TestEachSealHasItsOwnSalt(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	seen := map[string]bool{}
	for range 10 {
		m, err := d.Seal(attest.COSE, append(reading(400), reading(400)...), "temperature")
		if err != nil {
			t.Fatal(err)
		}
		_, disclosures, err := attest.Split(m.Text())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range disclosures {
			seen[string(d)] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d different disclosures of 20", len(seen))
	}
}

func TestDisclosuresCountForTheSize(t *testing.T) {
	d := create(t, t.TempDir(), device.Settings{ID: "logger-1"})
	var readings []senml.Reading
	for range 20 {
		readings = append(readings, senml.Reading{Name: "note", Kind: senml.Text, Body: strings.Repeat("x", 1500), Time: time.Now()})
	}
	if _, err := d.Seal(attest.COSE, readings, "note"); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("too large with its disclosures: %v", err)
	}
	readings[0].Body = strings.Repeat("x", senml.MaxDisclosureBytes)
	if _, err := d.Seal(attest.COSE, readings[:1], "note"); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("a disclosure that is too long: %v", err)
	}
	if last, _ := d.Last(); last != 0 {
		t.Errorf("what was refused took number %d", last)
	}
}
