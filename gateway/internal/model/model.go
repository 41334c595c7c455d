package model

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

var (
	// ErrOtherLedger says that a block does not follow the last one of the model: it is of
	// another ledger, or the model's was replaced.
	ErrOtherLedger = errors.New("the block does not follow the last one of the model: it is of another ledger")
	// ErrNotNext says that the model has the block already, or not the one before it.
	ErrNotNext = errors.New("the block is not the next one of the model")
)

// Model is the read model in a database of the kind database.Model. It is safe for concurrent use.
type Model struct {
	db     *database.DB
	height height
	tail   tail
	judged judged

	// refused is told of a transaction whose event nobody is told.
	refused func(block uint64, tx ledger.BlockTransaction)

	foreign   atomic.Bool   // the ledger that it is fed from is another one
	pageBytes int           // maxPageBytes
	pageTime  time.Duration // maxPageTime
	summed    int64         // maxSummed
	series    int           // maxSeries
	numbering numbering     // of series
}

// New returns the model in a database, which must be prepared before anything succeeds.
func New(db *database.DB) *Model {
	return &Model{db: db, height: newHeight(), pageBytes: maxPageBytes, pageTime: maxPageTime, summed: maxSummed, series: maxSeries,
		refused: func(uint64, ledger.BlockTransaction) {}}
}

// Checkpoint is how far a model has come.
type Checkpoint struct {
	Height uint64 // how many blocks it has
	Hash   []byte // of the last one's header; empty before the first
}

// Checkpoint returns how far the model has come. Codes: Unavailable if it was made by another version of the gateway.
func (m *Model) Checkpoint(ctx context.Context) (c Checkpoint, err error) {
	err = m.db.View(ctx, func(ctx context.Context, s database.Statements) error {
		c, err = checkpoint(ctx, s)
		return err
	})
	return c, away(ofDatabase(err))
}

func checkpoint(ctx context.Context, s database.Statements) (c Checkpoint, err error) {
	var height, version int64
	if err := s.QueryRowContext(ctx, "SELECT height, hash, version FROM checkpoint").Scan(&height, &c.Hash, &version); err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	c.Height = database.Unsigned(height)
	return c, database.CheckModel(version)
}

var errEmpty = waymark.Errorf(waymark.Unavailable, "the read model has no block yet: retry later")

// applyTimeout bounds how long one block takes, which can hold what thousands of transactions wrote.
const applyTimeout = 5 * time.Minute

// Apply adds a block, all of it or nothing: ErrNotNext and ErrOtherLedger change nothing.
func (m *Model) Apply(ctx context.Context, b ledger.Block) error {
	var done application
	err := m.db.UpdateWithin(ctx, applyTimeout, func(ctx context.Context, s database.Statements) error {
		if err := advance(ctx, s, b); err != nil {
			return err
		}
		a := application{writer: writer{ctx: ctx, statements: database.NewQueue(s)}, block: b.Number, changed: map[subject]bool{}, settle: map[waymark.Place]bool{}}
		for _, tx := range b.Transactions {
			if err := a.add(tx); err != nil {
				return fmt.Errorf("transaction %s: %w", tx.TxID, err)
			}
		}
		if err := a.store(&m.numbering); err != nil {
			return err
		}
		done = a
		return a.index(s)
	})
	if err != nil {
		return err
	}
	m.numbering.keep(b.Number+1, done.measured.order)
	m.reached(b.Number + 1)
	for _, tx := range done.refused {
		m.refused(b.Number, tx)
	}
	return nil
}

// advance moves the checkpoint to a block, if it is the next one.
func advance(ctx context.Context, s database.Statements, b ledger.Block) error {
	at, err := checkpoint(ctx, s)
	switch {
	case err != nil:
		return err
	case b.Number != at.Height:
		return ErrNotNext
	case !bytes.Equal(b.Previous, at.Hash):
		return ErrOtherLedger
	}
	done, err := s.ExecContext(ctx, "UPDATE checkpoint SET height = $1, hash = $2 WHERE height = $3 AND version = $4",
		database.Signed(b.Number+1), b.Hash, database.Signed(b.Number), database.ModelVersion)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 { // another gateway was faster
		return errors.Join(ErrNotNext, err)
	}
	return nil
}
