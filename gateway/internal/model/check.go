package model

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// table is one of the model, and the columns that name a row of it, which come first.
type table struct {
	name string
	keys []string
}

// tables are all of the model but the owner, whose it is and not the ledger's.
func tables() []table {
	return []table{
		{"checkpoint", []string{"one"}},
		{"records", []string{"key"}},
		{"transactions", []string{"block", "position"}},
		{"events", []string{"block", "position", "n"}},
		{"shipments", []string{"id"}},
		{"devices", []string{"id"}},
		{"goods", []string{"place", "id"}},
		{"places", []string{"place"}},
		{"moves", []string{"id", "block", "position"}},
		{"decisions", []string{"block", "position"}},
		{"names", []string{"name", "key"}},

		{"measurements", []string{"id"}},
		{"series", []string{"id"}},
		{"readings", []string{"measurement", "at", "sequence", "n"}},
		{"hours", []string{"measurement", "hour", "series"}},
	}
}

// Difference is a row that is not as the ledger makes it.
type Difference struct {
	Table, Row string // the values of its key
	Column     string // empty if the row is not in the model, or should not be
	What       string // in words
}

func (d Difference) String() string {
	if d.Column == "" {
		return fmt.Sprintf("%s %s %s", d.Table, d.Row, d.What)
	}
	return fmt.Sprintf("%s %s: %s %s", d.Table, d.Row, d.Column, d.What)
}

// Check compares the model with the ledger: it replays the blocks into scratch, a model of nothing yet, and tells
// of each row that differs. It returns how many blocks it has compared. The model can be fed
// meanwhile: it is compared as it was at the beginning.
func (m *Model) Check(ctx context.Context, s Source, scratch *Model, tell func(Difference)) (height uint64, err error) {
	err = m.db.Pinned(ctx, func(ctx context.Context, is database.Statements) error {
		at, err := checkpoint(ctx, is)
		if err != nil {
			return err
		}
		height = at.Height
		if err := scratch.Replay(ctx, s, height); err != nil {
			return err
		}
		return scratch.db.Pinned(ctx, func(ctx context.Context, should database.Statements) error {
			for _, t := range tables() {
				if err := t.compare(ctx, is, should, tell); err != nil {
					return fmt.Errorf("%s: %w", t.name, err)
				}
			}
			return nil
		})
	})
	return height, err
}

// errReached ends a replay.
var errReached = errors.New("all blocks are there")

// Replay applies blocks until the model has so many. Another may be feeding it, too.
func (m *Model) Replay(ctx context.Context, s Source, height uint64) error {
	for {
		at, err := m.Checkpoint(ctx)
		if err != nil || at.Height >= height {
			return err
		}
		err = s.Follow(ctx, at.Height, func(b ledger.Block) error {
			if err := m.Apply(ctx, b); err != nil {
				return err
			}
			if b.Number+1 == height {
				return errReached
			}
			return nil
		})
		if !errors.Is(err, errReached) && !errors.Is(err, ErrNotNext) {
			return err
		}
	}
}

// compare walks through two tables in the order of their keys.
func (t table) compare(ctx context.Context, is, should database.Statements, tell func(Difference)) error {
	a, err := t.walk(ctx, is)
	if err != nil {
		return err
	}
	defer a.close()
	b, err := t.walk(ctx, should)
	if err != nil {
		return err
	}
	defer b.close()
	for err == nil && (a.row != nil || b.row != nil) {
		err = t.step(a, b, tell)
	}
	return err
}

// step compares the next rows, and goes on behind them.
func (t table) step(is, should *walk, tell func(Difference)) error {
	switch order := t.order(is.row, should.row); {
	case order < 0:
		tell(Difference{Table: t.name, Row: t.key(is.row), What: "is not of the ledger"})
		return is.next()
	case order > 0:
		tell(Difference{Table: t.name, Row: t.key(should.row), What: "is missing"})
		return should.next()
	}
	for i := range is.row {
		if !same(is.row[i], should.row[i]) {
			tell(Difference{t.name, t.key(is.row), is.columns[i], "is not as the ledger makes it"})
		}
	}
	return errors.Join(is.next(), should.next())
}

// walk is a table on the way, at a row; nil behind the last.
type walk struct {
	rows    *sql.Rows
	columns []string
	row     []any
}

func (t table) walk(ctx context.Context, s database.Statements) (*walk, error) {
	rows, err := s.QueryContext(ctx, "SELECT * FROM "+t.name+" ORDER BY "+strings.Join(t.keys, ", ")) //nolint:rowserrcheck // next asks for it
	if err != nil {
		return nil, err
	}
	w := &walk{rows: rows}
	if w.columns, err = rows.Columns(); err == nil {
		err = w.next()
	}
	if err != nil {
		w.close()
	}
	return w, err
}

func (w *walk) close() { _ = w.rows.Close() } // rows.Err has said what there is to say

func (w *walk) next() error {
	w.row = nil
	if !w.rows.Next() {
		return w.rows.Err()
	}
	row := make([]any, len(w.columns))
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	w.row = row
	return w.rows.Scan(into...)
}

// order says which of two rows comes first; behind the last is nil.
func (t table) order(a, b []any) int {
	switch {
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	for i := range t.keys {
		if order := compare(a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}

// compare orders values as both databases do: a column has values of one type.
func compare(a, b any) int {
	x, isNumber := a.(int64)
	y, both := b.(int64)
	if isNumber && both {
		return int(min(max(x-y, -1), 1))
	}
	return bytes.Compare(text(a), text(b))
}

func same(a, b any) bool { return compare(a, b) == 0 }

// text is a value as bytes: what is a text in one database can be bytes in another.
func text(value any) []byte {
	switch v := value.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return fmt.Append(nil, value)
}

// key names a row.
func (t table) key(row []any) string {
	var all []string
	for i := range t.keys {
		all = append(all, string(text(row[i])))
	}
	return strings.Join(all, ":")
}
