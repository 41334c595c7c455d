package attest

import (
	"encoding/base64"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A message with sealed readings travels with their disclosures to those who relay it to
// the members that may have them: its text, then each disclosure in base64url, each ended
// by a tilde, as in RFC 9901, clause 4. The message alone goes into the open.
const tilde = "~"

// WithDisclosures returns the text of a message followed by disclosures, in the order of
// the sealed readings; the text alone if there are none.
func WithDisclosures(text string, disclosures [][]byte) string {
	if len(disclosures) == 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text + tilde)
	for _, d := range disclosures {
		b.WriteString(base64.RawURLEncoding.EncodeToString(d) + tilde)
	}
	return b.String()
}

// Split takes the disclosures, if any, from the text of a message. The message itself is
// not looked at. It returns Invalid for a text that does not end in a tilde though there
// is one in it, and for a disclosure that is empty or not in base64url without padding.
func Split(text string) (message string, disclosures [][]byte, err error) {
	message, rest, found := strings.Cut(text, tilde)
	if !found {
		return message, nil, nil
	}
	parts := strings.Split(rest, tilde)
	last := len(parts) - 1
	if parts[last] != "" || last == 0 {
		return "", nil, waymark.Errorf(waymark.Invalid, "the message has disclosures after it, each of which must end in %s", tilde)
	}
	for _, part := range parts[:last] {
		d, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || len(d) == 0 || strings.ContainsAny(part, "\r\n") { // Go's base64 passes over them, even if strict
			return "", nil, waymark.Errorf(waymark.Invalid, "a disclosure after the message is not base64url without padding")
		}
		disclosures = append(disclosures, d)
	}
	return message, disclosures, nil
}
