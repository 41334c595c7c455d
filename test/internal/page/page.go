// Package page puts what was measured into a page, between two lines that stay.
package page

import (
	"fmt"
	"os"
	"strings"
)

// begin and end are the lines between which a page has what is named so.
func begin(name string) string { return "<!-- " + name + ": begin -->\n" }
func end(name string) string   { return "<!-- " + name + ": end -->\n" }

// Insert puts a text into a page in place of the one before that has the name. It fails if the page has no place for it.
func Insert(page, name, text string) (string, error) {
	before, rest, found := strings.Cut(page, begin(name))
	_, after, ended := strings.Cut(rest, end(name))
	if !found || !ended {
		return "", fmt.Errorf("the page has no lines %q and %q", strings.TrimSpace(begin(name)), strings.TrimSpace(end(name)))
	}
	return before + begin(name) + text + end(name) + after, nil
}

// Write is Insert in a file. What is there stays as it is after an error.
func Write(path, name, text string) error {
	content, err := os.ReadFile(path) //nolint:gosec // the page that the caller names
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	changed, err := Insert(string(content), name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil { //nolint:gosec // a page that is committed
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
