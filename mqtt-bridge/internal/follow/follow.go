package follow

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	// maxTaken bounds the events that are taken in one transaction, and wait for it.
	maxTaken   = 256
	askTimeout = 30 * time.Second
	maxBackoff = 30 * time.Second
)

// Gateway has the events.
type Gateway interface {
	// Position is the id after which the events of a kind come that happen from now on.
	Position(ctx context.Context, kind string) (string, error)
	// Events are those of a kind after an id, as they happen, until ctx ends or the gateway refuses.
	Events(ctx context.Context, kind, after string) iter.Seq2[client.Event, error]
}

// Store has the checkpoints.
type Store interface {
	// Write makes all changes durably, or none.
	Write(changes []spool.Change) error
	// Each calls visit with all that is on a shelf, and counts what is damaged.
	Each(shelf spool.Shelf, visit func(key string, value []byte) error) (damaged int, err error)
}

// Take takes events, in their order, and durably the checkpoint that is behind them. With an error it has taken
// nothing, and gets the same again.
type Take func(ctx context.Context, events []client.Event, checkpoint spool.Change) error

// Stream follows the events of one kind.
type Stream struct {
	kind    string
	gateway Gateway
	store   Store
	take    Take
	log     *zap.Logger

	mu      sync.Mutex
	failure error
}

// New makes a stream of the events of a kind, as in "command". Run follows it.
func New(kind string, gateway Gateway, store Store, take Take, log *zap.Logger) *Stream {
	return &Stream{kind: kind, gateway: gateway, store: store, take: take, log: log.With(zap.String("events", kind))}
}

// Failure returns why the stream ended last, nil while it is followed.
func (s *Stream) Failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

// Run follows until ctx ends.
func (s *Stream) Run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		took, err := s.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if failures++; took {
			failures = 1
		}
		s.note(err)
		s.log.Warn("no events", zap.Error(err))
		pause.For(ctx.Done(), pause.Backoff(failures, maxBackoff))
	}
}

func (s *Stream) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// follow follows until the stream ends, and reports whether any event came.
func (s *Stream) follow(ctx context.Context) (took bool, err error) {
	after, err := s.checkpoint(ctx)
	if err != nil {
		return false, err
	}
	s.note(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, ended := make(chan client.Event, maxTaken), make(chan error, 1)
	go func() {
		defer close(events)
		ended <- s.read(ctx, after, events)
	}()
	for e := range events {
		if err := s.keep(ctx, e, events); err != nil {
			cancel()
			for range events { // so that the reader ends
			}
			return took, err
		}
		took = true
	}
	return took, <-ended
}

// read passes on what comes.
func (s *Stream) read(ctx context.Context, after string, events chan<- client.Event) error {
	for e, err := range s.gateway.Events(ctx, s.kind, after) {
		if err != nil {
			return err
		}
		select {
		case events <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// keep takes an event, with those that have come by now.
func (s *Stream) keep(ctx context.Context, first client.Event, events <-chan client.Event) error {
	taken := []client.Event{first}
	for len(taken) < maxTaken {
		select {
		case e, more := <-events:
			if !more {
				return s.keepAll(ctx, taken)
			}
			taken = append(taken, e)
			continue
		default:
		}
		break
	}
	return s.keepAll(ctx, taken)
}

func (s *Stream) keepAll(ctx context.Context, taken []client.Event) error {
	return s.take(ctx, taken, s.at(taken[len(taken)-1].ID))
}

func (s *Stream) at(id string) spool.Change {
	return spool.Change{Shelf: spool.ShelfFollowed, Key: s.kind, Value: []byte(id)}
}

// checkpoint is where to go on: where the bridge was, or now if it never was anywhere.
func (s *Stream) checkpoint(ctx context.Context) (after string, err error) {
	damaged, err := s.store.Each(spool.ShelfFollowed, func(key string, value []byte) error {
		if key == s.kind {
			after = string(value)
		}
		return nil
	})
	if err != nil || after != "" {
		return after, err
	}
	if damaged > 0 {
		s.log.Error("a checkpoint is damaged: check the disk; events go on from now")
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if after, err = s.gateway.Position(ctx, s.kind); err != nil {
		return "", fmt.Errorf("ask where the events are: %w", err)
	}
	return after, s.store.Write([]spool.Change{s.at(after)})
}
