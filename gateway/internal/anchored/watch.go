package anchored

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"go.uber.org/zap"
)

// Watch gives the blocks of a ledger to who feeds the read model, of gateways that share one to one at a time; it holds each check of
// anchored windows against the blocks of the member's own peer, and has a checker send the member's own checks meanwhile.
type Watch struct {
	seen    *seen
	checker *Checker // nil if the member anchors nothing
	log     *zap.Logger
	untrue  prometheus.Counter
}

// NewWatch returns a watch over a source. c is nil if the member anchors nothing; c sees the blocks that the watch sees.
func NewWatch(s Source, c *Checker, log *zap.Logger, registry prometheus.Registerer) *Watch {
	w := &Watch{seen: newSeen(s), checker: c, log: log, untrue: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "waymark_gateway_anchor_checks_untrue_total", Help: "Windows whose check rests on a block that did not record them, or on another hash of it than the own peer has.",
	})}
	registry.MustRegister(w.untrue)
	if c != nil {
		c.seen = w.seen
	}
	return w
}

// Follow is that of the source. It also fails if a check cannot be held against the peer's blocks, so that none is passed over.
func (w *Watch) Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var sending sync.WaitGroup
	if w.checker != nil {
		sending.Go(func() { w.checker.run(ctx) })
	}
	defer sending.Wait()
	defer cancel()
	return w.seen.source.Follow(ctx, from, func(b ledger.Block) error {
		if err := w.look(ctx, b); err != nil {
			return fmt.Errorf("block %d: %w", b.Number, err)
		}
		if err := take(b); err != nil {
			return err
		}
		if w.checker != nil {
			w.checker.waiting.note(b)
		}
		return nil
	})
}

// look remembers the block's windows, and compares its checks. An event that its transaction does not back is no check: whoever feeds the model
// says so.
func (w *Watch) look(ctx context.Context, b ledger.Block) error {
	w.seen.note(b)
	for _, tx := range b.Transactions {
		if tx.Status != ledger.Valid || tx.Event == nil || tx.Event.Name != waymark.EventTelemetryChecked || tx.CheckTold() != nil {
			continue
		}
		if err := w.lookAt(ctx, b, tx); err != nil {
			return err
		}
	}
	return nil
}

// lookAt compares the check that a transaction tells of.
func (w *Watch) lookAt(ctx context.Context, b ledger.Block, tx ledger.BlockTransaction) error {
	told, is := toldBy(tx)
	if !is {
		w.tell(b, tx, told.Device, waymark.CheckedBlock{}, errors.New("no check tells that"))
		return nil
	}
	for _, c := range told.Checks {
		err := w.compare(ctx, b, told.Device, c)
		switch {
		case errors.Is(err, errUntrue):
			w.tell(b, tx, told.Device, c, err)
		case err != nil:
			return err
		}
	}
	return nil
}

// toldBy is what the event of a check says. It reports false for what no check tells.
func toldBy(tx ledger.BlockTransaction) (told waymark.CheckedEvent, is bool) {
	err := json.Unmarshal(tx.Event.Payload, &told)
	return told, err == nil && len(told.Checks) <= waymark.MaxUnchecked
}

var errUntrue = errors.New("not as the own peer has it")

// compare holds a window that was checked in a block against the block that recorded it. It fails with errUntrue, or if the peer cannot be asked.
func (w *Watch) compare(ctx context.Context, b ledger.Block, device string, c waymark.CheckedBlock) error {
	if c.Block >= b.Number {
		return fmt.Errorf("%w: the block came later than the check", errUntrue)
	}
	hash, err := w.seen.hash(ctx, place{device, c.First}, c.Block)
	switch {
	case errors.Is(err, errElsewhere):
		return fmt.Errorf("%w: %w", errUntrue, err)
	case err != nil:
		return err
	case hex.EncodeToString(hash) != c.Hash:
		return fmt.Errorf("%w: the block has another hash", errUntrue)
	}
	return nil
}

// tell names who sent a check that is not true.
func (w *Watch) tell(b ledger.Block, tx ledger.BlockTransaction, device string, c waymark.CheckedBlock, err error) {
	w.untrue.Inc()
	w.log.Error("a check of anchored telemetry is not true: the windows that it covers are not checked", zap.String("tx_id", tx.TxID), zap.Uint64("block", b.Number), zap.String("member", tx.Member),
		zap.String("device_id", device), zap.Uint64("first", c.First), zap.Uint64("last", c.Last), zap.Error(err))
}
