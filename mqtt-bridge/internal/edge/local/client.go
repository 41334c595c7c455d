package local

import (
	"context"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
	"go.uber.org/zap"
)

// reconnectWait is the shortest wait before connecting again.
const reconnectWait = time.Second

// Arrival is a message.
type Arrival struct {
	Topic    string
	Payload  []byte
	Received time.Time
	QoS      byte
	ID       uint16 // of the packet, the same when it is sent again; 0 with QoS 0
	Again    bool   // the broker has sent it before and had no acknowledgement
	Retained bool   // the broker kept it and sends it at a subscription: it may be of any time
	Ack      func() // acknowledges it
}

// Receiver takes what arrives.
type Receiver interface {
	// Put takes an arrival, and blocks while it has no room or until ctx ends. What it does not take stays unacknowledged and
	// comes again, if it was published at QoS 1.
	Put(ctx context.Context, a Arrival)
}

// New makes the session at the local broker, as options say but for the wait. What arrives goes to r.
func New(o mqtt.Options, r Receiver, log *zap.Logger) *mqtt.Session {
	o.ReconnectWait = reconnectWait
	take := func(ctx context.Context, m paho.Message) {
		r.Put(ctx, Arrival{Topic: m.Topic(), Payload: m.Payload(), Received: time.Now(), QoS: m.Qos(), ID: m.MessageID(), Again: m.Duplicate(),
			Retained: m.Retained(), Ack: m.Ack})
	}
	nothing := func() {}
	return mqtt.NewSession(o, mqtt.User{Take: take, Anew: nothing, Subscribed: nothing}, log)
}
