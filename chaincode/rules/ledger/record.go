package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Load reads the record under a key, nil if it is absent.
func Load[T any](r Reader, key Key) (*T, error) {
	value, err := r.Get(key)
	if err != nil || value == nil {
		return nil, err
	}
	return decode[T](value)
}

// LoadMany reads the records under many keys, in their order; nil where one is absent.
func LoadMany[T any](r Reader, keys []Key) ([]*T, error) {
	values, err := r.GetMany(keys)
	if err != nil {
		return nil, err
	}
	records := make([]*T, len(keys))
	for i, value := range values {
		if value == nil {
			continue
		}
		if records[i], err = decode[T](value); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// Require reads the record under a key and returns NotFound if it is absent.
// what names it for the caller, as in "device logger-1".
func Require[T any](r Reader, key Key, what string) (*T, error) {
	record, err := Load[T](r, key)
	if err == nil && record == nil {
		return nil, waymark.Errorf(waymark.NotFound, "there is no %s", what)
	}
	return record, err
}

// List reads the records of a range in key order, at most limit. Past the limit
// it returns ResourceExhausted rather than a list that looks complete.
func List[T any](r Reader, in Range, limit int) ([]T, error) {
	records, more, err := Some[T](r, in, limit)
	if err == nil && more {
		err = waymark.Errorf(waymark.ResourceExhausted, "there are more than %d records of one kind", limit)
	}
	return records, err
}

// errEnough ends a scan that has what it needs.
var errEnough = errors.New("enough")

// Some reads the first records of a range in key order, at most limit, and
// reports whether there are more.
func Some[T any](r Reader, in Range, limit int) (records []T, more bool, err error) {
	records = []T{}
	err = r.Scan(in, func(value []byte) error {
		if len(records) == limit {
			more = true
			return errEnough
		}
		record, err := decode[T](value)
		if err == nil {
			records = append(records, *record)
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return records, more, err
}

// Save writes a record.
func Save[T any](w Writer, key Key, record *T) error {
	value, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	return w.Put(key, value)
}

// CheckOwn returns Internal unless a record says of itself what its key says. What a record
// says becomes part of other keys: whoever may write it must not reach another's by that.
func CheckOwn(key Key, says bool) error {
	if !says {
		return waymark.Errorf(waymark.Internal, "the record %s says that it is another", key)
	}
	return nil
}

func decode[T any](value []byte) (*T, error) {
	record := new(T)
	if err := json.Unmarshal(value, record); err != nil {
		return nil, fmt.Errorf("decode record: %w", err)
	}
	return record, nil
}

// Milliseconds is a time as the ledger keeps it: UTC, to the millisecond.
func Milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Versions reads the newest committed versions of a record, at most limit, oldest first.
func Versions[T any](l Ledger, key Key, limit int) ([]T, error) {
	versions, _, err := l.History(key, limit)
	if err != nil {
		return nil, err
	}
	records := []T{}
	for _, v := range versions {
		record, err := decode[T](v.Value)
		if err != nil {
			return nil, err
		}
		records = append(records, *record)
	}
	return records, nil
}
