package waymark_test

import (
	"encoding/json"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

const (
	statement = `{"device":"logger-1","owner":"producer","model":"TL-20","key_id":"k1","jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	held      = statement + `,"edge":"edge-1"}`
)

func TestParseRegistration(t *testing.T) {
	for name, test := range map[string]struct{ give, edge, field string }{
		"its own key":      {give: statement + "}"},
		"held by an edge":  {give: held, edge: "edge-1"},
		"no edge, said so": {give: statement + `,"edge":""}`, field: "/edge"},
		"an edge of no id": {give: statement + `,"edge":"edge 1"}`, field: "/edge"},
	} {
		got, err := waymark.ParseRegistration([]byte(test.give))
		if waymark.AsError(err) != nil && waymark.AsError(err).Field != test.field || (err != nil) != (test.field != "") || got.Edge != test.edge && err == nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, give := range map[string]string{
		"null":          statement + `,"edge":null}`,
		"a list":        statement + `,"edge":["edge-1"]}`,
		"twice":         statement + `,"edge":"edge-1","edge":"edge-1"}`,
		"another case":  statement + `,"Edge":"edge-1"}`,
		"one more":      statement + `,"edges":"edge-1"}`,
		"jwk is no key": `{"device":"logger-1","owner":"producer","model":"TL-20","key_id":"k1","jwk":{"kty":"OKP","d":"x"}}`,
		"without jwk":   `{"device":"logger-1","owner":"producer","model":"TL-20","key_id":"k1"}`,
	} {
		if got, err := waymark.ParseRegistration([]byte(give)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseRegistration(f *testing.F) {
	f.Add([]byte(statement + "}"))
	f.Add([]byte(held))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, err := waymark.ParseRegistration(payload)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := waymark.ParseRegistration(again); err != nil || b != r {
			t.Fatalf("%s reads as %+v (%v), want %+v", again, b, err, r)
		}
	})
}
