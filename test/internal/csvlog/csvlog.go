package csvlog

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// MaxRows bounds the rows of one file.
const MaxRows = 1_000_000

// maxLineBytes bounds one line, so that no file can fill the memory by one.
const maxLineBytes = 1 << 16

// Row is a line of a file with at least one reading.
type Row struct {
	Line     int // counted from 1, the header included
	Time     time.Time
	Readings []senml.Reading // all at Time
}

// Error says where a file is wrong, and why.
type Error struct {
	Line   int    // counted from 1; 0 if the file as a whole is meant
	Column string // the header's name of it, or empty
	Why    string
}

// Error returns the line, the column and the reason.
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.Why
	case e.Column == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Why)
	}
	return fmt.Sprintf("line %d, column %q: %s", e.Line, e.Column, e.Why)
}

// Read reads a whole file. Times without a zone are taken in zone, UTC if nil.
// Rows must not go back in time. Every fault of the file is an *Error.
func Read(r io.Reader, zone *time.Location) ([]Row, error) {
	if zone == nil {
		zone = time.UTC
	}
	text, separator, err := open(r)
	if err != nil {
		return nil, err
	}
	lines := csv.NewReader(text)
	lines.Comma, lines.ReuseRecord, lines.TrimLeadingSpace = separator, true, true
	lines.FieldsPerRecord = -1
	header, err := lines.Read()
	if err != nil {
		return nil, broken(err)
	}
	columns, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	p := parser{columns: columns, width: len(header), zone: zone, decimalComma: separator != ','}
	return p.rows(lines)
}

// open skips a byte order mark and finds the separator by looking at the header.
func open(r io.Reader) (io.Reader, rune, error) {
	text := bufio.NewReaderSize(&lineLimit{r: r}, maxLineBytes)
	start, err := text.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, broken(err)
	}
	switch {
	case bytes.HasPrefix(start, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = text.Discard(3) // they were peeked
	case bytes.HasPrefix(start, []byte{0xFF, 0xFE}), bytes.HasPrefix(start, []byte{0xFE, 0xFF}):
		return nil, 0, &Error{Why: "the file is in UTF-16: save it as UTF-8"}
	}
	ahead, _ := text.Peek(maxLineBytes) // fewer bytes at the end of a file
	head, _, _ := strings.Cut(strings.TrimLeft(string(ahead), "\r\n"), "\n")
	separator := ','
	for _, other := range []rune{';', '\t'} {
		if strings.Count(head, string(other)) > strings.Count(head, string(separator)) {
			separator = other
		}
	}
	return text, separator, nil
}

// lineLimit fails on a line that is too long.
type lineLimit struct {
	r      io.Reader
	line   int
	length int
}

func (l *lineLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, b := range p[:n] {
		l.length++
		if b == '\n' {
			l.line, l.length = l.line+1, 0
		}
		if l.length > maxLineBytes {
			return 0, &Error{Line: l.line + 1, Why: fmt.Sprintf("is longer than %d bytes: is this a CSV file?", maxLineBytes)}
		}
	}
	return n, err
}

// broken turns a failure to read into an *Error.
func broken(err error) error {
	var ours *Error
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, io.EOF):
		return &Error{Why: "the file is empty: its first line must name the columns"}
	case errors.As(err, &syntax):
		return &Error{Line: syntax.Line, Why: syntax.Err.Error()}
	}
	return fmt.Errorf("read file: %w", err)
}
