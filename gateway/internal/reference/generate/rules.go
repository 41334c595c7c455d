package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

var (
	sectionOf = regexp.MustCompile("^#+ `([a-z]+:[A-Z][A-Za-z]*)`")
	rowOf     = regexp.MustCompile("^\\| `([a-z]+:[A-Z][A-Za-z]*)` \\|")
	link      = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
	cellEnd   = regexp.MustCompile(` *\| *`)
)

// rules reads the page of the rules, line by line. A transaction has a section of its own, or a
// row, to which belongs what stands above its table in the same section.
type rules struct {
	all     map[waymark.Transaction]string
	open    waymark.Transaction // whose section it is
	shared  string              // of a section of no transaction
	columns []string            // of the table
}

func readRules(file string) (map[waymark.Transaction]string, error) {
	page, err := os.ReadFile(file) //nolint:gosec // of the repository
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	r := rules{all: make(map[waymark.Transaction]string)}
	for line := range strings.Lines(link.ReplaceAllString(string(page), "$1")) {
		r.read(line)
	}
	for tx, text := range r.all {
		r.all[tx] = strings.TrimSpace(text)
	}
	return r.all, nil
}

func (r *rules) read(line string) {
	switch {
	case strings.HasPrefix(line, "#"):
		r.open, r.shared, r.columns = "", "", nil
		if m := sectionOf.FindStringSubmatch(line); m != nil {
			r.open = waymark.Transaction(m[1])
		}
	case strings.HasPrefix(line, "|"):
		r.row(line)
	case r.open != "":
		r.all[r.open] += line
		r.columns = nil
	case r.columns != nil: // a table has ended, and with it what it shared
		r.columns, r.shared = nil, ""
	default:
		r.shared += line
	}
}

// row reads a row of a table, whose first one names the columns. What stands above a table of
// reads, at the end of a section of one transaction, is not about its rows.
func (r *rules) row(line string) {
	cells := cellEnd.Split(strings.Trim(strings.TrimSpace(line), "| "), -1)
	m := rowOf.FindStringSubmatch(line)
	if m == nil {
		if r.columns == nil {
			r.columns = cells
		}
		return
	}
	text := strings.TrimSpace(r.shared) + "\n\n"
	for i, cell := range cells[1:] {
		if i+1 < len(r.columns) {
			text += "- **" + capital(r.columns[i+1]) + "**: " + cell + "\n"
		}
	}
	r.all[waymark.Transaction(m[1])] = text
}

func capital(text string) string {
	return string(unicode.ToUpper(rune(text[0]))) + text[1:]
}
