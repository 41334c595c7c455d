package intake

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
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
	// AtMostOnce says that it came at QoS 0 (MQTT 3.1.1, clause 4.3.1): nobody can hold back what is sent so, and nobody would know
	// whether it arrived.
	AtMostOnce bool
	// ID is the packet id under which the connection brought it (clause 2.3.1), by which a second sending there is known.
	ID  uint16
	Ack func() // acknowledges it to the broker; called once it is on the disk
}

// Store keeps messages durably.
type Store interface {
	// Append stores the first n of the messages and returns when they are on the
	// disk. With an error nothing is stored.
	Append(messages []spool.Message) (n int, err error)
	// InPlace returns an error if what was stored would be gone once this process ends.
	InPlace() error
}

// Hearer is told what devices say.
type Hearer interface {
	// Heard is told of each message that can be read, once it is on the disk. said is the message if it
	// is of no stream, nil if it is of one, and format its envelope. An inquiry is on no disk: whoever hears it answers. Nothing in
	// said may be believed before its signature is checked. It must not block.
	Heard(device string, format attest.Format, said *attest.Message)
}

// Observer is told what happens. Its methods are called from several goroutines.
type Observer interface {
	Received()
	Acknowledged(n int)
	// Quarantined is told of a message once it is in quarantine.
	Quarantined(device string, code spool.Code)
	AppendFailed(err error)
	// AtMostOnce is told of a device of which a message came at QoS 0, and was not taken.
	AtMostOnce(device string)
}

// Intake is the queue and its writer.
type Intake struct {
	store    Store
	queue    *queue
	copies   *copies
	hearer   Hearer
	observer Observer
	log      *zap.Logger

	mu         sync.Mutex
	failure    error
	complained time.Time
}

// New makes an intake whose queue holds at most maxCount messages of together at
// most maxBytes.
func New(store Store, maxCount int, maxBytes int64, hearer Hearer, observer Observer, log *zap.Logger) *Intake {
	return &Intake{store: store, queue: newQueue(maxCount, maxBytes), copies: newCopies(time.Now), hearer: hearer, observer: observer, log: log}
}

// Put queues an arrival. It blocks while the queue is full, and returns ErrClosed
// or the context's error if the arrival was not taken. The context is to end with the
// connection by which it came: an acknowledgement is good for nothing from then on. What comes at QoS 0 is not taken.
func (i *Intake) Put(ctx context.Context, a Arrival) error {
	i.observer.Received()
	if a.AtMostOnce {
		i.observer.AtMostOnce(a.Device)
		return nil
	}
	message, said := inspect(a)
	p := &pending{message: message, id: identify(message.Device, message.Payload), said: said, acks: []ack{{a.ID, a.Ack, ctx.Done()}}}
	if i.holds(p) {
		a.Ack()
		i.observer.Acknowledged(1)
		return nil
	}
	return i.queue.put(ctx, p)
}

// holds reports whether a message is on the disk and waits there, and nothing says that the disk may not have it any more.
func (i *Intake) holds(p *pending) bool {
	return p.waits() && i.copies.has(p) && i.Failure() == nil && i.store.InPlace() == nil
}

// Settled is told of a message that left the queue of its device's stream.
func (i *Intake) Settled(e spool.Entry) { i.copies.settled(e) }

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
		i.copies.expect(group)
		n, err := i.write(group)
		i.copies.stored(group, n)
		i.note(err)
		if err == nil {
			i.acknowledge(group[:n], i.queue.release(n))
			continue
		}
		i.copies.forget()
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
			return true
		}
	}
}

// write stores what of a group is to be stored, and returns how many of the group are done with.
func (i *Intake) write(group []*pending) (int, error) {
	var messages []spool.Message
	var places []int
	for n, p := range group {
		if !p.passing() {
			messages, places = append(messages, p.message), append(places, n)
		}
	}
	if len(messages) == 0 {
		return len(group), nil
	}
	n, err := i.store.Append(messages)
	if err != nil {
		return 0, err //nolint:wrapcheck // it says all
	}
	if n < len(messages) {
		return places[n], nil
	}
	return len(group), nil
}

func (i *Intake) acknowledge(group []*pending, acks []func()) {
	for _, ack := range acks {
		ack()
	}
	for _, p := range group {
		if v := p.message.Verdict; v != nil {
			i.observer.Quarantined(p.message.Device, v.Code)
			continue
		}
		i.hearer.Heard(p.message.Device, formatOf(p.message.Payload), p.said)
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
