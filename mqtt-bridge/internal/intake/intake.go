package intake

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	groupMessages = 1024    // most messages in one commit
	groupBytes    = 8 << 20 // and most bytes
	retryWait     = 200 * time.Millisecond
	complainEvery = 10 * time.Second
)

// Arrival is a message as it came from the broker.
type Arrival struct {
	Device   string // from the topic
	Received time.Time
	Payload  []byte
	Ack      func() // acknowledges it to the broker; called once it is on the disk
}

// Store keeps messages durably.
type Store interface {
	// Append stores the first n of the messages and returns when they are on the
	// disk. With an error nothing is stored.
	Append(messages []spool.Message) (n int, err error)
}

// Observer is told what happens. Its methods are called from several goroutines.
type Observer interface {
	Received()
	Acknowledged(n int)
	// Quarantined is told of a message once it is in quarantine.
	Quarantined(device string, code spool.Code)
	AppendFailed(err error)
}

// Intake is the queue and its writer.
type Intake struct {
	store    Store
	queue    *queue
	observer Observer
	log      *zap.Logger

	mu         sync.Mutex
	failure    error
	complained time.Time
}

// New makes an intake whose queue holds at most maxCount messages of together at
// most maxBytes.
func New(store Store, maxCount int, maxBytes int64, observer Observer, log *zap.Logger) *Intake {
	return &Intake{store: store, queue: newQueue(maxCount, maxBytes), observer: observer, log: log}
}

// Put queues an arrival. It blocks while the queue is full, and returns ErrClosed
// or the context's error if the arrival was not taken.
func (i *Intake) Put(ctx context.Context, a Arrival) error {
	i.observer.Received()
	return i.queue.put(ctx, &pending{message: inspect(a), ack: a.Ack})
}

// Close makes Put refuse and lets Run end once the queue is written.
func (i *Intake) Close() { i.queue.close() }

// Failure returns why nothing can be stored at present, nil if all is well.
func (i *Intake) Failure() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.failure
}

// Run writes until Close, and then what is left, or until ctx ends. What could
// not be written is not acknowledged.
func (i *Intake) Run(ctx context.Context) {
	for {
		select {
		case <-i.queue.filled:
		case <-ctx.Done():
			return
		}
		if done := i.drain(ctx); done {
			return
		}
	}
}

// drain writes until the queue is empty. It reports whether Run is to end.
func (i *Intake) drain(ctx context.Context) bool {
	for {
		group, closed := i.queue.take(groupMessages, groupBytes)
		if len(group) == 0 {
			return closed
		}
		n, err := i.store.Append(messagesOf(group))
		i.note(err)
		if err == nil {
			i.acknowledge(group[:n], i.queue.release(n))
			continue
		}
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
			return true
		}
	}
}

func (i *Intake) acknowledge(group []*pending, acks []func()) {
	for _, ack := range acks {
		ack()
	}
	for _, p := range group {
		if p.message.Verdict != nil {
			i.observer.Quarantined(p.message.Device, p.message.Verdict.Code)
		}
	}
	i.observer.Acknowledged(len(group))
}

func (i *Intake) note(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failure = err
	if err == nil {
		return
	}
	i.observer.AppendFailed(err)
	if now := time.Now(); now.Sub(i.complained) > complainEvery {
		i.complained = now
		i.log.Warn("cannot store messages: acknowledgements wait", zap.Error(err),
			zap.Bool("full", errors.Is(err, spool.ErrFull) || errors.Is(err, spool.ErrQuarantineFull)))
	}
}

func messagesOf(group []*pending) []spool.Message {
	messages := make([]spool.Message, len(group))
	for n, p := range group {
		messages[n] = p.message
	}
	return messages
}
