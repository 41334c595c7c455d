package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"go.uber.org/zap"
)

// spaceEvery is the time between two looks at the room on the broker's disk. min_free_bytes must be more
// than devices can send in it.
const spaceEvery = time.Second

// sureFailures is how many looks in a row must find the store failed. Until then nobody is kept out: such a store acknowledges
// nothing anyway.
const sureFailures = 3

// ErrReopen is returned by Run when the bridge has to be closed and opened anew, as Serve does: the broker's store had
// failed, and would take nothing any more.
var ErrReopen = errors.New("the broker's store has to be opened anew")

// reopenWait keeps a disk that goes on failing from being tried all the time.
const reopenWait = 5 * time.Second

// Serve opens a bridge and runs it until ctx ends, and opens it anew as often as it has to be.
func Serve(ctx context.Context, c config.Config, log *zap.Logger) error {
	for {
		b, err := Open(ctx, c, log)
		if err != nil {
			return err
		}
		err = errors.Join(b.Run(ctx), b.Close())
		if !errors.Is(err, ErrReopen) || ctx.Err() != nil {
			return err
		}
		log.Warn("the bridge is opened anew", zap.Error(err), zap.Duration("wait", reopenWait))
		select {
		case <-time.After(reopenWait):
		case <-ctx.Done():
			return nil
		}
	}
}

// tend keeps devices out of the embedded broker while its disk is nearly full or gone, before a write can fail, and so that
// what is stored can go on to the ledger. It returns ErrReopen once a store that failed has room again.
func (b *Bridge) tend(ctx context.Context) error {
	if b.broker == nil {
		return nil
	}
	ticker := time.NewTicker(spaceEvery)
	defer ticker.Stop()
	var seen looks
	for {
		failed, cramped := b.broker.Failed(), b.cramped()
		if seen.sure(failed) && cramped == nil {
			return fmt.Errorf("%w: %w", ErrReopen, failed)
		}
		b.setRoom(cramped)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// looks count those in a row that found the store failed.
type looks struct{ failures int }

// sure reports whether the store has failed for sure, with what one more look found.
func (l *looks) sure(failed error) bool {
	if failed == nil {
		l.failures = 0
		return false
	}
	l.failures++
	return l.failures >= sureFailures
}

// cramped says why there is no room for what devices send, nil if there is. A store that is not there has none.
func (b *Bridge) cramped() error {
	free, err := b.broker.FreeBytes()
	if err == nil && free < b.config.Embedded.MinFreeBytes {
		err = errors.New("the broker's disk is nearly full")
	}
	return err
}

// setRoom lets devices in or keeps them out, if that is another than before.
func (b *Bridge) setRoom(cramped error) {
	room := cramped == nil
	if room == b.broker.Room() {
		return
	}
	if room {
		b.log.Info("there is room again on the broker's disk: devices are let in")
	} else {
		b.log.Error("there is no room for what devices send: they are kept out", zap.Error(cramped))
	}
	b.broker.SetRoom(room)
}

// freeBytes is a metric: -1 if it is not known.
func (b *Bridge) freeBytes() float64 {
	free, err := b.broker.FreeBytes()
	if err != nil {
		return -1
	}
	return float64(free)
}
