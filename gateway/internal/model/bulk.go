package model

import (
	"fmt"
	"strconv"
	"strings"
)

// sizes are how many rows one statement writes: of those that fit, the most. A server is asked once for each
// statement, and each text is kept ready. With more SQLite's driver would look longer for the names of parameters than it writes.
var sizes = [...]int{16, 4, 1}

// rows writes rows of so many columns, one after another in values. tail ends the statement.
func (w writer) rows(into string, columns int, tail string, values []any) error {
	for _, size := range sizes {
		n := size * columns
		if len(values) < n {
			continue
		}
		statement := into + " VALUES " + placeholders(size, columns) + tail
		for ; len(values) >= n; values = values[n:] {
			if err := w.exec(statement, values[:n]...); err != nil {
				return fmt.Errorf("%s: %w", into, err)
			}
		}
	}
	return nil
}

// placeholders are as in ($1,$2),($3,$4).
func placeholders(rows, columns int) string {
	var b strings.Builder
	for n := range rows * columns {
		switch {
		case n == 0:
			b.WriteByte('(')
		case n%columns == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n + 1))
	}
	b.WriteByte(')')
	return b.String()
}
