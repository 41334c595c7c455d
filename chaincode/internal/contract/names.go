package contract

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// memberName is the form of every name in the requests.
var memberName = regexp.MustCompile(`^[a-z0-9_]+$`)

// checkTokens refuses a valid JSON text in which an object has a name twice, or one
// in other letters than the vocabulary's, and one that loses something when it is read.
// encoding/json takes "Device" and "device" for the same and lets the last one win, and
// makes U+FFFD of what is not UTF-8 and of half a surrogate pair; another reader of the
// block may not.
func checkTokens(text string) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	var open []*container
	for {
		token, err := decoder.Token()
		if err != nil { // the end: the text is valid
			return nil //nolint:nilerr // see above
		}
		if s, isText := token.(string); isText && strings.ContainsRune(s, utf8.RuneError) {
			return waymark.Errorf(waymark.Invalid, "the request must be valid UTF-8, without U+FFFD and without an escape of half a surrogate pair")
		}
		if at := len(open); at > 0 && !open[at-1].take(token) {
			return waymark.Errorf(waymark.Invalid, "the request has the member %.80q twice, or in other letters", token)
		}
		switch token {
		case json.Delim('{'):
			open = append(open, &container{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, &container{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
}

// container is an object or array that is being read.
type container struct {
	names map[string]bool // nil for an array
	name  bool            // the last token of the object was a name
}

// take notes the next token and reports false for a name that must not be there.
func (c *container) take(token json.Token) bool {
	if c.names == nil {
		return true
	}
	c.name = !c.name
	name, ok := token.(string)
	if !c.name || !ok { // a value, or the end of the object
		return true
	}
	fresh := memberName.MatchString(name) && !c.names[name]
	c.names[name] = true
	return fresh
}
