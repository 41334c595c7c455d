package model

import (
	"context"
	"slices"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// reading is a view that reads each record once: things of one shipment, product or owner are judged by the same. It is
// for one answer, which ends when it has read too much.
type reading struct {
	view
	values map[string][]byte
	pages  map[rules.Range]recordsPage
	bytes  int // of records, that were read
}

var _ rules.Ledger = (*reading)(nil)

// recordsPage are some records of a range.
type recordsPage struct {
	values [][]byte
	last   []byte // key of the last one
}

func newReading(ctx context.Context, s database.Statements, by rules.Tx) *reading {
	return &reading{view: view{records{ctx, s}, by}, values: map[string][]byte{}, pages: map[rules.Range]recordsPage{}}
}

// Get implements rules.Reader.
func (r *reading) Get(key rules.Key) ([]byte, error) {
	value, known := r.values[key.String()]
	if known {
		return value, nil
	}
	value, err := r.records.Get(key)
	if err == nil {
		r.values[key.String()] = value
		r.bytes += len(value)
	}
	return value, err
}

// GetMany implements rules.Reader.
func (r *reading) GetMany(keys []rules.Key) ([][]byte, error) {
	missing := slices.DeleteFunc(slices.Clone(keys), func(key rules.Key) bool {
		_, known := r.values[key.String()]
		return known
	})
	read, err := r.records.GetMany(missing)
	if err != nil {
		return nil, err
	}
	for i, key := range missing {
		r.values[key.String()] = read[i]
		r.bytes += len(read[i])
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = r.values[key.String()]
	}
	return values, nil
}

// Scan implements rules.Reader.
func (r *reading) Scan(in rules.Range, visit func(value []byte) error) error {
	return scan(in, r.page, visit)
}

func (r *reading) page(from, to []byte) ([][]byte, []byte, error) {
	in := rules.Range{From: string(from), To: string(to)}
	if p, known := r.pages[in]; known {
		return p.values, p.last, nil
	}
	values, last, err := r.records.page(from, to)
	if err == nil {
		r.pages[in] = recordsPage{values, last}
		for _, value := range values {
			r.bytes += len(value)
		}
	}
	return values, last, err
}
