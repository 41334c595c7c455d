package csvlog

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

type parser struct {
	columns      columns
	width        int // fields of the header
	zone         *time.Location
	decimalComma bool // "5,2" is a number, since the comma does not separate
}

func (p parser) rows(lines *csv.Reader) ([]Row, error) {
	var rows []Row
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken(err)
		}
		line, _ := lines.FieldPos(0)
		if blank(fields) {
			continue
		}
		row, err := p.row(line, fields)
		if err != nil {
			return nil, err
		}
		if n := len(rows); n > 0 && row.Time.Before(rows[n-1].Time) {
			return nil, &Error{Line: line, Column: p.columns.time.title, Why: fmt.Sprintf("goes back in time: line %d is later", rows[n-1].Line)}
		}
		if len(rows) == MaxRows {
			return nil, &Error{Line: line, Why: fmt.Sprintf("the file has more than %d rows: split it", MaxRows)}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, &Error{Why: "the file has a header and no rows"}
	}
	return rows, nil
}

func blank(fields []string) bool {
	return strings.TrimSpace(strings.Join(fields, "")) == ""
}

func (p parser) row(line int, fields []string) (Row, error) {
	row := Row{Line: line}
	if len(fields) != p.width {
		return row, &Error{Line: line, Why: fmt.Sprintf("has %d fields, the header has %d", len(fields), p.width)}
	}
	at, err := p.time(fields[p.columns.time.index])
	if err != nil {
		return row, &Error{Line: line, Column: p.columns.time.title, Why: err.Error()}
	}
	row.Time = at
	for _, c := range p.columns.values {
		text := strings.TrimSpace(fields[c.index])
		if text == "" {
			continue
		}
		value, err := p.value(text, c.quantity)
		if err != nil {
			return row, &Error{Line: line, Column: c.title, Why: err.Error()}
		}
		row.Readings = append(row.Readings, senml.Reading{Name: c.quantity.name, Unit: c.quantity.unit, Value: value, Time: at})
	}
	if len(row.Readings) == 0 {
		return row, &Error{Line: line, Why: "has a time and no value"}
	}
	return row, nil
}

// value reads a number into the fixed scale of its unit.
func (p parser) value(text string, q *quantity) (int64, error) {
	number := strings.TrimPrefix(text, "+")
	if p.decimalComma && strings.Count(number, ",") == 1 && !strings.Contains(number, ".") {
		number = strings.Replace(number, ",", ".", 1)
	}
	scale := waymark.ScaleOf(q.unit)
	value, err := waymark.Decimal(number).Scaled(scale)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a number", text)
	}
	low, lowErr := waymark.Decimal(q.low).Scaled(scale)
	high, highErr := waymark.Decimal(q.high).Scaled(scale)
	if err := errors.Join(lowErr, highErr); err != nil {
		return 0, err
	}
	if value < low || value > high {
		return 0, fmt.Errorf("%.40q is not a %s between %s and %s %s", text, q.name, q.low, q.high, q.unit)
	}
	return value, nil
}
