package model

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// records are those of the model, as the rules read them.
type records struct {
	ctx        context.Context //nolint:containedctx // it is that of one snapshot: the port has none
	statements database.Statements
}

var _ rules.Reader = records{}

// Get implements rules.Reader.
func (r records) Get(key rules.Key) ([]byte, error) {
	var value []byte
	err := r.statements.QueryRowContext(r.ctx, `SELECT value FROM records WHERE key = $1`, []byte(key.String())).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, databaseError{fmt.Errorf("read %s: %w", key, err)}
	}
	return value, nil
}

// databaseError is of the database, and not of what a record says.
type databaseError struct{ error }

func (e databaseError) Unwrap() error { return e.error }

// broken reports whether a rule could not be asked. All other errors are its answer: also of a record that says what no
// rule wrote, as those can that two members write alone.
func broken(err error) bool {
	var ofDatabase databaseError
	return errors.As(err, &ofDatabase) || errors.Is(err, errNotHere)
}

var errAway = waymark.Errorf(waymark.Unavailable, "the database of the read model does not answer: retry later")

// away is err, as Unavailable if the database is its cause.
func away(err error) error {
	var ofDatabase databaseError
	if errors.As(err, &ofDatabase) {
		return fmt.Errorf("%w: %w", errAway, err)
	}
	return err
}

// ofDatabase is err as one of the database, unless it has a code.
func ofDatabase(err error) error {
	var coded *waymark.Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return databaseError{err}
}

// GetMany implements rules.Reader.
func (r records) GetMany(keys []rules.Key) ([][]byte, error) {
	found := make(map[string][]byte, len(keys))
	for some := range slices.Chunk(keys, sizes[0]) {
		if err := r.find(some, found); err != nil {
			return nil, databaseError{fmt.Errorf("read %d records: %w", len(some), err)}
		}
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = found[key.String()]
	}
	return values, nil
}

// find reads so many records as one statement names, or fewer.
func (r records) find(keys []rules.Key, into map[string][]byte) error {
	size := sizes[0] // few texts are kept ready
	for _, n := range sizes {
		if n >= len(keys) {
			size = n
		}
	}
	args := make([]any, size)
	for i := range args {
		args[i] = []byte(keys[min(i, len(keys)-1)].String())
	}
	rows, err := r.statements.QueryContext(r.ctx, `SELECT key, value FROM records WHERE key IN `+placeholders(1, size), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var key, value []byte
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		into[string(key)] = value
	}
	return rows.Err()
}

// reads decodes what a record or an event says, or reports that it says something else than is expected.
func reads(value []byte, into any) bool { return json.Unmarshal(value, into) == nil }

// written is where a record was written last.
func (r records) written(key rules.Key) (at Position, err error) {
	var block int64
	if err := r.statements.QueryRowContext(r.ctx, `SELECT block, position FROM records WHERE key = $1`, []byte(key.String())).Scan(&block, &at.Position); err != nil {
		return at, databaseError{fmt.Errorf("read %s: %w", key, err)}
	}
	at.Block = database.Unsigned(block)
	return at, nil
}

// scanned is how many records are read at a time: what visits them may read others, on the same
// connection.
const scanned = 256

// Scan implements rules.Reader.
func (r records) Scan(in rules.Range, visit func(value []byte) error) error {
	return scan(in, r.page, visit)
}

// scan visits the records of a range, which page reads some at a time.
func scan(in rules.Range, page func(from, to []byte) (values [][]byte, last []byte, err error), visit func(value []byte) error) error {
	from := []byte(in.From)
	for {
		values, last, err := page(from, []byte(in.To))
		if err != nil {
			return databaseError{fmt.Errorf("read from %s: %w", in.From, err)}
		}
		for _, value := range values {
			if err := visit(value); err != nil {
				return err
			}
		}
		if len(values) < scanned {
			return nil
		}
		from = append(slices.Clone(last), 0) // the next key there can be
	}
}

// page reads some records of a range, and the key of the last one.
func (r records) page(from, to []byte) (values [][]byte, last []byte, err error) {
	rows, err := r.statements.QueryContext(r.ctx, `SELECT key, value FROM records WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3`, from, to, scanned)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var value []byte
		if err := rows.Scan(&last, &value); err != nil {
			return nil, nil, err
		}
		values = append(values, value)
	}
	return values, last, rows.Err()
}

// view is the ledger as a caller sees it in the model: it has what is public, and changes nothing.
type view struct {
	records
	tx rules.Tx
}

var _ rules.Ledger = view{}

// errNotHere is what rules get that ask for more than the model has. No answer rests on it.
var errNotHere error = waymark.Errorf(waymark.Internal, "the model does not have it")

func (v view) Tx() rules.Tx { return v.tx }

func (view) GetPrivate(string, rules.Key) (rules.Private, error) { return rules.Private{}, errNotHere }
func (view) PrivateHash(string, rules.Key) ([]byte, error)       { return nil, errNotHere }
func (view) Put(rules.Key, []byte) error                         { return errNotHere }
func (view) PutPrivate(string, rules.Key, rules.Private) error   { return errNotHere }
func (view) PurgePrivate(string, rules.Key) error                { return errNotHere }
func (view) Delete(rules.Key) error                              { return errNotHere }
func (view) Protect(rules.Key, rules.Quorum) error               { return errNotHere }
func (view) Emit(string, any) error                              { return errNotHere }

func (view) History(rules.Key, int) ([]rules.Version, bool, error) { return nil, false, errNotHere }
