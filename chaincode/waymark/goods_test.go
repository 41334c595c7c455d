package waymark_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// identifier is a vector: all its forms name one thing, or none does.
type identifier struct {
	Name    string            `json:"name"`
	Kind    waymark.GoodsKind `json:"kind"`
	ID      string            `json:"id"`
	Refused bool              `json:"refused"`
	Forms   []string          `json:"forms"`
}

func identifiers(t testing.TB) []identifier {
	t.Helper()
	data, err := os.ReadFile("../../test/vectors/identifiers.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []identifier
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestIdentifiers(t *testing.T) {
	named := map[string]string{}
	for _, v := range identifiers(t) {
		if other := named[v.ID]; v.ID != "" && other != "" {
			t.Errorf("%s and %s are one thing", v.Name, other)
		}
		named[v.ID] = v.Name
		for _, form := range v.Forms {
			g, err := waymark.ParseGoods(form)
			switch {
			case v.Refused && waymark.CodeOf(err) != waymark.Invalid:
				t.Errorf("%s: %q is %v, %v", v.Name, form, g, err)
			case !v.Refused && (err != nil || g.String() != v.ID || g.Kind() != v.Kind):
				t.Errorf("%s: %q is %v, a %s, %v", v.Name, form, g, g.Kind(), err)
			}
		}
	}
}

// FuzzParseGoods: what is read has one canonical form, which is read as the same, and
// whose parts fit into a key.
func FuzzParseGoods(f *testing.F) {
	for _, v := range identifiers(f) {
		for _, form := range v.Forms {
			f.Add(form)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := waymark.ParseGoods(text)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := waymark.ParseGoods(g.String())
		if err != nil || again != g {
			t.Fatalf("%q is %v, and again %v, %v", text, g, again, err)
		}
		for _, part := range g.Parts() {
			if part == "" || strings.Trim(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.%") != "" {
				t.Fatalf("%q has the part %q", text, part)
			}
		}
	})
}

func TestGoodsOfKinds(t *testing.T) {
	item, lot := waymark.Item(gtin, "1").String(), waymark.Goods{GTIN: gtin, Lot: "1"}.String()
	for _, test := range []struct {
		text  string
		kinds []waymark.GoodsKind
		fault bool
	}{
		{item, nil, false}, {item, []waymark.GoodsKind{waymark.GoodsItem}, false}, {item, []waymark.GoodsKind{waymark.GoodsLot, waymark.GoodsItem}, false},
		{lot, []waymark.GoodsKind{waymark.GoodsItem}, true}, {"x", nil, true},
	} {
		err := waymark.ValidateGoods("/x", test.text, test.kinds...)
		if (err != nil) != test.fault || err != nil && waymark.AsError(err).Field != "/x" {
			t.Errorf("%s of %v: %v", test.text, test.kinds, err)
		}
	}
	if kinds := waymark.GoodsKinds(); !slices.Contains(kinds, waymark.GoodsContainer) || len(kinds) != 3 {
		t.Errorf("the kinds are %v", kinds)
	}
	defer func() {
		if recover() == nil {
			t.Error("no thing was named")
		}
	}()
	waymark.MustGoods("x")
}

func TestThousandths(t *testing.T) {
	for text, want := range map[waymark.Decimal]int64{
		"1": 1000, "0.001": 1, "2.50": 2500, "1e3": 1000000, "1.5e-2": 15, "1000000000000": 1e15,
		"0": 0, "": 0, "-1": 0, "0.0001": 0, "0.0015": 0, "1000000000000.001": 0, "1e99": 0, "1e-99": 0, "x": 0, "NaN": 0, "1/3": 0, "+1": 0, "1.": 0,
	} {
		got, err := waymark.Thousandths(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %d, %v", text, got, err)
		}
		if want > 0 {
			if back, err := waymark.Thousandths(waymark.Quantity(got)); back != want || err != nil {
				t.Errorf("%q comes back as %d, %v", text, back, err)
			}
		}
	}
}
