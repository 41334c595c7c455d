package senml_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"pgregory.net/rapid"
)

type vector struct {
	Name, JSON, CBOR string
	Code             waymark.Code
	Readings         []struct {
		Name, Unit string
		Value      int64
		Millis     int64 `json:"time_ms"`
	}
}

func (v vector) payload(t testing.TB) []byte {
	t.Helper()
	if v.CBOR == "" {
		return []byte(v.JSON)
	}
	raw, err := hex.DecodeString(v.CBOR)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (v vector) parse(t testing.TB) ([]senml.Reading, error) {
	t.Helper()
	if v.CBOR != "" {
		return senml.ParseCBOR(v.payload(t))
	}
	return senml.ParseJSON(v.payload(t))
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("../../../test/vectors/senml.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 80 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	return file.Vectors
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			got, err := v.parse(t)
			if waymark.CodeOf(err) != v.Code {
				t.Fatalf("got %v, want %q", err, v.Code)
			}
			var want []senml.Reading
			for _, r := range v.Readings {
				want = append(want, senml.Reading{Name: r.Name, Unit: r.Unit, Value: r.Value, Time: time.UnixMilli(r.Millis).UTC()})
			}
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestParseChoosesByKind(t *testing.T) {
	pack := []byte(`[{"n":"x","u":"Cel","v":4,"t":1772352000}]`)
	for kind, want := range map[attest.Kind]waymark.Code{
		attest.PackJSON: "", attest.PackCBOR: waymark.Invalid, attest.Connect: waymark.Invalid, attest.Registration: waymark.Invalid,
	} {
		m := &attest.Message{Header: attest.Header{Kind: kind}, Payload: pack}
		if _, err := senml.Parse(m); waymark.CodeOf(err) != want {
			t.Errorf("%s: got %v, want %q", kind, err, want)
		}
	}
}

// readings draws packs of every unit, value and time that can be.
func readings() *rapid.Generator[[]senml.Reading] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) senml.Reading {
		return senml.Reading{
			Name:  rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9:./_-]{0,63}`).Draw(t, "name"),
			Unit:  rapid.OneOf(rapid.SampledFrom([]string{"Cel", "%RH", "lat", "lon", "lx", "V", "Pa"}), rapid.StringMatching(`[A-Za-z0-9%][A-Za-z0-9%/_-]{0,15}`)).Draw(t, "unit"),
			Value: rapid.Int64().Draw(t, "value"),
			Time:  time.UnixMilli(rapid.Int64Range(1<<28*1000, 253402300799*1000).Draw(t, "time")).UTC(),
		}
	}), 1, 20)
}

func TestEncodeThenParseIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := readings().Draw(t, "readings")
		for name, codec := range map[string]struct {
			encode func([]senml.Reading) ([]byte, error)
			parse  func([]byte) ([]senml.Reading, error)
		}{
			"JSON": {senml.EncodeJSON, senml.ParseJSON},
			"CBOR": {senml.EncodeCBOR, senml.ParseCBOR},
		} {
			payload, err := codec.encode(want)
			if err != nil {
				t.Fatalf("encode %s: %v", name, err)
			}
			got, err := codec.parse(payload)
			if err != nil {
				t.Fatalf("parse %s %s: %v", name, payload, err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: got %+v, want %+v", name, got, want)
			}
		}
	})
}

// checkParse says what holds for any pack: it is refused as invalid, or it has
// readings that encode to themselves.
func checkParse(t *testing.T, payload []byte, parse func([]byte) ([]senml.Reading, error)) {
	got, err := parse(payload)
	if err != nil {
		if waymark.CodeOf(err) != waymark.Invalid {
			t.Fatalf("%v is not invalid", err)
		}
		return
	}
	if len(got) == 0 || len(got) > senml.MaxReadings {
		t.Fatalf("%d readings", len(got))
	}
	encoded, err := senml.EncodeCBOR(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := senml.ParseCBOR(encoded)
	if err != nil || !reflect.DeepEqual(got, again) {
		t.Fatalf("%+v became %+v, %v", got, again, err)
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, v := range vectors(f) {
		if v.CBOR == "" && len(v.JSON) < 1000 {
			f.Add(v.payload(f))
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) { checkParse(t, payload, senml.ParseJSON) })
}

func FuzzParseCBOR(f *testing.F) {
	for _, v := range vectors(f) {
		if v.CBOR != "" {
			f.Add(v.payload(f))
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) { checkParse(t, payload, senml.ParseCBOR) })
}
