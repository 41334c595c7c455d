package uplink

import (
	"context"
	"math/rand/v2"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"go.uber.org/zap"
)

// flight is a message that was published and waits for its PUBACK.
type flight struct {
	number uint64
	token  paho.Token
}

// service is what a device does over one connection.
type service struct {
	uplink    *Uplink
	id        string
	link      *link
	flights   []flight
	last      uint64 // number of the last message that was published, 0 if none was
	asked     question
	delivered int
}

// serve publishes over one connection until it is lost, its password is to be renewed, or ctx ends, and returns how many
// messages were delivered; an error if the outbox cannot be read. Everything that waits is published, in order: what the last
// connection did with it is not known.
func (u *Uplink) serve(ctx context.Context, id string, l *link) (delivered int, err error) {
	defer u.standing.left()
	defer l.close()
	renew := time.NewTimer(lifetime - renewBefore - rand.N(renewBefore)) //nolint:gosec // jitter
	defer renew.Stop()
	s := service{uplink: u, id: id, link: l}
	for {
		if err := s.publish(); err != nil {
			return s.delivered, err
		}
		if !s.await(ctx, renew.C) {
			return s.delivered, nil
		}
	}
}

// publish publishes as much as may be on its way at once.
func (s *service) publish() error {
	more, err := s.uplink.outbox.Pending(s.id, s.last, s.uplink.options.Window-len(s.flights))
	if err != nil {
		return err
	}
	if s.last == 0 && len(more) > 0 {
		s.asked = s.ask(more[0])
	}
	for _, m := range more {
		s.flights = append(s.flights, flight{m.Number, s.link.publish(s.id, m.Raw)})
		s.last = m.Number
	}
	return nil
}

// await waits until there may be something to publish, and reports false if the connection has its end.
func (s *service) await(ctx context.Context, renew <-chan time.Time) bool {
	select {
	case <-oldest(s.flights):
		n, failed := s.uplink.settle(s.id, s.flights)
		s.delivered += n
		s.flights = s.flights[n:]
		return !failed
	case <-s.uplink.outbox.Ready(s.id):
	case heard := <-s.link.heard:
		s.uplink.hear(s.asked, heard)
	case <-s.link.lost:
		return false
	case <-renew:
		return false
	case <-ctx.Done():
		return false
	}
	return true
}

// ask publishes the question about the oldest message that waits. An answer that does not come is asked for at the next connection.
func (s *service) ask(m outbox.Message) question {
	q, err := questionOf(s.id, m)
	var inquiry []byte
	if err == nil {
		inquiry, err = s.uplink.signer.Inquiry(s.id, m.Number)
	}
	if err != nil {
		s.uplink.log.Error("cannot ask whether somebody else signs for a device", zap.String("device_id", s.id), zap.Error(err))
		return q
	}
	s.link.publish(s.id, inquiry)
	return q
}

// hear takes the answer, and ends the use of a device that is forked.
func (u *Uplink) hear(q question, heard []byte) {
	if !q.isFork(heard) {
		return
	}
	u.log.Error("somebody else signs for a device with its key and its numbers: nothing more is signed for it here, until it is recovered",
		zap.String("device_id", q.device), zap.Uint64("sequence", q.number))
	if err := u.outbox.Fork(q.device, q.number); err != nil {
		u.log.Error("cannot keep that somebody else signs for a device", zap.String("device_id", q.device), zap.Error(err))
	}
}

// oldest is closed when the oldest flight has its end; nil, for ever, if there is none.
func oldest(flights []flight) <-chan struct{} {
	if len(flights) == 0 {
		return nil
	}
	return flights[0].token.Done()
}

// settle tells the outbox of the flights from the oldest on that have their PUBACK, returns how many they are, and
// reports whether the next has failed.
func (u *Uplink) settle(id string, flights []flight) (n int, failed bool) {
	for n < len(flights) && ended(flights[n].token) {
		if failed = flights[n].token.Error() != nil; failed {
			break
		}
		n++
	}
	if n > 0 {
		u.outbox.Acknowledge(id, flights[n-1].number)
		u.observer.Delivered(n)
	}
	return n, failed
}

func ended(token paho.Token) bool {
	select {
	case <-token.Done():
		return true
	default:
		return false
	}
}
