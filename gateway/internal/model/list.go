package model

import (
	"context"
	"fmt"
	"strings"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// maxCandidates bounds what one page looks at: it can be short, and go on.
const maxCandidates = 500

// listed shows a caller a page of what is found, all of it at one moment. find returns candidates in the order of the
// list, at most maxCandidates; show reports whether the caller is shown one. block is the last one that the page has, and
// last the candidate to go on behind, nil at the end.
func listed[C any](ctx context.Context, m *Model, by rules.Tx, limit int, find func(view) ([]C, error), show func(view, C) (bool, error)) (block uint64, last *C, err error) {
	err = m.db.Snapshot(ctx, func(ctx context.Context, s database.Statements) error {
		if block, err = lastBlock(ctx, s); err != nil {
			return err
		}
		v := view{records{ctx, s}, by}
		all, err := find(v)
		if err != nil {
			return fmt.Errorf("find: %w", err)
		}
		last, err = page(all, limit, func(c C) (bool, error) { return show(v, c) })
		return err
	})
	return block, last, err
}

// page shows candidates until there are as many as a page has, and returns the one to go on after.
func page[C any](all []C, limit int, show func(C) (bool, error)) (last *C, err error) {
	n := 0
	for i, c := range all {
		ok, err := show(c)
		if err != nil {
			return nil, err
		}
		if ok {
			n++
		}
		if n == waymark.Page(limit) && i+1 < len(all) || i+1 == maxCandidates {
			return &c, nil
		}
	}
	return nil, nil
}

// cursorOf is the cursor of a list whose candidates are ids.
func cursorOf(last *string) string {
	if last == nil {
		return ""
	}
	return *last
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

// names runs a query for one column of bytes.
func (r records) names(query string, args ...any) (all []string, err error) {
	rows, err := r.statements.QueryContext(r.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var name []byte
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, string(name))
	}
	return all, rows.Err()
}

// byID are the ids of a table that fit a filter, behind one.
func (r records) byID(table string, f filter, after string) ([]string, error) {
	f.and("id > " + f.arg([]byte(after)))
	return r.names(fmt.Sprintf("SELECT id FROM %s%s ORDER BY id LIMIT %s", table, f.where(), f.arg(maxCandidates)), f.args...)
}
