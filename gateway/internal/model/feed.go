package model

import (
	"bytes"
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/lease"
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

// Feed keeps a model up with the ledger. Of the gateways that share a model one feeds it, under a lease; were two to
// feed it, each block would be applied once.
type Feed struct {
	model  *Model
	source Source
	lease  *lease.Lease
	log    *zap.Logger

	refused uint64 // the block that could not be applied when that was last tried; none; of who runs it

	mu     sync.Mutex
	feeds  bool   // this gateway has the lease
	said   bool   // in the log, that it feeds the model
	failed error  // why it did not feed the model when it last had it or tried to; nil if all is well
	at     uint64 // how many blocks the model had then
}

// NewFeed returns a feed, which does nothing before Run. What it does is counted with registry.
func NewFeed(m *Model, s Source, log *zap.Logger, registry prometheus.Registerer) *Feed {
	f := &Feed{model: m, source: s, lease: lease.New(m.db, "feed"), log: log, at: math.MaxUint64, refused: none,
		failed: waymark.Errorf(waymark.Unavailable, "the read model has not begun to be fed")}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "waymark_gateway_model_blocks", Help: "How many blocks the read model is known to have.",
	}, func() float64 { return float64(m.Height()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "waymark_gateway_model_feeds", Help: "1 while this gateway is the one that feeds the read model.",
	}, func() float64 {
		if f.holds() {
			return 1
		}
		return 0
	}))
	refused := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "waymark_gateway_model_events_refused_total", Help: "How many transactions that were fed told of what they did not write, or of what this gateway does not know: nobody is told.",
	})
	registry.MustRegister(refused)
	m.refused = func(block uint64, tx ledger.BlockTransaction) {
		refused.Inc()
		log.Warn("nobody is told of an event that its transaction does not back", zap.String("tx_id", tx.TxID), zap.Uint64("block", block), zap.String("member", tx.Member))
	}
	return f
}

// none is no block.
const none = math.MaxUint64

// Bounds of the pauses after a failure.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 10 * time.Second
)

// Run feeds the model until ctx is done, as long as no other gateway does.
func (f *Feed) Run(ctx context.Context) {
	f.mu.Lock()
	f.at = 0 // what others have fed counts
	f.mu.Unlock()
	for wait := firstPause; ctx.Err() == nil; wait = min(2*wait, maxPause) {
		fed, err := f.hold(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, ErrNotNext) || errors.Is(err, lease.ErrLost) {
			f.log.Info("another gateway feeds the read model, or may", zap.Error(err))
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

// hold waits for the lease, feeds the model until that fails or the lease is lost, and reports whether there were any blocks. After a
// failure others have the lease before this gateway, if they can feed the model.
func (f *Feed) hold(ctx context.Context) (fed bool, err error) {
	if err := f.model.db.Prepare(ctx); err != nil {
		return false, err
	}
	err = f.lease.Hold(ctx, func(ctx context.Context, _ lease.Term) (err error) { // the checkpoint is fence enough
		f.leads(true)
		defer f.leads(false)
		fed, err = f.follow(ctx)
		return err
	})
	return fed, err
}

func (f *Feed) leads(is bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.feeds = is
}

func (f *Feed) holds() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.feeds
}

// follow applies blocks until that fails, and reports whether there were any.
func (f *Feed) follow(ctx context.Context) (fed bool, err error) {
	_, grown, _ := f.model.height.now()
	at, err := f.model.Checkpoint(ctx)
	if err != nil {
		return false, err
	}
	f.model.looked(at.Height, grown)
	from := at.Height
	if from > 0 {
		from-- // the last one again: it comes at once, and says whether this is still the same ledger
	}
	err = f.source.Follow(ctx, from, func(b ledger.Block) error {
		if b.Number < at.Height {
			if !bytes.Equal(b.Hash, at.Hash) {
				return ErrOtherLedger
			}
			if f.refused == at.Height { // the next one is to show whether all is well
				return nil
			}
		} else if err := f.model.Apply(ctx, b); err != nil {
			f.refused = b.Number
			return err
		}
		fed, f.refused = true, none
		f.note(nil)
		return nil
	})
	return fed, err
}

// note notes how feeding goes, and says when it begins, and when it begins to fail.
func (f *Feed) note(err error) {
	if other := errors.Is(err, ErrOtherLedger); other || err == nil {
		f.model.foreign.Store(other)
	}
	f.mu.Lock()
	before, said := f.failed, f.said
	f.failed, f.at, f.said = err, f.model.Height(), err == nil && f.feeds
	begins := f.said && !said
	f.mu.Unlock()
	switch {
	case begins:
		f.log.Info("this gateway feeds the read model", zap.Uint64("blocks", f.model.Height()))
	case err != nil && (before == nil || before.Error() != err.Error()):
		f.log.Warn("the read model is not being fed by this gateway", zap.Uint64("blocks", f.model.Height()), zap.Error(err))
	}
}

// Check returns Unavailable while the model is not being fed, by this gateway or another.
func (f *Feed) Check(ctx context.Context) error {
	f.mu.Lock()
	failed, at, feeds := f.failed, f.at, f.feeds
	f.mu.Unlock()
	if !feeds {
		now, err := f.model.find(ctx)
		if err == nil && now > at { // another gateway has fed it since
			failed = nil
		}
		failed = errors.Join(failed, err)
	}
	if failed == nil {
		return nil
	}
	return errors.Join(waymark.Errorf(waymark.Unavailable, "the read model is not being fed"), failed)
}

// Who says which gateway feeds the model.
func (f *Feed) Who() string {
	if f.holds() {
		return "this gateway feeds it"
	}
	return "another gateway feeds it"
}
