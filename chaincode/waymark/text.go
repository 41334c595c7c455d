package waymark

import (
	"unicode"
	"unicode/utf8"
)

// printable reports whether text is valid UTF-8 without control characters and
// without the noncharacters that Fabric reserves for its own keys.
func printable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' || r == '\U0010FFFF' {
			return false
		}
	}
	return true
}
