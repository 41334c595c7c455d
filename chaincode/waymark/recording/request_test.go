package recording_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	"pgregory.net/rapid"
)

var hash = strings.Repeat("0f", 32)

// Whatever texts a request has, it is read back as it was, from CBOR as from JSON.
func TestBothForms(t *testing.T) {
	texts := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9_-]{0,40}`), // sometimes base64url
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), base64.RawURLEncoding.EncodeToString),
		rapid.StringMatching(`ey[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}`),
		rapid.String(), rapid.SampledFrom([]string{"", "AA\n", "AB", "AA==", "é"}))
	rapid.Check(t, func(t *rapid.T) {
		give := waymark.RecordRequest{Messages: rapid.SliceOfN(texts, 0, 6).Draw(t, "messages"), Body: rapid.SampledFrom([]string{"", hash}).Draw(t, "body")}
		inCBOR, err := recording.Encode(give)
		if err != nil {
			t.Fatal(err)
		}
		inJSON, err := json.Marshal(give)
		if err != nil {
			t.Fatal(err)
		}
		for _, argument := range [][]byte{inCBOR, inJSON} {
			if got, err := recording.Decode(argument); err != nil || !reflect.DeepEqual(got, give) {
				t.Fatalf("%x: %+v, %v, want %+v", argument, got, err, give)
			}
		}
		if !recording.IsCBOR(inCBOR) || recording.IsCBOR(inJSON) {
			t.Fatal("the forms are mistaken for each other")
		}
	})
}

// A COSE_Sign1 costs its bytes, and no base64url of them.
func TestBytesAreBytes(t *testing.T) {
	raw := bytes.Repeat([]byte{0xd2}, 3000)
	encoded, err := recording.Encode(waymark.RecordRequest{Messages: []string{base64.RawURLEncoding.EncodeToString(raw)}})
	if err != nil || len(encoded) > len(raw)+8 || !bytes.Contains(encoded, raw) {
		t.Errorf("%d bytes, %v", len(encoded), err)
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	for name, argument := range map[string]string{
		"nothing": "", "text": "x", "a JSON list": "[1]", "half": "\x83\x01", "another version": "\x83\x02\x80\x40",
		"two members": "\x82\x01\x80", "more behind it": "\x83\x01\x80\x40\x00", "null for bytes": "\x83\x01\x80\xf6",
		"a number for an entry": "\x83\x01\x81\x01\x40", "text for the body": "\x83\x01\x80\x60",
		"a list of no fixed length": "\x83\x01\x9f\xff\x40", "a longer number": "\x83\x18\x01\x80\x40", "text that is bytes": "\x83\x01\x81\x62AA\x40",
		"text that is not UTF-8": "\x83\x01\x81\x61\xff\x40", "empty bytes": "\x83\x01\x81\x40\x40",
		"too many entries": "\x83\x01\x99\x01\xf5" + strings.Repeat("\x61.", waymark.MaxBatchMessages+1) + "\x40",
	} {
		if got, err := recording.Decode([]byte(argument)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, give := range map[string]waymark.RecordRequest{
		"a body in capitals": {Body: strings.ToUpper(hash)}, "no hash": {Body: "hash"}, "not UTF-8": {Messages: []string{"\xff"}},
	} {
		if _, err := recording.Encode(give); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	encoded, err := recording.Encode(waymark.RecordRequest{Messages: []string{"AA", "eyJ.e30.x"}, Body: hash})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, argument []byte) {
		r, err := recording.Decode(argument)
		if err != nil || !recording.IsCBOR(argument) {
			return
		}
		if again, err := recording.Encode(r); err != nil || !bytes.Equal(again, argument) {
			t.Errorf("%x is read as %x", argument, again)
		}
	})
}
