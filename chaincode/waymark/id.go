package waymark

import "regexp"

// MaxIDLength bounds every id, in bytes.
const MaxIDLength = 64

// idPattern admits no separator, space, wildcard or control character: an id is
// at once part of a ledger key, an MQTT client id and a topic level.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$`)

// ValidateID checks an id of a member, device, key, shipment or policy:
// 1 to 64 characters of A-Z a-z 0-9 _ : -, the first a letter or digit.
// pointer names the request member in the Invalid error.
func ValidateID(pointer, id string) error {
	if idPattern.MatchString(id) {
		return nil
	}
	return InvalidField(pointer, "must be 1 to 64 characters of A-Z a-z 0-9 _ : - and start with a letter or digit")
}

// ValidateText checks a free text of at most limit bytes of valid printable
// UTF-8. required refuses the empty text.
func ValidateText(pointer, text string, limit int, required bool) error {
	if text == "" && required {
		return InvalidField(pointer, "must not be empty")
	}
	if len(text) > limit {
		return InvalidField(pointer, "must be at most %d bytes, has %d", limit, len(text))
	}
	if !printable(text) {
		return InvalidField(pointer, "must be printable UTF-8 text without control characters")
	}
	return nil
}
