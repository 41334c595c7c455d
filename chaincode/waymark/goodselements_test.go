package waymark_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// elementString is a vector.
type elementString struct {
	Name    string `json:"name"`
	Text    string `json:"text"`
	SSCC    string `json:"sscc"`
	GTIN    string `json:"gtin"`
	Lot     string `json:"lot"`
	Serial  string `json:"serial"`
	Refused bool   `json:"refused"`
}

func elementStrings(t testing.TB) (vectors []elementString) {
	t.Helper()
	data, err := os.ReadFile("../../test/vectors/elements.json")
	if err == nil {
		err = json.Unmarshal(data, &vectors)
	}
	if err != nil || len(vectors) == 0 {
		t.Fatal(err)
	}
	return vectors
}

func TestElements(t *testing.T) {
	for _, v := range elementStrings(t) {
		want := waymark.Elements{SSCC: v.SSCC, GTIN: v.GTIN, Lot: v.Lot, Serial: v.Serial}
		got, err := waymark.ParseElements(v.Text)
		switch {
		case v.Refused && waymark.CodeOf(err) != waymark.Invalid:
			t.Errorf("%s: %q is %+v, %v", v.Name, v.Text, got, err)
		case !v.Refused && (err != nil || got != want):
			t.Errorf("%s: %q is %+v, %v, want %+v", v.Name, v.Text, got, err, want)
		}
		if err := (waymark.SearchQuery{Q: v.Text}).Validate(); err != nil {
			t.Errorf("%s cannot be searched: %v", v.Name, err)
		}
	}
}

// FuzzParseElements: what is read names a thing with a canonical form, or a product.
func FuzzParseElements(f *testing.F) {
	for _, v := range elementStrings(f) {
		f.Add(v.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := waymark.ParseElements(text)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		g, isThing := e.Goods()
		if !isThing {
			err = waymark.ValidateGTIN("", e.GTIN)
		} else if again, failed := waymark.ParseGoods(g.String()); again != g {
			err = failed
		}
		if err != nil {
			t.Fatalf("%q is %+v: %v", text, e, err)
		}
	})
}
