package waymark

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxObjectDepth bounds how deep the values of a JSON object may nest, so that small
// readers can follow.
const maxObjectDepth = 8

// validateObject checks a text of at most limit bytes that is one JSON object of
// which every reader makes the same.
func validateObject(pointer, text string, limit int) error {
	if len(text) > limit {
		return InvalidField(pointer, "must be at most %d bytes, has %d", limit, len(text))
	}
	if err := checkObject(text); err != nil {
		return InvalidField(pointer, "%s", err)
	}
	return nil
}

// What is wrong with an object, to stand after its name.
var (
	errNoObject = errors.New("must be the text of one JSON object, {} if it is empty")
	errText     = errors.New("must be valid UTF-8, in which no escape is half a surrogate pair")
	errTwice    = errors.New("has a member twice in one object")
	errDeep     = errors.New("nests too deep")
)

// checkObject checks that text is one JSON object (RFC 8259), no member of it twice,
// nothing lost in its texts, and not nested too deep.
func checkObject(text string) error {
	if !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		return errNoObject
	}
	if !utf8.ValidString(text) {
		return errText
	}
	return walkObject(text)
}

// walkObject checks the texts, names and depth of a valid JSON text.
func walkObject(text string) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var open []*level
	for {
		token, err := decoder.Token()
		if err != nil { // the end: the text is valid
			return nil //nolint:nilerr // see above
		}
		if s, isText := token.(string); isText && strings.ContainsRune(s, utf8.RuneError) {
			return errText
		}
		if at := len(open); at > 0 && !open[at-1].take(token) {
			return errTwice
		}
		if open = nest(open, token); len(open) > maxObjectDepth {
			return errDeep
		}
	}
}

// level is an object or array that is being read.
type level struct {
	names map[string]bool // nil for an array
	named bool            // the last token of the object was a name
}

// nest opens or closes a level.
func nest(open []*level, token json.Token) []*level {
	switch token {
	case json.Delim('{'):
		return append(open, &level{names: map[string]bool{}})
	case json.Delim('['):
		return append(open, &level{})
	case json.Delim('}'), json.Delim(']'):
		return open[:len(open)-1]
	}
	return open
}

// take notes the next token and reports false for a name that has been there.
func (l *level) take(token json.Token) bool {
	if l.names == nil {
		return true
	}
	l.named = !l.named
	name, isText := token.(string)
	if !l.named || !isText { // a value, or the end of the object
		return true
	}
	fresh := !l.names[name]
	l.names[name] = true
	return fresh
}

// hasOnly reports whether a JSON object has no member but those named, letter for letter,
// and none that is null.
func hasOnly(object []byte, names ...string) bool {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return false
	}
	for name, value := range members { //determinism: any finding is the same, whichever comes first
		if !slices.Contains(names, name) || string(value) == "null" {
			return false
		}
	}
	return true
}

// readStatement reads the payload of a statement into the struct that it is: one JSON object with
// no members but those named, letter for letter, each once, and none that is null. what names the
// payload for the error, which is Invalid.
func readStatement(payload []byte, what string, into any, names ...string) error {
	if err := checkObject(string(payload)); err != nil {
		return Errorf(Invalid, "%s %s", what, err)
	}
	if !hasOnly(payload, names...) || json.Unmarshal(payload, into) != nil {
		return Errorf(Invalid, "%s may hold only %s, each of its type", what, strings.Join(names, ", "))
	}
	return nil
}
