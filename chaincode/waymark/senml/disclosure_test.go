package senml_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"pgregory.net/rapid"
)

// disclosureFile is test/vectors/disclosures.json; its README says what the members mean.
type disclosureFile struct {
	Vectors []struct {
		Name, Salt, JSON, Hex, Seal string
		Code                        waymark.Code
		Reading                     json.RawMessage
	}
	Messages []struct {
		Name, Key, Text, Message string
		Disclosures              []struct {
			Index                 int
			Salt, JSON, Hex, Seal string
			Reading               json.RawMessage
		}
	}
}

func disclosures(t testing.TB) disclosureFile {
	t.Helper()
	data, err := os.ReadFile("../../../test/vectors/disclosures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file disclosureFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 150 || len(file.Messages) < 2 {
		t.Fatalf("only %d vectors and %d messages", len(file.Vectors), len(file.Messages))
	}
	return file
}

// written is a disclosure as it is in the file.
func written(t testing.TB, text, inHex string) []byte {
	t.Helper()
	if inHex == "" {
		return []byte(text)
	}
	return unhex(t, inHex)
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// read is the reading of a vector.
func read(t *testing.T, raw json.RawMessage) senml.Reading {
	t.Helper()
	var v vector
	if err := json.Unmarshal([]byte(`{"readings":[`+string(raw)+`]}`), &v); err != nil {
		t.Fatal(err)
	}
	return v.want(t)[0]
}

func TestDisclosureVectors(t *testing.T) {
	for _, v := range disclosures(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			disclosure := written(t, v.JSON, v.Hex)
			sealed := senml.Reading{Kind: senml.Data, Name: "x", Time: time.UnixMilli(1772352000000).UTC(), Body: string(unhex(t, v.Seal))}
			got, err := senml.Open(sealed, disclosure)
			if waymark.CodeOf(err) != v.Code {
				t.Fatalf("got %+v, %v, want %q", got, err, v.Code)
			}
			if v.Code != "" {
				return
			}
			if want := read(t, v.Reading); got != want {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			if v.Salt == "" {
				return
			}
			seal := senml.SealCBOR
			if v.Hex == "" {
				seal = senml.SealJSON
			}
			again, bytesAgain, err := seal(got, unhex(t, v.Salt))
			if err != nil || again != sealed || !bytes.Equal(bytesAgain, disclosure) {
				t.Errorf("sealed again: %+v, %q, %v", again, bytesAgain, err)
			}
		})
	}
}

func TestSealedMessageVectors(t *testing.T) {
	for _, v := range disclosures(t).Messages {
		t.Run(v.Name, func(t *testing.T) {
			message, list, err := attest.Split(v.Text)
			if err != nil || message != v.Message || len(list) != len(v.Disclosures) {
				t.Fatalf("%d disclosures after %s: %v", len(list), message, err)
			}
			if attest.WithDisclosures(message, list) != v.Text || attest.Text([]byte(v.Text)) != v.Text {
				t.Error("the text is another when it is put together again")
			}
			m, err := attest.Parse(message)
			if err != nil {
				t.Fatal(err)
			}
			readings, err := senml.Parse(m)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range v.Disclosures {
				sealed := readings[d.Index]
				if !bytes.Equal(list[i], written(t, d.JSON, d.Hex)) || sealed.Body != string(unhex(t, d.Seal)) {
					t.Errorf("disclosure %d is %q of %x", i, list[i], sealed.Body)
				}
				if got, err := senml.Open(sealed, list[i]); err != nil || got != read(t, d.Reading) {
					t.Errorf("disclosure %d opens as %+v, %v", i, got, err)
				}
			}
		})
	}
}

// sealers are both ways to seal.
func sealers() map[string]func(senml.Reading, []byte) (senml.Reading, []byte, error) {
	return map[string]func(senml.Reading, []byte) (senml.Reading, []byte, error){"JSON": senml.SealJSON, "CBOR": senml.SealCBOR}
}

func TestSealThenOpenIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.SliceOfN(rapid.Byte(), senml.MinSaltBytes, senml.MaxSaltBytes).Draw(t, "salt")
		for _, want := range readings().Draw(t, "readings") {
			for name, seal := range sealers() {
				sealed, disclosure, err := seal(want, salt)
				if err != nil {
					t.Fatalf("seal in %s: %v", name, err)
				}
				if !sealed.Sealed() || sealed.Unit != "" || sealed.Value != 0 || sealed.Name != want.Name || sealed.Time != want.Time || sealed.Update != want.Update {
					t.Fatalf("%s: %+v is sealed as %+v", name, want, sealed)
				}
				got, err := senml.Open(sealed, disclosure)
				if err != nil || got != want {
					t.Fatalf("%s: %q opens as %+v, %v, want %+v", name, disclosure, got, err, want)
				}
				if len(disclosure) > 0 && rapid.Bool().Draw(t, "tamper") {
					at := rapid.IntRange(0, len(disclosure)-1).Draw(t, "at")
					disclosure[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
					if _, err := senml.Open(sealed, disclosure); waymark.CodeOf(err) != waymark.Invalid {
						t.Fatalf("%s: a changed disclosure opens: %v", name, err)
					}
				}
			}
		}
	})
}

func TestSealRefuses(t *testing.T) {
	salt := senml.NewSalt()
	for name, test := range map[string]struct {
		reading senml.Reading
		salt    []byte
	}{
		"a salt of 15 bytes":         {senml.Reading{Name: "x", Unit: "Cel"}, salt[:15]},
		"a salt of 65 bytes":         {senml.Reading{Name: "x", Unit: "Cel"}, make([]byte, 65)},
		"no salt":                    {senml.Reading{Name: "x", Unit: "Cel"}, nil},
		"a text that is not UTF-8":   {senml.Reading{Kind: senml.Text, Name: "x", Body: "\xff"}, salt},
		"an unknown kind":            {senml.Reading{Kind: 5, Name: "x"}, salt},
		"a disclosure of 2049 bytes": {senml.Reading{Kind: senml.Data, Name: "x", Body: string(make([]byte, 2048))}, salt},
	} {
		for form, seal := range sealers() {
			if _, _, err := seal(test.reading, test.salt); waymark.CodeOf(err) != waymark.Invalid {
				t.Errorf("%s in %s: %v", name, form, err)
			}
		}
	}
}

func TestSaltsDiffer(t *testing.T) {
	if a, b := senml.NewSalt(), senml.NewSalt(); len(a) < senml.MinSaltBytes || bytes.Equal(a, b) {
		t.Errorf("salts %x and %x", a, b)
	}
}

// What opens has one value, of a kind and a unit that a pack may have, and can be sealed
// and opened again.
func FuzzOpen(f *testing.F) {
	for _, v := range disclosures(f).Vectors {
		f.Add(written(f, v.JSON, v.Hex))
	}
	f.Fuzz(func(t *testing.T, disclosure []byte) {
		sealed := senml.SealOf(disclosure)
		sealed.Name, sealed.Time = "x", time.UnixMilli(1772352000000).UTC()
		got, err := senml.Open(sealed, disclosure)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		if got.Name != sealed.Name || got.Time != sealed.Time || got.Update != 0 {
			t.Fatalf("opens as %+v", got)
		}
		checkParse(t, mustEncode(t, got), senml.ParseCBOR)
		for name, seal := range sealers() {
			again, bytesAgain, err := seal(got, make([]byte, senml.MinSaltBytes))
			if len(disclosure) > senml.MaxDisclosureBytes/8 && waymark.CodeOf(err) == waymark.Invalid {
				continue // another notation, escapes or a longer number can take more room
			}
			if err != nil {
				t.Fatalf("seal %+v in %s: %v", got, name, err)
			}
			if opened, err := senml.Open(again, bytesAgain); err != nil || opened != got {
				t.Fatalf("%s: %+v opens as %+v, %v", name, got, opened, err)
			}
		}
	})
}

func mustEncode(t *testing.T, r senml.Reading) []byte {
	t.Helper()
	pack, err := senml.EncodeCBOR([]senml.Reading{r})
	if err != nil {
		t.Fatal(err)
	}
	return pack
}
