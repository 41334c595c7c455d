package model

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// A page looks at so many candidates at most, and ends behind the one for which it has read so much of records, or taken so long: it
// can be short, and go on.
const (
	maxCandidates = 500
	maxPageBytes  = 8 << 20
	maxPageTime   = 2 * time.Second
)

// listed shows a caller a page of what is found, all of it at one moment. find returns candidates in the order of the
// list, at most maxCandidates; show reports whether the caller is shown one. block is the last one that the page has, and
// last the candidate to go on behind, nil at the end.
func listed[C any](ctx context.Context, m *Model, by rules.Tx, limit int, find func(*reading) ([]C, error), show func(*reading, C) (bool, error)) (block uint64, last *C, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, at uint64) error {
		block = at
		v, begun := newReading(ctx, s, by), time.Now()
		all, err := find(v)
		if err != nil {
			return fmt.Errorf("find: %w", ofDatabase(err))
		}
		last, err = page(all, limit, func(c C) (shown, enough bool, err error) {
			shown, err = show(v, c)
			return shown, v.bytes > m.pageBytes || time.Since(begun) > m.pageTime, err
		})
		return err
	})
	return block, last, err
}

// page shows candidates until there are as many as a page has, or enough was read for them, and returns the one to go on
// after.
func page[C any](all []C, limit int, show func(C) (shown, enough bool, err error)) (last *C, err error) {
	n := 0
	for i, c := range all {
		shown, enough, err := show(c)
		if err != nil {
			return nil, err
		}
		if shown {
			n++
		}
		if more := i+1 < len(all); more && (enough || n == waymark.Page(limit)) || i+1 == maxCandidates {
			return &c, nil
		}
	}
	return nil, nil
}

// permitted is what a rule answers, or nil if the caller is not to have it.
func permitted[T any](answer *T, err error) (*T, error) {
	if err == nil {
		return answer, nil
	}
	if broken(err) {
		return nil, err
	}
	return nil, nil //nolint:nilnil // not shown
}

// fits reports whether something is what is asked for, if anything is.
func fits[T ~string](asked, is T) bool { return asked == "" || asked == is }

// filter is the condition of a query, made of what is asked for alone: so an index can serve it.
type filter struct {
	conditions []string
	args       []any
}

// arg adds an argument, and returns its name.
func (f *filter) arg(value any) string {
	f.args = append(f.args, value)
	return fmt.Sprintf("$%d", len(f.args))
}

// is asks for a value in a column, unless that is empty.
func (f *filter) is(column, value string) {
	if value != "" {
		f.and(column + " = " + f.arg(value))
	}
}

// isBytes is is of a column of bytes.
func (f *filter) isBytes(column, value string) {
	if value != "" {
		f.and(column + " = " + f.arg([]byte(value)))
	}
}

func (f *filter) and(condition string) { f.conditions = append(f.conditions, condition) }

// where is the condition. There is one.
func (f *filter) where() string { return " WHERE " + strings.Join(f.conditions, " AND ") }

// collect reads all rows of a query, and closes it.
func collect[T any](rows *sql.Rows, read func(*sql.Rows) (T, error)) (all []T, err error) {
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// names runs a query for one column of bytes.
func (r records) names(query string, args ...any) ([]string, error) {
	rows, err := r.statements.QueryContext(r.ctx, query, args...)
	if err != nil {
		return nil, databaseError{err}
	}
	all, err := collect(rows, func(rows *sql.Rows) (string, error) {
		var name []byte
		err := rows.Scan(&name)
		return string(name), err
	})
	return all, ofDatabase(err)
}

// badCursor says that a cursor is none.
func badCursor() error {
	return waymark.InvalidField("/cursor", "is not the cursor of an answer to this question: begin anew")
}
