package source

import (
	"strconv"
	"strings"
)

// pointer is a JSON pointer (RFC 6901): the names on the way, unescaped.
type pointer []string

// parsePointer reads a pointer whose form was checked. The empty one is the whole document.
func parsePointer(text string) pointer {
	if text == "" {
		return nil
	}
	names := strings.Split(text[1:], "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return names
}

// in returns what it points at, false if there is nothing.
func (p pointer) in(document any) (value any, there bool) {
	for _, name := range p {
		switch v := document.(type) {
		case map[string]any:
			if document, there = v[name]; !there {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != name {
				return nil, false
			}
			document = v[i]
		default:
			return nil, false
		}
	}
	return document, true
}
