package device

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	minRetryWait = 100 * time.Millisecond
	maxRetryWait = 5 * time.Second
)

// ErrClosed is returned for a message that was not acknowledged before Close. It
// stays in the outbox.
var ErrClosed = errors.New("the session is closed")

// Session is a device's connection to a broker, made anew whenever it is lost.
// What was not acknowledged on one connection is published again on the next, in
// the same order. It is safe for concurrent use.
type Session struct {
	device *Device
	broker Broker
	tls    *tls.Config
	slots  chan struct{} // one for each message of Send that waits
	wake   chan struct{} // holds a token while there may be something to publish
	cancel context.CancelFunc
	done   chan struct{} // closed when the session has ended

	mu      sync.Mutex
	queue   []*delivery // not acknowledged, oldest first
	sent    int         // how many of them the present connection has published
	failure error       // why the session ended
	counts  Counts
}

// Counts say what a session has done.
type Counts struct {
	Published    int // PUBLISH packets, repetitions included
	Acknowledged int // messages with their PUBACK
	Connections  int
}

// delivery is a message on its way.
type delivery struct {
	sequence uint64 // 0 if it is not of the device's stream
	raw      []byte
	slot     bool
	acked    chan struct{}
}

// Connect connects to a broker and starts to publish the outbox. It tries until
// ctx ends, except that ErrRefused is final. The session lives until Close,
// whatever becomes of ctx.
func (d *Device) Connect(ctx context.Context, b Broker) (*Session, error) {
	if b.Window <= 0 {
		b.Window = DefaultWindow
	}
	if b.Notice == nil {
		b.Notice = func(string) {}
	}
	if b.Now == nil {
		b.Now = time.Now
	}
	config, err := b.tls()
	if err != nil {
		return nil, err
	}
	s := &Session{device: d, broker: b, tls: config, slots: make(chan struct{}, b.Window),
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	first, err := s.redial(ctx, func(err error) bool { return errors.Is(err, ErrRefused) })
	if err != nil {
		return nil, err
	}
	for _, m := range d.Outbox() {
		s.enqueue(&delivery{sequence: m.Sequence, raw: m.Raw, acked: make(chan struct{})})
	}
	live, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	go s.run(live, first)
	return s, nil
}

// run keeps the session until it is closed or the journal fails.
func (s *Session) run(ctx context.Context, l *link) {
	defer close(s.done)
	for {
		err := s.serve(ctx, l)
		l.close()
		if err != nil {
			s.end(err)
			return
		}
		s.broker.Notice("connection lost")
		if l, err = s.redial(ctx, func(error) bool { return false }); err != nil {
			s.end(ErrClosed)
			return
		}
		s.broker.Notice("connected again")
	}
}

// redial connects, waiting longer after each failure, until it succeeds, ctx ends
// or a failure is final.
func (s *Session) redial(ctx context.Context, final func(error) bool) (*link, error) {
	for wait := minRetryWait; ; wait = min(2*wait, maxRetryWait) {
		l, err := dial(ctx, s.device, s.broker, s.tls)
		if err == nil {
			s.count(func(c *Counts) { c.Connections++ })
			return l, nil
		}
		if final(err) {
			return nil, err
		}
		s.broker.Notice("no connection: " + err.Error())
		select {
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // jitter
		case <-ctx.Done():
			return nil, fmt.Errorf("%w (last: %w)", ctx.Err(), err)
		}
	}
}

// Send hands over a message of Sign. It returns when the message is within the
// window; Flush waits for its PUBACK.
func (s *Session) Send(ctx context.Context, m Message) error {
	_, err := s.send(ctx, m.Sequence, m.Raw)
	return err
}

// Publish hands over a message of Sign and waits for its PUBACK.
func (s *Session) Publish(ctx context.Context, m Message) error {
	return s.sendAndWait(ctx, m.Sequence, m.Raw)
}

// PublishRaw publishes any bytes on the device's up topic and waits for their
// PUBACK. The scenarios use it for what an honest device never sends.
func (s *Session) PublishRaw(ctx context.Context, raw []byte) error {
	return s.sendAndWait(ctx, 0, raw)
}

func (s *Session) sendAndWait(ctx context.Context, sequence uint64, raw []byte) error {
	d, err := s.send(ctx, sequence, raw)
	if err != nil {
		return err
	}
	return s.wait(ctx, d)
}

// send queues a message, or finds it queued: what was in the outbox when the
// session began is on its way already.
func (s *Session) send(ctx context.Context, sequence uint64, raw []byte) (*delivery, error) {
	if d := s.queued(sequence); d != nil {
		return d, nil
	}
	select {
	case s.slots <- struct{}{}:
	case <-s.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := s.ended(); err != nil {
		return nil, err
	}
	d := &delivery{sequence: sequence, raw: raw, slot: true, acked: make(chan struct{})}
	s.enqueue(d)
	return d, nil
}

func (s *Session) wait(ctx context.Context, d *delivery) error {
	select {
	case <-d.acked:
		return nil
	case <-s.done:
		return s.ended()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Flush waits until everything that was handed over has its PUBACK.
func (s *Session) Flush(ctx context.Context) error {
	for {
		s.mu.Lock()
		var last *delivery
		if n := len(s.queue); n > 0 {
			last = s.queue[n-1]
		}
		s.mu.Unlock()
		if last == nil {
			return nil
		}
		if err := s.wait(ctx, last); err != nil {
			return err
		}
	}
}

// Counts returns what the session has done so far.
func (s *Session) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// Close disconnects. What was not acknowledged stays in the device's outbox.
func (s *Session) Close() error {
	s.cancel()
	<-s.done
	if err := s.ended(); !errors.Is(err, ErrClosed) {
		return err
	}
	return nil
}

func (s *Session) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

func (s *Session) ended() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

func (s *Session) count(change func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.counts)
}
