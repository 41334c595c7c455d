package model

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// FuzzIdentified: the record that a text names is that of a thing or product that there can be.
func FuzzIdentified(f *testing.F) {
	for _, text := range []string{"395060001234567890", "(00)12345678", "(01)09506000134353(21)a", "9506000134352", "https://example.com/01/9506000134353", "]d201095060001343521727123110L1\x1d21A1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, ok := identified(text)
		if !ok {
			return
		}
		kind, rest, _ := strings.Cut(key.String(), "/")
		err := waymark.ValidateGTIN("", rest)
		if kind != "product" {
			_, err = waymark.ParseGoods(goodsID(kind, rest))
		}
		if err != nil {
			t.Fatalf("%q is %s: %v", text, key, err)
		}
	})
}
