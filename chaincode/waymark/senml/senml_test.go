package senml_test

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
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
		Kind, Name, Unit, Text, Data, SHA256 string
		Value                                int64
		Millis                               int64 `json:"time_ms"`
		Update                               int64 `json:"update_ms"`
	}
}

// want are the readings of a good vector.
func (v vector) want(t *testing.T) []senml.Reading {
	t.Helper()
	var want []senml.Reading
	for _, r := range v.Readings {
		kind := slices.IndexFunc(senml.Kinds(), func(k senml.Kind) bool { return k.String() == cmp.Or(r.Kind, "number") })
		data, err := hex.DecodeString(r.Data)
		if err != nil || kind < 0 {
			t.Fatalf("reading %+v: %v", r, err)
		}
		reading := senml.Reading{Kind: senml.Kind(kind), Name: r.Name, Unit: r.Unit, Value: r.Value, Body: r.Text + string(data),
			Time: time.UnixMilli(r.Millis).UTC(), Update: time.Duration(r.Update) * time.Millisecond}
		if digest := reading.Digest(); r.SHA256 != "" && hex.EncodeToString(digest[:]) != r.SHA256 {
			t.Errorf("digest of %q is %x", reading.Body, digest)
		}
		want = append(want, reading)
	}
	return want
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
	if len(file.Vectors) < 200 {
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
			want := v.want(t)
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

// readings draws packs of every kind, unit, value and time that can be.
func readings() *rapid.Generator[[]senml.Reading] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) senml.Reading {
		r := senml.Reading{
			Kind:   rapid.SampledFrom(senml.Kinds()).Draw(t, "kind"),
			Name:   rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9:./_-]{0,63}`).Draw(t, "name"),
			Time:   time.UnixMilli(rapid.Int64Range(1<<28*1000, 253402300799*1000).Draw(t, "time")).UTC(),
			Update: time.Duration(rapid.Int64Range(0, senml.MaxUpdate.Milliseconds()).Draw(t, "update")) * time.Millisecond,
		}
		switch r.Kind {
		case senml.Boolean:
			r.Unit, r.Value = "/", 1000000*rapid.Int64Range(0, 1).Draw(t, "boolean")
		case senml.Text:
			r.Body = strings.ToValidUTF8(rapid.String().Draw(t, "text"), "")
		case senml.Data:
			r.Body = string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "data"))
		default:
			r.Unit = rapid.OneOf(rapid.SampledFrom([]string{"Cel", "%RH", "lat", "lon", "lx", "V", "Pa", "/", "/100"}), rapid.StringMatching(`[A-Za-z0-9%][A-Za-z0-9%/_-]{0,15}`)).Draw(t, "unit")
			r.Value = rapid.Int64().Draw(t, "value")
		}
		return r
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

func TestEncodeRefuses(t *testing.T) {
	for name, r := range map[string]senml.Reading{
		"a text that is not UTF-8": {Kind: senml.Text, Name: "x", Body: "\xff"},
		"an unknown kind":          {Kind: 5, Name: "x", Unit: "Cel"},
	} {
		if _, err := senml.EncodeJSON([]senml.Reading{r}); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s in JSON: %v", name, err)
		}
		if _, err := senml.EncodeCBOR([]senml.Reading{r}); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s in CBOR: %v", name, err)
		}
	}
	if got := senml.Kind(5).String(); got != "unknown" {
		t.Errorf("kind 5 is %s", got)
	}
}

func TestParseRefusesWhatIsNotUTF8(t *testing.T) {
	if _, err := senml.ParseJSON([]byte("[{\"n\":\"x\",\"vs\":\"\xff\",\"t\":1772352000}]")); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("JSON: %v", err)
	}
	if _, err := senml.ParseCBOR([]byte("\x81\xa3\x00\x61x\x03\x61\xff\x06\x1a\x69\xa3\xf2\x00")); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("CBOR: %v", err)
	}
}

// A pack of exactly the largest size is read; TestVectors has one a byte larger.
func TestTheLargestPack(t *testing.T) {
	pack := []byte(`[{"n":"x","u":"Cel","v":4,"t":1772352000}` + strings.Repeat(" ", senml.MaxBytes) + "]")
	if _, err := senml.ParseJSON(append(pack[:senml.MaxBytes-1:senml.MaxBytes-1], ']')); err != nil {
		t.Error(err)
	}
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
	if len(encoded) <= senml.MaxBytes && (err != nil || !reflect.DeepEqual(got, again)) {
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
		if v.CBOR != "" && len(v.CBOR) < 2000 {
			f.Add(v.payload(f))
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) { checkParse(t, payload, senml.ParseCBOR) })
}
