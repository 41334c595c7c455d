package uplink

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
)

const (
	connectTimeout = 10 * time.Second
	writeTimeout   = 10 * time.Second
	keepAlive      = 30 * time.Second
	quiesceMillis  = 250
	protocol311    = 4
	heardMost      = 4
)

// link is one connection. It never connects again: what it had is published anew on the next one.
type link struct {
	client paho.Client
	lost   chan struct{} // closed when the connection is gone
	heard  chan []byte   // what came down; more than heardMost that nobody took is passed over
}

// dial connects as a device.
func dial(ctx context.Context, o Options, id, password string) (*link, error) {
	l := &link{lost: make(chan struct{}), heard: make(chan []byte, heardMost)}
	var once sync.Once
	options := paho.NewClientOptions()
	for _, i := range rand.Perm(len(o.URLs)) { //nolint:gosec // any order will do
		options.AddBroker(o.URLs[i])
	}
	l.client = paho.NewClient(options.
		SetTLSConfig(o.TLS).
		SetProtocolVersion(protocol311).
		SetClientID(id).
		SetUsername(id).
		SetPassword(password).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(keepAlive).
		SetConnectionLostHandler(func(paho.Client, error) { once.Do(func() { close(l.lost) }) }))
	if err := mqtt.Await(ctx, l.client.Connect(), connectTimeout); err != nil {
		l.close()
		return nil, fmt.Errorf("connect to the consortium's broker: %w", err)
	}
	l.client.Subscribe(topicOf(id, "down"), 0, l.hear) // before anything is asked; without it there is no answer
	return l, nil
}

func (l *link) hear(_ paho.Client, m paho.Message) {
	select {
	case l.heard <- m.Payload():
	default:
	}
}

func topicOf(id, way string) string { return "waymark/v1/" + id + "/" + way }

// publish sends at QoS 1. It blocks while the connection takes nothing, writeTimeout at most.
func (l *link) publish(id string, raw []byte) paho.Token {
	return l.client.Publish(topicOf(id, "up"), 1, false, raw)
}

// close disconnects. Tokens that wait complete with an error.
func (l *link) close() { l.client.Disconnect(quiesceMillis) }
