package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// ErrClosed is returned by Put once the intake is stopping. The message stays
// unacknowledged, and the broker will send it again.
var ErrClosed = errors.New("intake is closed")

// pending is a message that waits to be written, with the acknowledgements of its sendings: a broker that is kept
// waiting sends it again, by a new connection, and a device may publish it again.
type pending struct {
	message spool.Message
	id      identity
	said    *attest.Message // nil for one of a stream, and for one that cannot be read
	acks    []ack
}

// ack acknowledges one sending, which only the connection can by which it came.
type ack struct {
	id   uint16 // of the packet; 0: not known
	give func()
	over <-chan struct{} // closed when that connection is
}

func (a ack) late() bool {
	select {
	case <-a.over:
		return true
	default:
		return false
	}
}

// again reports whether a is of a packet that the connection brought before: a broker sends it again there while it waits, under the same
// number, and one acknowledgement is for all of these.
func (p *pending) again(a ack) bool {
	return a.id != 0 && slices.ContainsFunc(p.acks, func(b ack) bool { return a.id == b.id && a.over == b.over })
}

// places is what a message takes of the queue's bounds: as much as its sendings do, each of which keeps what it brought.
func (p *pending) places() int { return max(1, len(p.acks)) }

func (p *pending) size() int64 { return int64(p.places()) * int64(len(p.message.Payload)) }

// passing reports whether a message is not to be stored: it is asked, and answered or asked again.
func (p *pending) passing() bool { return p.said != nil && p.said.Kind == attest.Inquiry }

// waits reports whether a message will wait in the queue of its device's stream.
func (p *pending) waits() bool { return p.said == nil && p.message.Verdict == nil }

// identity tells whether two arrivals are the same message.
type identity [sha256.Size]byte

func identify(device string, payload []byte) identity {
	h := sha256.New()
	h.Write([]byte(device + "\x00")) // a device id holds no NUL
	h.Write(payload)
	return identity(h.Sum(nil))
}

// queue is bounded by count and by bytes.
type queue struct {
	maxCount int
	maxBytes int64

	mu     sync.Mutex
	items  []*pending
	known  map[identity]*pending // of items
	count  int                   // of places taken
	bytes  int64
	closed bool
	space  chan struct{} // closed and replaced when room is made or the queue closes
	filled chan struct{} // holds a token while there may be something to take
}

func newQueue(maxCount int, maxBytes int64) *queue {
	return &queue{maxCount: maxCount, maxBytes: maxBytes, known: map[identity]*pending{}, space: make(chan struct{}), filled: make(chan struct{}, 1)}
}

// put blocks while there is no room. A message larger than the whole queue goes
// in when the queue is empty. One that is in the queue already is written once; sent again by another
// connection it takes no second place, and by the same one under the same number none at all. ctx is of the connection by which it came.
func (q *queue) put(ctx context.Context, p *pending) error {
	for {
		wait, err := q.tryPut(p)
		if err != nil || wait == nil {
			return err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryPut returns a channel to wait on if there is no room now.
func (q *queue) tryPut(p *pending) (<-chan struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.known[p.id]
	switch {
	case q.closed:
		return nil, ErrClosed
	case first != nil:
		return q.join(first, p), nil
	case q.lacks(p):
		return q.space, nil
	}
	q.items = append(q.items, p)
	q.known[p.id] = p
	q.account(p, 1)
	q.signal()
	return nil, nil
}

// join adds the sendings of p to those of the first one of it, and returns as tryPut does.
func (q *queue) join(first, p *pending) <-chan struct{} {
	q.forget(first)
	switch {
	case slices.ContainsFunc(p.acks, first.again): // the first acknowledgement is for it too
	case len(first.acks) == 0:
		first.acks = p.acks // in the place of one that came to nothing
	case q.lacks(p):
		return q.space
	default:
		q.account(first, -1)
		first.acks = append(first.acks, p.acks...)
		q.account(first, 1)
	}
	return nil
}

// lacks reports whether there is no room for one more sending.
func (q *queue) lacks(p *pending) bool {
	return len(q.items) > 0 && (q.count >= q.maxCount || q.bytes+int64(len(p.message.Payload)) > q.maxBytes)
}

// forget drops the acknowledgements of a message that come too late.
func (q *queue) forget(p *pending) {
	before := len(p.acks)
	q.account(p, -1)
	p.acks = slices.DeleteFunc(p.acks, ack.late)
	q.account(p, 1)
	if len(p.acks) < before {
		q.makeRoom()
	}
}

// account counts what a message takes, or does not any more.
func (q *queue) account(p *pending, sign int) {
	q.count += sign * p.places()
	q.bytes += int64(sign) * p.size()
}

// take returns the oldest items, up to count and bytes but at least one if there
// is any, and whether the queue is closed. They stay in the queue, so that they
// count against its bounds, until release.
func (q *queue) take(count int, bytes int64) ([]*pending, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, total := 0, int64(0)
	for n < len(q.items) && n < count {
		if total += int64(len(q.items[n].message.Payload)); total > bytes && n > 0 {
			break
		}
		n++
	}
	return slices.Clone(q.items[:n]), q.closed
}

// release drops the n oldest items and makes room. It returns their acknowledgements,
// in order; those whose connection is over do nothing.
func (q *queue) release(n int) (acks []func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.items[:n] {
		q.account(p, -1)
		delete(q.known, p.id)
		for _, a := range p.acks {
			acks = append(acks, a.give)
		}
	}
	q.items = slices.Clone(q.items[n:])
	q.makeRoom()
	if len(q.items) > 0 {
		q.signal()
	}
	return acks
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.makeRoom()
	q.signal()
}

func (q *queue) makeRoom() {
	close(q.space)
	q.space = make(chan struct{})
}

func (q *queue) signal() {
	select {
	case q.filled <- struct{}{}:
	default: // it holds a token already
	}
}
