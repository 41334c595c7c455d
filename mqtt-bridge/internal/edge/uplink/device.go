package uplink

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
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
	l, err := u.login(ctx, id)
	u.standing.tried(id, err)
	u.observer.Connected(err == nil)
	return l, err
}

// login connects as a device, or as the edge, in its turn.
func (u *Uplink) login(ctx context.Context, id string) (*link, error) {
	if err := u.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	password, err := u.signer.Password(id, time.Now(), lifetime)
	if err != nil {
		return nil, err
	}
	return dial(ctx, u.options, id, password)
}
