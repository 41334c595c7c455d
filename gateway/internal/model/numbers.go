package model

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// numbers are those by which rows name a measurement and a series: 0 until they are known.
type numbers struct{ measurement, series int64 }

// maxKnown bounds the numbers that are held.
const maxKnown = 100_000

// numbering holds numbers that are in the database, so that it is not asked again for each block. What the ledger has is
// numbered in its order, so they are the same when the model is made anew, but are not there until it is as far again.
type numbering struct {
	mu     sync.Mutex
	height uint64 // that the model had with all of them
	of     map[line]numbers
}

// find returns what is known of a line, for who applies a block.
func (k *numbering) find(block uint64, l line) numbers {
	k.mu.Lock()
	defer k.mu.Unlock()
	if block < k.height { // the model is being made anew
		k.height, k.of = block, nil
	}
	return k.of[l]
}

// keep takes what was committed with the last block of a model.
func (k *numbering) keep(height uint64, lines []*lined) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if height < k.height || len(lines) == 0 {
		return
	}
	if k.of == nil || len(k.of) > maxKnown {
		k.of = make(map[line]numbers)
	}
	k.height = height
	for _, l := range lines {
		k.of[l.line] = l.numbers
	}
}

// number gives each line of the block its numbers: those that it has, or the next.
func (a *application) number(k *numbering) error {
	var last int64 // of the series
	for _, l := range a.measured.order {
		if l.numbers = k.find(a.block, l.line); l.series > 0 {
			continue
		}
		var err error
		if l.measurement, err = a.measurement(l.device, l.name); err != nil {
			return err
		}
		l.series, err = a.one(`SELECT id FROM series WHERE measurement = $1 AND unit = $2 AND class = $3 AND classes = $4 AND owner = $5 AND shipment = $6 AND edge = $7`,
			l.measurement, l.unit, l.class, l.classes, l.owner, l.shipment, l.edge)
		if err == nil && l.series == 0 {
			if last == 0 {
				last, err = a.one(`SELECT COALESCE(MAX(id), 0) FROM series`)
			}
			last++
			l.series, l.added = last, true
		}
		if err != nil {
			return fmt.Errorf("number of a series: %w", err)
		}
	}
	return nil
}

// measurement is the number of a measurement, which is written if it has none.
func (a *application) measurement(device, name string) (int64, error) {
	id, err := a.one(`SELECT id FROM measurements WHERE device = $1 AND name = $2`, device, name)
	if err != nil || id > 0 {
		return id, err
	}
	if id, err = a.one(`SELECT COALESCE(MAX(id), 0) + 1 FROM measurements`); err != nil {
		return 0, err
	}
	return id, a.exec(`INSERT INTO measurements (id, device, name) VALUES ($1, $2, $3)`, id, device, name)
}

// one reads a number behind what the block has written: 0 if there is no row.
func (a *application) one(query string, args ...any) (int64, error) {
	args, err := plain(args)
	if err != nil {
		return 0, err
	}
	return records{a.ctx, a.statements}.one(query, args...)
}

// one reads a number: 0 if there is no row.
func (r records) one(query string, args ...any) (n int64, err error) {
	err = r.statements.QueryRowContext(r.ctx, query, args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
