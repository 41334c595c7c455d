package uplink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"go.uber.org/zap"
)

const (
	minBackoff = time.Second
	// A password is good for 24 hours at most, and the broker ends a connection when it expires: the edge makes a new
	// connection an hour or two before that, not all devices at once.
	lifetime    = attest.MaxLoginLifetime
	renewBefore = time.Hour
)

// errLost is why a device is not connected when it was.
var errLost = errors.New("the connection was lost")

// flight is a message that was published and waits for its PUBACK.
type flight struct {
	number uint64
	token  paho.Token
}

// run publishes for one device until ctx ends, connecting again for ever. It connects when there is something to publish.
func (u *Uplink) run(ctx context.Context, id string) error {
	for backoff := minBackoff; ; {
		if err := u.awaitWork(ctx, id); err != nil {
			return err
		}
		l, err := u.connect(ctx, id)
		delivered := 0
		if err == nil {
			if delivered, err = u.serve(ctx, id, l); err != nil {
				return err
			}
			err = errLost
		}
		if delivered > 0 {
			backoff = minBackoff
		}
		wait := backoff/2 + rand.N(backoff) //nolint:gosec // jitter
		backoff = min(2*backoff, u.options.MaxBackoff)
		if ctx.Err() == nil {
			u.log.Warn("device is not connected", zap.String("device_id", id), zap.Duration("wait", wait), zap.Error(err))
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// awaitWork returns when there is something to publish. It returns an error when there will not be.
func (u *Uplink) awaitWork(ctx context.Context, id string) error {
	for {
		waiting, err := u.outbox.Pending(id, 0, 1)
		if err != nil || len(waiting) > 0 {
			return err
		}
		select {
		case <-u.outbox.Ready(id):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (u *Uplink) connect(ctx context.Context, id string) (*link, error) {
	if err := u.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	password, err := u.signer.Password(id, time.Now(), lifetime)
	if err != nil {
		return nil, err
	}
	l, err := dial(ctx, u.options, id, password)
	u.standing.tried(id, err)
	u.observer.Connected(err == nil)
	return l, err
}

// serve publishes over one connection until it is lost, its password is to be renewed, or ctx ends, and returns how many
// messages were delivered; an error if the outbox cannot be read. Everything that waits is published, in order: what the last
// connection did with it is not known.
func (u *Uplink) serve(ctx context.Context, id string, l *link) (delivered int, err error) {
	defer u.standing.left()
	defer l.close()
	renew := time.NewTimer(lifetime - renewBefore - rand.N(renewBefore)) //nolint:gosec // jitter
	defer renew.Stop()
	var flights []flight
	var asked question
	for last := uint64(0); ; {
		more, err := u.outbox.Pending(id, last, u.options.Window-len(flights))
		if err != nil {
			return delivered, err
		}
		if asked.device == "" && len(more) > 0 {
			asked = u.ask(l, id, more[0])
		}
		for _, m := range more {
			flights = append(flights, flight{m.Number, l.publish(id, m.Raw)})
			last = m.Number
		}
		select {
		case <-oldest(flights):
			n, failed := u.settle(id, flights)
			delivered += n
			if failed {
				return delivered, nil
			}
			flights = flights[n:]
		case <-u.outbox.Ready(id):
		case heard := <-l.heard:
			u.hear(asked, heard)
		case <-l.lost:
			return delivered, nil
		case <-renew.C:
			return delivered, nil
		case <-ctx.Done():
			return delivered, nil
		}
	}
}

// ask publishes the question about the oldest message that waits. An answer that does not come is asked for at the next connection.
func (u *Uplink) ask(l *link, id string, m outbox.Message) question {
	q, err := questionOf(id, m)
	var inquiry []byte
	if err == nil {
		inquiry, err = u.signer.Inquiry(id, m.Number)
	}
	if err != nil {
		u.log.Error("cannot ask whether somebody else signs for a device", zap.String("device_id", id), zap.Error(err))
		return q
	}
	l.publish(id, inquiry)
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
