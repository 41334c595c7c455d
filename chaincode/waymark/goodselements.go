package waymark

import (
	"regexp"
	"strings"
)

// Elements are what a GS1 element string says of what it is on, as far as that names a thing or product. What it does
// not say is empty.
type Elements struct {
	SSCC   string // application identifier 00
	GTIN   string // 01, 14 digits
	Lot    string // 10
	Serial string // 21
}

// fnc1 ends a value of variable length, as scanners give it (GS1 General Specifications, 7.8.3).
const fnc1 = "\x1d"

var (
	// writtenAI is an application identifier as people write it (GS1 General Specifications, 7.8.2).
	writtenAI = regexp.MustCompile(`\(([0-9]{2,4})\)`)
	// symbology is what a scanner may put before all, as in "]d2" (ISO/IEC 15424).
	symbology = regexp.MustCompile(`^\][A-Za-z][0-9]`)
)

// elementLengths are the lengths of elements that no FNC1 ends, with the application identifier, by its first two
// digits (GS1 General Specifications, figure 7.8.5-2).
var elementLengths = map[string]int{
	"00": 20, "01": 16, "02": 16, "03": 16, "04": 18,
	"11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 8, "18": 8, "19": 8, "20": 4,
	"31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
}

// ParseElements reads a GS1 element string as people write it, "(01)09506000134352(21)A1", or as a scanner gives it,
// with FNC1 as the byte 0x1D, and with the identifier of the symbology or without. Elements that name nothing, such as a
// day of expiry, are left out. It returns Invalid for any other text, and for one without SSCC and GTIN.
func ParseElements(text string) (Elements, error) {
	if len(text) > MaxGoodsText {
		return Elements{}, Errorf(Invalid, "must be at most %d bytes, has %d", MaxGoodsText, len(text))
	}
	split := scannedElements
	if strings.HasPrefix(text, "(") {
		split = writtenElements
	}
	var e Elements
	for _, element := range split(text) {
		if !e.add(element[0], element[1]) {
			return Elements{}, Errorf(Invalid, "must have the application identifier %s once", element[0])
		}
	}
	return e, e.check()
}

// writtenElements are the identifiers and values of a text that begins with an identifier in parentheses.
func writtenElements(text string) (all [][2]string) {
	at := writtenAI.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		all = append(all, [2]string{text[m[2]:m[3]], text[m[1]:end]})
	}
	return all
}

// scannedElements are those that a scanner gave. Of an identifier the first two digits are enough: those that name
// something have no more.
func scannedElements(text string) (all [][2]string) {
	rest := strings.TrimPrefix(symbology.ReplaceAllString(text, ""), fnc1)
	for len(rest) > 2 {
		element, behind, _ := strings.Cut(rest, fnc1)
		if length, fixed := elementLengths[rest[:2]]; fixed {
			length = min(length, len(element))
			element, behind = rest[:length], strings.TrimPrefix(rest[length:], fnc1)
		}
		all = append(all, [2]string{rest[:2], element[min(2, len(element)):]})
		rest = behind
	}
	return all
}

// add notes a value, or reports that there is another.
func (e *Elements) add(ai, value string) bool {
	into := map[string]*string{aiSSCC: &e.SSCC, aiGTIN: &e.GTIN, aiLot: &e.Lot, aiSerial: &e.Serial}[ai]
	if into == nil {
		return true
	}
	if ai == aiGTIN {
		value = padGTIN(value)
	}
	once := *into == "" || *into == value
	*into = value
	return once
}

// check verifies that they name a thing or product.
func (e Elements) check() error {
	if g, isThing := e.Goods(); isThing {
		return g.check()
	}
	if err := ValidateGTIN("", e.GTIN); err != nil {
		return Errorf(Invalid, "must have an SSCC, or a GTIN, with a correct check digit")
	}
	return nil
}

// Goods is the thing that they name, the item before its lot; false of a product.
func (e Elements) Goods() (Goods, bool) {
	switch {
	case e.SSCC != "":
		return Goods{SSCC: e.SSCC}, true
	case e.Serial != "":
		return Item(e.GTIN, e.Serial), true
	case e.Lot != "":
		return Goods{GTIN: e.GTIN, Lot: e.Lot}, true
	}
	return Goods{}, false
}
