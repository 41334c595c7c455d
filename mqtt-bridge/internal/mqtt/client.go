package mqtt

import (
	"context"
	"errors"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"go.uber.org/zap"
)

// Receiver takes what arrives.
type Receiver interface {
	// Put takes an arrival, and blocks while it has no room. What it does not
	// take stays unacknowledged and comes again.
	Put(ctx context.Context, a intake.Arrival) error
}

// New makes the session that has what devices publish, as options say but for the filters. onNew is called each time the broker turns
// out not to have it, before anything arrives; onSubscribed each time the subscription stands.
func New(o Options, r Receiver, onNew, onSubscribed func(), log *zap.Logger) *Session {
	o.Filters = []string{upFilter}
	take := func(ctx context.Context, m paho.Message) { receive(ctx, r, m, log) }
	return NewSession(o, User{Take: take, Anew: onNew, Subscribed: onSubscribed}, log)
}

// receive blocks while the receiver has no room, and with it the connection:
// the broker then holds what follows.
func receive(ctx context.Context, r Receiver, m paho.Message, log *zap.Logger) {
	err := r.Put(ctx, intake.Arrival{
		Device: deviceOf(m.Topic()), Received: time.Now(), Payload: m.Payload(), AtMostOnce: m.Qos() == 0, ID: m.MessageID(), Ack: m.Ack,
	})
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, intake.ErrClosed) {
		log.Error("message not taken", zap.Error(err))
	}
}
