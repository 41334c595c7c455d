package senml_test

import (
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

func TestBare(t *testing.T) {
	const t0 = `"bt":1893456000`
	for text, want := range map[string]bool{
		`[{` + t0 + `,"n":"a","u":"Cel","v":1},{"n":"b","vd":"AA"}]`: true,
		`[{` + t0 + `,"bv":2,"bu":"Cel","n":"a","v":1}]`:             true,
		`[{` + t0 + `,"bv":2,"n":"b","vd":"AA"}]`:                    false,
		`[{` + t0 + `,"bs":2},{"n":"b","vd":"AA"}]`:                  false,
		`[{` + t0 + `,"bv":2},{"bv":0},{"n":"b","vd":"AA"}]`:         true,
		`[{` + t0 + `,"n":"a","u":"Cel","v":1,"note":"x"}]`:          false,
		`[{` + t0 + `,"n":"a","u":"Cel","v":1,"note":{"vs":"x"}}]`:   false,
		`[{` + t0 + `,"n":"a","u":"Cel","v":1}`:                      false,
		`[{` + t0 + `,"bver":5},{"bver":6,"n":"a","u":"Cel","v":1}]`: false,
	} {
		if got := senml.Bare(&attest.Message{Header: attest.Header{Kind: attest.PackJSON}, Payload: []byte(text)}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for name, test := range map[string]struct {
		record map[any]any
		want   bool
	}{
		"bare":             {map[any]any{-3: 1893456000, 0: "a", 8: []byte{1}}, true},
		"a base value":     {map[any]any{-3: 1893456000, -5: 1, 0: "a", 8: []byte{1}}, false},
		"a text label":     {map[any]any{-3: 1893456000, 0: "a", 8: []byte{1}, "note": "x"}, false},
		"an unknown label": {map[any]any{-3: 1893456000, 0: "a", 8: []byte{1}, 99: "x"}, false},
	} {
		payload, err := cbor.Marshal([]map[any]any{test.record})
		if err != nil {
			t.Fatal(err)
		}
		if got := senml.Bare(&attest.Message{Header: attest.Header{Kind: attest.PackCBOR}, Payload: payload}); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := senml.Open(senml.SealOf([]byte(`["AAAAAAAAAAAAAAAAAAAAAA",{"vs":"\ud800"}]`)), []byte(`["AAAAAAAAAAAAAAAAAAAAAA",{"vs":"\ud800"}]`)); err == nil {
		t.Error("half a surrogate was opened")
	}
}
