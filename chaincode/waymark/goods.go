package waymark

import (
	"fmt"
	"strings"
)

// GoodsKind is what sort of thing an identifier names.
type GoodsKind string

// The kinds.
const (
	GoodsItem      GoodsKind = "item"      // one serialised thing, an SGTIN
	GoodsLot       GoodsKind = "lot"       // what was made as one, an LGTIN
	GoodsContainer GoodsKind = "container" // a logistic unit, an SSCC
)

// GoodsKinds returns every kind.
func GoodsKinds() []GoodsKind { return []GoodsKind{GoodsItem, GoodsLot, GoodsContainer} }

// Goods identifies a thing (GS1 General Specifications, 2.1, 2.2 and 3.5.2). Two that
// are equal are the same thing, in whatever form they came.
type Goods struct {
	GTIN   string // of an item or lot, 14 digits
	Serial string // of an item, 1 to 20 characters of character set 82
	Lot    string // of a lot, 1 to 20 characters of character set 82
	SSCC   string // of a container, 18 digits
}

// Item returns the item of a product with a serial number.
func Item(gtin, serial string) Goods { return Goods{GTIN: gtin, Serial: serial} }

// MaxGoodsText bounds the text of an identifier, in bytes.
const MaxGoodsText = 500

// ParseGoods reads an EPC URI of an SGTIN, LGTIN or SSCC (GS1 EPC Tag Data Standard,
// 6.3), or a GS1 Digital Link of an item, lot or container (GS1 Digital Link Standard:
// URI Syntax, uncompressed). Of a link, host, stem, query, fragment and what the path
// says beside the identity are left out. It returns Invalid for any other text.
func ParseGoods(text string) (Goods, error) {
	if len(text) > MaxGoodsText {
		return Goods{}, Errorf(Invalid, "must be at most %d bytes, has %d", MaxGoodsText, len(text))
	}
	if name, isURN := cutScheme(text, "urn:epc:"); isURN {
		return parseEPC(name)
	}
	for _, scheme := range []string{"https://", "http://"} {
		if rest, isLink := cutScheme(text, scheme); isLink {
			return parseLink(rest)
		}
	}
	return Goods{}, Errorf(Invalid, "must be an EPC URI (urn:epc:...) or a GS1 Digital Link (https://...)")
}

// cutScheme cuts a prefix, in which capitals make no difference (RFC 3986, 3.1; RFC 8141, 3.1).
func cutScheme(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

// linkPrefix begins the canonical form.
const linkPrefix = "https://id.gs1.org/"

// String returns the canonical form: the uncompressed GS1 Digital Link of GS1's own
// host, with every character outside A-Z a-z 0-9 - _ . percent-encoded.
func (g Goods) String() string {
	switch g.Kind() {
	case GoodsItem:
		return linkPrefix + aiGTIN + "/" + g.GTIN + "/" + aiSerial + "/" + escapeAI(g.Serial)
	case GoodsLot:
		return linkPrefix + aiGTIN + "/" + g.GTIN + "/" + aiLot + "/" + escapeAI(g.Lot)
	default:
		return linkPrefix + aiSSCC + "/" + g.SSCC
	}
}

// Kind returns what sort of thing it is.
func (g Goods) Kind() GoodsKind {
	switch {
	case g.SSCC != "":
		return GoodsContainer
	case g.Serial != "":
		return GoodsItem
	}
	return GoodsLot
}

// Parts are what a ledger key has of the thing: its numbers, and the serial or lot number
// escaped as in the canonical form, so that none has a slash.
func (g Goods) Parts() []string {
	switch g.Kind() {
	case GoodsItem:
		return []string{g.GTIN, escapeAI(g.Serial)}
	case GoodsLot:
		return []string{g.GTIN, escapeAI(g.Lot)}
	default:
		return []string{g.SSCC}
	}
}

// check verifies the numbers of a thing of any form.
func (g Goods) check() error {
	var err error
	switch g.Kind() {
	case GoodsContainer:
		if len(g.SSCC) != 18 || !gs1CheckDigitHolds(g.SSCC) {
			err = Errorf(Invalid, "must have an SSCC of 18 digits with a correct check digit")
		}
	case GoodsItem:
		err = first(ValidateGTIN("", g.GTIN), ValidateSerial("", g.Serial))
	default:
		err = first(ValidateGTIN("", g.GTIN), validateLotNumber("", g.Lot))
	}
	if err != nil {
		return Errorf(Invalid, "%s", AsError(err).Message)
	}
	return nil
}

// ValidateGoods checks that a text names a thing of one of some kinds, or of any if none
// is given.
func ValidateGoods(pointer, text string, kinds ...GoodsKind) error {
	g, err := ParseGoods(text)
	if err != nil {
		return InvalidField(pointer, "%s", AsError(err).Message)
	}
	for _, kind := range kinds {
		if g.Kind() == kind {
			return nil
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	return InvalidField(pointer, "names a thing of kind %s, must be of %v", g.Kind(), kinds)
}

// MustGoods is ParseGoods of a text that has been validated, or that the ledger holds. It
// panics on any other.
func MustGoods(text string) Goods {
	g, err := ParseGoods(text)
	if err != nil {
		panic(fmt.Sprintf("waymark: %.100q: %v", text, err))
	}
	return g
}
