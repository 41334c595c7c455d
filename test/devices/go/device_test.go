package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// vectors are the texts of test/vectors/messages.json by their names, and the key of most.
func vectors(t *testing.T) (texts map[string]string, key ed25519.PrivateKey) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "vectors", "messages.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Keys map[string]struct {
			D string `json:"d"`
		} `json:"keys"`
		Vectors []struct{ Name, Text string } `json:"vectors"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	seed, err := base64.RawURLEncoding.DecodeString(file.Keys["ed25519"].D)
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for _, v := range file.Vectors {
		texts[v.Name] = v.Text
	}
	return texts, ed25519.NewKeyFromSeed(seed)
}

func device(t *testing.T, key ed25519.PrivateKey, format attest.Format, state string) *Device {
	t.Helper()
	d := &Device{ID: "logger-1", Consortium: "waymark", KeyID: "k1", Key: key, Format: format}
	if err := d.Load(state); err != nil {
		t.Fatal(err)
	}
	return d
}

// What the device signs is what the vectors say, byte by byte, also after a restart in between.
func TestSignsTheVectors(t *testing.T) {
	texts, key := vectors(t)
	at := time.Unix(1772352000, 0)
	both := []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 425, Time: at}, {Name: "humidity", Unit: "%RH", Value: 6100, Time: at}}
	second := map[attest.Format][]senml.Reading{
		attest.JWS: {{Name: "temperature", Unit: "Cel", Value: -50, Time: at.Add(time.Minute)}}, attest.COSE: both}
	for format, name := range map[attest.Format]string{attest.JWS: "jws-ed25519-", attest.COSE: "cose-ed25519-"} {
		state := filepath.Join(t.TempDir(), "state")
		if err := device(t, key, format, state).Sign(both); err != nil {
			t.Fatal(err)
		}
		d := device(t, key, format, state) // as after a power loss
		if err := d.Sign(second[format]); err != nil {
			t.Fatal(err)
		}
		for i, raw := range d.Waiting() {
			if got, want := attest.Text(raw), texts[name+string(rune('1'+i))]; got != want {
				t.Errorf("%s%d\ngot  %s\nwant %s", name, i+1, got, want)
			}
		}
	}
}

func TestSaysWhatTheVectorsSay(t *testing.T) {
	texts, key := vectors(t)
	d := device(t, key, attest.JWS, filepath.Join(t.TempDir(), "state"))
	registration, err := d.Registration("producer", "TL-20")
	if err != nil || registration != texts["registration-ed25519"] {
		t.Errorf("registration %s, %v", registration, err)
	}
	for format, name := range map[attest.Format]string{attest.JWS: "inquiry-jws", attest.COSE: "inquiry-cose"} {
		asks := device(t, key, format, filepath.Join(t.TempDir(), "state"))
		if inquiry, err := asks.Inquiry(1); err != nil || attest.Text(inquiry) != texts[name] {
			t.Errorf("inquiry %s, %v", inquiry, err)
		}
	}
	m, err := attest.Parse(texts["connect-jws"])
	if err != nil {
		t.Fatal(err)
	}
	password, err := d.Password(time.Unix(1772352000, 0))
	if err != nil || len(password) != len(texts["connect-jws"]) || m.Kind != attest.Connect {
		t.Errorf("password %s, %v", password, err)
	}
}
