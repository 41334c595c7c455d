package model

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"go.uber.org/zap"
)

// Source gives the blocks of a ledger.
type Source interface {
	// Follow gives each block from a number on to take, in order, until take fails, the stream
	// breaks or ctx is done, and returns why.
	Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error
}

// Feed keeps a model up with the ledger. Several can feed one model: each block is applied once.
type Feed struct {
	model  *Model
	source Source
	log    *zap.Logger

	mu     sync.Mutex
	failed error // why the model is not being fed; nil if it is
}

// NewFeed returns a feed, which does nothing before Run. What it does is counted with registry.
func NewFeed(m *Model, s Source, log *zap.Logger, registry prometheus.Registerer) *Feed {
	f := &Feed{model: m, source: s, log: log, failed: waymark.Errorf(waymark.Unavailable, "the read model has not begun to be fed")}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "waymark_gateway_model_blocks", Help: "How many blocks the read model has.",
	}, func() float64 { return float64(m.Height()) }))
	return f
}

// Bounds of the pauses after a failure.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 10 * time.Second
)

// Run feeds the model until ctx is done.
func (f *Feed) Run(ctx context.Context) {
	for wait := firstPause; ctx.Err() == nil; wait = min(2*wait, maxPause) {
		fed, err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, ErrNotNext) { // another gateway feeds the same model
			err = nil
		}
		f.note(err)
		if fed || err == nil {
			wait = firstPause
		}
		if !pause.For(ctx, wait) {
			return
		}
	}
}

// follow applies blocks until that fails, and reports whether there were any.
func (f *Feed) follow(ctx context.Context) (fed bool, err error) {
	if err := f.model.db.Prepare(ctx); err != nil {
		return false, err
	}
	at, err := f.model.Checkpoint(ctx)
	if err != nil {
		return false, err
	}
	f.model.reached(at.Height)
	from := at.Height
	if from > 0 {
		from-- // the last one again: it comes at once, and says whether this is still the same ledger
	}
	err = f.source.Follow(ctx, from, func(b ledger.Block) error {
		if b.Number < at.Height {
			if !bytes.Equal(b.Hash, at.Hash) {
				return ErrOtherLedger
			}
		} else if err := f.model.Apply(ctx, b); err != nil {
			return err
		}
		fed = true
		f.note(nil)
		return nil
	})
	return fed, err
}

// note says when the feed begins to fail, and when it works again.
func (f *Feed) note(err error) {
	f.mu.Lock()
	before := f.failed
	f.failed = err
	f.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		f.log.Warn("the read model is not being fed", zap.Uint64("blocks", f.model.Height()), zap.Error(err))
	case err == nil && before != nil:
		f.log.Info("the read model is being fed", zap.Uint64("blocks", f.model.Height()))
	}
}

// Check returns Unavailable while the model is not being fed.
func (f *Feed) Check(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil {
		return nil
	}
	return errors.Join(waymark.Errorf(waymark.Unavailable, "the read model is not being fed"), f.failed)
}
