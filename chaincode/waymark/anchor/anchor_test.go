package anchor_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

const at = 1772352000000

// device makes signed messages, one after the other.
type device struct {
	sign func(n uint64, previous []byte, payload string) attest.Signed
	jwk  waymark.JWK
	last attest.Digest
	n    uint64
}

func newDevice(t testing.TB, format attest.Format) *device {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := attest.PublicJWK(key)
	if err != nil {
		t.Fatal(err)
	}
	return &device{jwk: jwk, sign: func(n uint64, previous []byte, payload string) attest.Signed {
		signed, err := attest.Sign(format, key, attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: n, Previous: previous}, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}}
}

// send returns the text of the next message.
func (d *device) send(payload string) string {
	var previous []byte
	if d.n++; d.n > 1 {
		previous = slices.Clone(d.last[:])
	}
	signed := d.sign(d.n, previous, payload)
	d.last = signed.Digest
	return signed.Text()
}

// line is that of a message, as endorsers and gateways make it.
func (d *device) line(text string) (*attest.Message, []senml.Reading, anchor.Line, error) {
	m, err := attest.Parse(text)
	if err != nil {
		return nil, nil, anchor.Line{}, err
	}
	digest, err := m.Verify(d.jwk)
	if err != nil {
		return nil, nil, anchor.Line{}, err
	}
	readings, err := senml.Parse(m)
	if err != nil {
		return nil, nil, anchor.Line{}, err
	}
	l, err := anchor.LineOf(m, digest, readings)
	return m, readings, l, err
}

// pack is one of readings in SenML JSON, a second apart.
func pack(values ...string) string {
	var records []string
	for i, v := range values {
		name, unit := "temperature", `"u":"Cel","v":`
		if i%2 == 1 {
			name, unit = "door", `"vb":`
		}
		records = append(records, fmt.Sprintf(`{"n":%q,%s%s,"t":%d}`, name, unit, v, at/1000+i))
	}
	return "[" + strings.Join(records, ",") + "]"
}

func TestALineOfAMessage(t *testing.T) {
	d := newDevice(t, attest.JWS)
	_, readings, l, err := d.line(d.send(`[{"n":"temperature","u":"Cel","v":4.25,"t":1772352001},{"n":"door","vb":true,"t":1772352003},{"n":"temperature","u":"Cel","v":-1,"t":1772352000}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []anchor.Series{
		{Name: "door", Unit: "/", Count: 1, Min: 1000000, Max: 1000000, Sum: 1000000, Latest: 3000},
		{Name: "temperature", Unit: "Cel", Count: 2, Min: -100, Max: 425, Sum: 325, Latest: 1000},
	}
	if l.Digest != d.last || l.Readings != 3 || l.From != at || l.Span != 3000 || !slices.Equal(l.Series, want) {
		t.Errorf("line %+v", l)
	}
	for i := range readings {
		path, err := anchor.ReadingPath("logger-1", 1, readings, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		leaf := window.Leaves("logger-1", 1, readings)[i]
		if err := anchor.VerifyReading(l, leaf, path); err != nil {
			t.Errorf("reading %d: %v", i, err)
		}
		leaf.Value++
		if err := anchor.VerifyReading(l, leaf, path); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("another value of reading %d: %v", i, err)
		}
	}
}

func TestWhatIsNotAnchored(t *testing.T) {
	var many []string
	for i := range waymark.MaxMeasured + 1 {
		many = append(many, fmt.Sprintf(`{"n":"n%d","u":"Cel","v":1,"t":1772352000}`, i))
	}
	for name, payload := range map[string]string{
		"a text":           `[{"n":"state","vs":"open","t":1772352000}]`,
		"data":             `[{"n":"x","vd":"AAAA","t":1772352000}]`,
		"a sum":            `[{"n":"power","u":"W","s":1,"t":1772352000}]`,
		"a value with sum": `[{"n":"power","u":"W","v":1,"s":1,"t":1772352000}]`,
		"many series":      "[" + strings.Join(many, ",") + "]",
		"a large sum":      `[{"n":"x","u":"u","v":9000000000000,"t":1772352000},{"n":"x","u":"u","v":9000000000000,"t":1772352000}]`,
		"a low sum":        `[{"n":"x","u":"u","v":-9000000000000,"t":1772352000},{"n":"x","u":"u","v":-9000000000000,"t":1772352000}]`,
	} {
		d := newDevice(t, attest.JWS)
		if _, _, _, err := d.line(d.send(payload)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := anchor.LineOf(&attest.Message{}, attest.Digest{}, nil); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("no readings: %v", err)
	}
}

// TestARunOfMessages goes the whole way: messages, lines, run, window, bundle, and back to a reading.
func TestARunOfMessages(t *testing.T) {
	for _, format := range []attest.Format{attest.COSE, attest.JWS} {
		d := newDevice(t, format)
		var texts []string
		var lines []anchor.Line
		for i := range 13 {
			text := d.send(pack(fmt.Sprint(i), "true", "4.5"))
			_, _, l, err := d.line(text)
			if err != nil {
				t.Fatal(err)
			}
			texts, lines = append(texts, text), append(lines, l)
		}
		run := anchor.NewRun("logger-1", "k1", 1, nil, lines)
		got, err := anchor.ParseRun(run.Text())
		if err != nil || !bytes.Equal(got.Encode(), run.Encode()) || !anchor.IsRun(run.Text()) || got.Last() != 13 {
			t.Fatalf("%s: run %+v, %v", format, got, err)
		}
		for i, text := range texts {
			if anchor.IsRun(text) {
				t.Errorf("message %q passes for a run", text)
			}
			n := uint64(i + 1)
			path, err := anchor.Path("logger-1", 1, lines, n)
			if err != nil {
				t.Fatal(err)
			}
			if err := anchor.VerifyPath(run.Root(), "logger-1", 1, 13, n, lines[i], path); err != nil {
				t.Errorf("%s: message %d: %v", format, n, err)
			}
			if err := anchor.VerifyPath(run.Root(), "logger-1", 1, 13, n%13+1, lines[i], path); waymark.CodeOf(err) != waymark.Invalid {
				t.Errorf("%s: message %d passes for the next: %v", format, n, err)
			}
		}
		bundle := anchor.Bundle{Consortium: "waymark", Runs: []anchor.SignedRun{{Device: "logger-1", First: 1, Messages: texts}}}
		encoded, err := bundle.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := anchor.DecodeBundle(encoded)
		if err != nil || !slices.Equal(back.Runs[0].Messages, texts) {
			t.Fatalf("%s: bundle %+v, %v", format, back, err)
		}
		text, found := back.Message("logger-1", 13)
		if _, ok := back.Message("logger-1", 14); !found || ok || text != texts[12] {
			t.Errorf("%s: message 13 is %q", format, text)
		}
		if _, ok := back.Message("logger-2", 1); ok || anchor.BodyOf(encoded) != sha256.Sum256(encoded) {
			t.Errorf("%s: there is a message of another device", format)
		}
	}
}

// TestALineIsThatOfItsReadings: whatever is measured, its line passes for possible and the run is read back.
func TestALineIsThatOfItsReadings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := anyLine(rt)
		run := anchor.NewRun("d", "k", 2, make([]byte, 32), []anchor.Line{l})
		got, err := anchor.DecodeRun(run.Encode())
		if err != nil || got.Validate() != nil || !bytes.Equal(got.Encode(), run.Encode()) {
			rt.Fatalf("%+v: %v", l, err)
		}
	})
}

func anyLine(rt *rapid.T) anchor.Line {
	var readings []senml.Reading
	for range rapid.IntRange(1, 40).Draw(rt, "readings") {
		readings = append(readings, senml.Reading{
			Name: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "name"), Unit: rapid.SampledFrom([]string{"Cel", "/"}).Draw(rt, "unit"),
			Value: rapid.Int64Range(-1<<57, 1<<57).Draw(rt, "value"), Time: timeOf(rapid.Int64Range(at, at+100000).Draw(rt, "time"))})
	}
	l, err := anchor.LineOf(&attest.Message{Header: attest.Header{Device: "d", Sequence: 2}}, attest.Digest{7}, readings)
	if err != nil {
		rt.Fatal(err)
	}
	return l
}
