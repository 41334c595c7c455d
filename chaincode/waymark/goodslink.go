package waymark

import (
	"slices"
	"strings"
)

// The application identifiers that name a thing (GS1 General Specifications, 3.2).
const (
	aiSSCC    = "00"
	aiGTIN    = "01"
	aiLot     = "10"
	aiSerial  = "21"
	aiVariant = "22" // consumer product variant: no part of the identity
)

// qualifierOrder is the order in which they follow a GTIN (GS1 Digital Link, 4.5).
func qualifierOrder() []string { return []string{aiVariant, aiLot, aiSerial} }

// parseLink reads a GS1 Digital Link after its scheme. A stem may look like a key: the
// last key of the path after which all is well is the one that counts.
func parseLink(rest string) (Goods, error) {
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	if !isHost(host) {
		return Goods{}, Errorf(Invalid, "must be a link with a host")
	}
	segments := strings.Split(path, "/")
	fault := Errorf(Invalid, "must be a link with /01/ and a GTIN, followed by /21/ and a serial number or /10/ and a lot number, or with /00/ and an SSCC")
	for at := len(segments) - 2; at >= 0; at-- {
		if segments[at] != aiSSCC && segments[at] != aiGTIN {
			continue
		}
		g, err := parseKey(segments[at], segments[at+1], segments[at+2:])
		if err == nil {
			return g, nil
		}
		fault = AsError(err)
	}
	return Goods{}, fault
}

// parseKey reads a primary key with its qualifiers, each an application identifier
// followed by its value.
func parseKey(ai, number string, qualifiers []string) (Goods, error) {
	if ai == aiSSCC {
		g := Goods{SSCC: number}
		if len(qualifiers) > 0 {
			return Goods{}, Errorf(Invalid, "must have nothing after the SSCC")
		}
		return g, g.check()
	}
	values, err := parseQualifiers(qualifiers)
	if err != nil {
		return Goods{}, err
	}
	g := Goods{GTIN: padGTIN(number), Serial: values[aiSerial]}
	if g.Serial == "" {
		g.Lot = values[aiLot]
	}
	if g.Serial == "" && g.Lot == "" {
		return Goods{}, Errorf(Invalid, "names a product: a thing has a serial number, or a lot number, too")
	}
	return g, g.check()
}

// parseQualifiers returns the values of application identifiers that follow a GTIN, in
// their order and each once.
func parseQualifiers(segments []string) (map[string]string, error) {
	if len(segments)%2 != 0 {
		return nil, Errorf(Invalid, "ends in an application identifier without a value")
	}
	values, order := map[string]string{}, qualifierOrder()
	for pair := range slices.Chunk(segments, 2) {
		at := slices.Index(order, pair[0])
		if at < 0 {
			return nil, Errorf(Invalid, "has the application identifier %.10q where there may be 22, 10 and 21, in this order", pair[0])
		}
		value, err := unescapeAI(pair[1])
		if err != nil {
			return nil, err
		}
		if validateLotNumber("", value) != nil { // the form is the same for all three
			return nil, Errorf(Invalid, "must have 1 to 20 characters of GS1 character set 82 after /%s/", pair[0])
		}
		order, values[pair[0]] = order[at+1:], value
	}
	return values, nil
}

// padGTIN gives a GTIN-8, GTIN-12 or GTIN-13 14 digits. Any other text is left as it is.
func padGTIN(digits string) string {
	switch len(digits) {
	case 8, 12, 13:
		return strings.Repeat("0", 14-len(digits)) + digits
	}
	return digits
}

// isHost reports whether a text can be host and port of a link.
func isHost(text string) bool {
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]"
	return text != "" && strings.Trim(text, characters) == ""
}

// escapeAI percent-encodes every byte but A-Z a-z 0-9 - _ and the point.
func escapeAI(value string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(value) {
		switch c := value[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// unescapeAI undoes the percent-encoding of a value, whichever characters it was used for.
func unescapeAI(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		if i+2 >= len(text) || hexDigit(text[i+1]) < 0 || hexDigit(text[i+2]) < 0 {
			return "", Errorf(Invalid, "has a %% that no two hexadecimal digits follow")
		}
		b.WriteByte(byte(hexDigit(text[i+1])<<4 | hexDigit(text[i+2]))) //nolint:gosec // two digits of 0 to 15
		i += 2
	}
	return b.String(), nil
}

// hexDigit returns the value of a hexadecimal digit, -1 of anything else.
func hexDigit(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}
