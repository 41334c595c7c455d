package model

import (
	"regexp"
	"strings"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	// elements part a GS1 element string for people (GS1 General Specifications, 7.8.2): (01)...(21)...
	elements = regexp.MustCompile(`\(([0-9]{2,4})\)`)
	// scanning is what a scanner reads: an SSCC, or a GTIN with a lot or serial number behind it.
	scanning = regexp.MustCompile(`^(?:\][A-Za-z][0-9])?(?:00([0-9]{18})|01([0-9]{14})(?:(10|21)(.+))?)$`)
	// productLink is a GS1 Digital Link of a product, of which no thing is named.
	productLink = regexp.MustCompile(`^https?://.*/01/([0-9]{8}|[0-9]{12,14})/?(?:[?#].*)?$`)
	numberAlone = regexp.MustCompile(`^([0-9]{8}|[0-9]{12,14}|[0-9]{18})$`) // a GTIN, GLN or SSCC
	transaction = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
)

// identified is the record that a text names as it stands, by saying itself what it is of: false if it does not.
func identified(text string) (rules.Key, bool) {
	if g, err := waymark.ParseGoods(text); err == nil {
		return rules.GoodsKey(g), true
	}
	if m := productLink.FindStringSubmatch(text); m != nil {
		return rules.ProductKey(padded(m[1])), true
	}
	values := elementsOf(text)
	switch gtin := padded(values["01"]); {
	case values["00"] != "":
		return rules.GoodsKey(waymark.Goods{SSCC: values["00"]}), true
	case gtin == "":
		return rules.Key{}, false
	case values["21"] != "":
		return rules.GoodsKey(waymark.Item(gtin, values["21"])), true
	case values["10"] != "":
		return rules.GoodsKey(waymark.Goods{GTIN: gtin, Lot: values["10"]}), true
	default:
		return rules.ProductKey(gtin), true
	}
}

// elementsOf are the values of an element string by their application identifiers, of a number alone that of a GTIN or
// SSCC; nil of any other text.
func elementsOf(text string) map[string]string {
	if m := scanning.FindStringSubmatch(text); m != nil {
		return map[string]string{"00": m[1], "01": m[2], m[3]: m[4]}
	}
	if numberAlone.MatchString(text) {
		return map[string]string{map[bool]string{true: "00", false: "01"}[len(text) == 18]: text}
	}
	values, at := map[string]string{}, elements.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		values[text[m[2]:m[3]]] = text[m[1]:end]
	}
	if !numberAlone.MatchString(values["00"] + values["01"]) {
		return nil
	}
	return values
}

// padded is a GTIN-8, GTIN-12 or GTIN-13 with 14 digits.
func padded(gtin string) string {
	if gtin == "" {
		return ""
	}
	return strings.Repeat("0", max(0, 14-len(gtin))) + gtin
}
