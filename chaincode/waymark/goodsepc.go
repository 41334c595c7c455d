package waymark

import "strings"

// The schemes of EPC URIs, with which they go on after "urn:epc:". Only that much is the
// same in capitals.
const (
	epcItem      = "id:sgtin:"
	epcLot       = "class:lgtin:"
	epcContainer = "id:sscc:"
)

// parseEPC reads an EPC URI after "urn:epc:".
func parseEPC(name string) (Goods, error) {
	if rest, ok := strings.CutPrefix(name, epcContainer); ok {
		return parseEPCContainer(rest)
	}
	number, isItem := strings.CutPrefix(name, epcItem)
	rest, isLot := strings.CutPrefix(name, epcLot)
	if isLot {
		number = rest
	}
	if !isItem && !isLot {
		return Goods{}, Errorf(Invalid, "must be an EPC URI of the scheme sgtin, lgtin or sscc")
	}
	fields := strings.SplitN(number, ".", 3)
	if len(fields) != 3 {
		return Goods{}, Errorf(Invalid, "must have a company prefix, an item reference and a serial or lot number, with points between")
	}
	gtin, err := joinEPC(fields[0], fields[1], 13)
	if err != nil {
		return Goods{}, err
	}
	text, err := unescapeEPC(fields[2])
	if err != nil {
		return Goods{}, err
	}
	g := Goods{GTIN: gtin, Serial: text}
	if isLot {
		g = Goods{GTIN: gtin, Lot: text}
	}
	if text == "" {
		return Goods{}, Errorf(Invalid, "has an empty serial or lot number")
	}
	return g, g.check()
}

func parseEPCContainer(number string) (Goods, error) {
	prefix, reference, _ := strings.Cut(number, ".")
	sscc, err := joinEPC(prefix, reference, 17)
	if err != nil {
		return Goods{}, err
	}
	return Goods{SSCC: sscc}, nil
}

// joinEPC puts the first digit of the reference before the company prefix, as GS1 keys
// have it, and the check digit, which an EPC URI leaves out, after all. digits is how many
// there are without it.
func joinEPC(prefix, reference string, digits int) (string, error) {
	if len(prefix) < 6 || len(prefix) > 12 || len(prefix)+len(reference) != digits || strings.Trim(prefix+reference, "0123456789") != "" {
		return "", Errorf(Invalid, "must have a company prefix of 6 to 12 digits and a reference, %d digits together", digits)
	}
	number := reference[:1] + prefix + reference[1:]
	return number + gs1CheckDigit(number), nil
}

// epcEscaped are the characters that an EPC URI has only percent-encoded.
const epcEscaped = `"&/<>?`

func unescapeEPC(text string) (string, error) {
	if strings.ContainsAny(text, epcEscaped) {
		return "", Errorf(Invalid, "must have each of %s percent-encoded", epcEscaped)
	}
	return unescapeAI(text)
}
