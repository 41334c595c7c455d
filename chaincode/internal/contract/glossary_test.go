package contract_test

import (
	"regexp"
	"strings"
	"testing"
)

var glossaryTerms = regexp.MustCompile(`(?m)^\| ([^|]+) \|`)

// TestGlossary: one word for one thing, so that no term has two rows.
func TestGlossary(t *testing.T) {
	rows := glossaryTerms.FindAllStringSubmatch(readText(t, "../../../docs/glossary.md"), -1)
	if len(rows) < 100 {
		t.Fatalf("the glossary has %d rows", len(rows))
	}
	seen := map[string]bool{}
	for _, row := range rows {
		for _, term := range strings.Split(row[1], ", ") {
			if seen[term] {
				t.Errorf("%s has two rows", term)
			}
			seen[term] = true
		}
	}
}
