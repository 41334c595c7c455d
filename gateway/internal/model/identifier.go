package model

import (
	"regexp"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	// productLink is a GS1 Digital Link of a product, of which no thing is named.
	productLink = regexp.MustCompile(`^https?://.*/01/([0-9]{8}|[0-9]{12,14})/?(?:[?#].*)?$`)
	numberAlone = regexp.MustCompile(`^([0-9]{8}|[0-9]{12,14}|[0-9]{18})$`) // a GTIN, GLN or SSCC
	transaction = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
)

// identified is the record that a text names as it stands, by saying itself what it is of: false if it does not, or if
// what it says cannot be.
func identified(text string) (rules.Key, bool) {
	if g, err := waymark.ParseGoods(text); err == nil {
		return rules.GoodsKey(g), true
	}
	if m := productLink.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	if numberAlone.MatchString(text) {
		text = map[bool]string{true: "(00)", false: "(01)"}[len(text) == 18] + text
	}
	e, err := waymark.ParseElements(text)
	if err != nil {
		return rules.Key{}, false
	}
	if g, isThing := e.Goods(); isThing {
		return rules.GoodsKey(g), true
	}
	return rules.ProductKey(e.GTIN), true
}
