package device

import (
	"context"
	"slices"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// flight is a published message that waits for its PUBACK.
type flight struct {
	delivery *delivery
	token    paho.Token
}

// serve publishes over one connection until it is lost (nil), the session is
// closed (ErrClosed) or an acknowledgement cannot be written down.
func (s *Session) serve(ctx context.Context, l *link) error {
	s.mu.Lock()
	s.sent = 0 // all again: what the last connection did with it is not known
	s.mu.Unlock()
	flights := make(chan flight, s.broker.Window)
	collected := make(chan error, 1)
	go func() { collected <- s.collect(l, flights) }()
	err := s.pump(ctx, l, flights)
	close(flights)
	if err != nil {
		l.close() // completes the tokens, which ends collect
	}
	if failed := <-collected; failed != nil {
		return failed
	}
	return err
}

// pump publishes what is queued, in order.
func (s *Session) pump(ctx context.Context, l *link, flights chan<- flight) error {
	for {
		d := s.next()
		if d == nil {
			select {
			case <-s.wake:
				continue
			case <-l.lost:
				return nil
			case <-ctx.Done():
				return ErrClosed
			}
		}
		select {
		case flights <- flight{d, l.publish(upTopic(s.device.ID()), d.raw)}:
		case <-l.lost:
			return nil
		case <-ctx.Done():
			return ErrClosed
		}
	}
}

// collect waits for each PUBACK in turn. A token that fails is of a connection
// that is lost; after it, nothing counts as acknowledged.
func (s *Session) collect(l *link, flights <-chan flight) error {
	var failure error
	for dead := false; ; {
		f, more := <-flights
		switch {
		case !more:
			return failure
		case dead:
			continue
		case l.acknowledged(f.token):
			failure = s.acknowledge(f.delivery)
			dead = failure != nil
		default:
			dead = true
		}
		if dead {
			l.markLost()
		}
	}
}

// next returns the first message that this connection has not published, or nil.
func (s *Session) next() *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == len(s.queue) {
		return nil
	}
	s.sent++
	s.counts.Published++
	return s.queue[s.sent-1]
}

// queued returns the delivery of a message of the stream that is not acknowledged.
func (s *Session) queued(sequence uint64) *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.queue, func(d *delivery) bool { return sequence > 0 && d.sequence == sequence })
	if i < 0 {
		return nil
	}
	return s.queue[i]
}

func (s *Session) enqueue(d *delivery) {
	s.mu.Lock()
	s.queue = append(s.queue, d)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// acknowledge writes the PUBACK down before anybody is told.
func (s *Session) acknowledge(d *delivery) error {
	if d.sequence > 0 && !s.broker.Keep {
		if err := s.device.Acknowledge(d.sequence); err != nil {
			return err
		}
	}
	s.mu.Lock()
	if i := slices.Index(s.queue, d); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.sent--
		s.counts.Acknowledged++
	}
	s.mu.Unlock()
	if d.slot {
		<-s.slots
	}
	close(d.acked)
	return nil
}
