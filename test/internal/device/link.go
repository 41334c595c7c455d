package device

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// link is one connection. It never reconnects: what a dead connection still
// held is published again on the next one, by the session.
type link struct {
	client paho.Client
	lost   chan struct{} // closed when the connection is gone
	once   sync.Once
	// farewell says what the last will would: a broker that is told of the end publishes none.
	farewell func()
}

// dial connects and subscribes to the down topic. The error wraps ErrRefused when
// the broker has refused the device's password.
func dial(ctx context.Context, d *Device, b Broker, tlsConfig *tls.Config) (*link, error) {
	password, err := d.Login(b.Now(), loginLifetime)
	if err != nil {
		return nil, err
	}
	l := &link{lost: make(chan struct{})}
	options := paho.NewClientOptions()
	for _, url := range b.urls() {
		options.AddBroker(url)
	}
	options.
		SetTLSConfig(tlsConfig).
		SetProtocolVersion(protocol311).
		SetClientID(d.ID()).
		SetUsername(d.ID()).
		SetPassword(password).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(keepAlive).
		SetConnectionLostHandler(func(paho.Client, error) { l.markLost() })
	online, gone, err := d.presence(b)
	if err != nil {
		return nil, err
	}
	if gone != nil {
		options.SetBinaryWill(upTopic(d.ID()), gone, 1, false)
	}
	l.client = paho.NewClient(options)
	if err := await(ctx, l.client.Connect()); err != nil {
		l.close()
		return nil, fmt.Errorf("connect: %w", classify(err))
	}
	handler := func(_ paho.Client, m paho.Message) {
		if b.Down != nil {
			b.Down(m.Payload())
		}
	}
	if err := await(ctx, l.client.Subscribe(downTopic(d.ID()), 0, handler)); err != nil {
		l.close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	if online != nil {
		l.publish(upTopic(d.ID()), online) // if it is lost, the connection is
		l.farewell = func() { _ = await(context.WithoutCancel(ctx), l.publish(upTopic(d.ID()), gone)) }
	}
	return l, nil
}

// presence is what the device says once it is connected, and its last will; nil if it says nothing.
func (d *Device) presence(b Broker) (online, gone []byte, err error) {
	if !b.Present {
		return nil, nil, nil
	}
	said := waymark.Presence{At: b.Now().Unix(), Session: rand.Text()}
	texts := map[waymark.PresenceState][]byte{}
	for _, said.State = range waymark.PresenceStates() {
		d.mu.Lock()
		text, err := d.say(attest.JWS, attest.Presence, said)
		d.mu.Unlock()
		if err != nil {
			return nil, nil, err
		}
		texts[said.State] = []byte(text)
	}
	return texts[waymark.PresenceOnline], texts[waymark.PresenceGone], nil
}

// ErrRefused says that the broker refused the device: it is not registered,
// suspended, retired, its key is not in force, or its clock is wrong.
var ErrRefused = errors.New("the broker refused the device: is it registered and active, its key in force, its clock right?")

// classify tells a refusal from a broker that is away.
func classify(err error) error {
	if errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) {
		return fmt.Errorf("%w (%w)", ErrRefused, err)
	}
	return err
}

// await waits for a token, no longer than connectTimeout.
func await(ctx context.Context, token paho.Token) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *link) publish(topic string, raw []byte) paho.Token {
	return l.client.Publish(topic, 1, false, raw)
}

// acknowledged waits for a PUBACK. It reports false if the connection was lost
// first: its tokens were completed before lost was closed, or never will be.
func (l *link) acknowledged(token paho.Token) bool {
	select {
	case <-token.Done():
		return token.Error() == nil
	case <-l.lost:
	}
	select {
	case <-token.Done():
		return token.Error() == nil
	default:
		return false
	}
}

// markLost is also how a connection is given up on which a message failed.
func (l *link) markLost() { l.once.Do(func() { close(l.lost) }) }

// close disconnects. Tokens that wait complete with an error.
func (l *link) close() {
	if l.farewell != nil && l.client.IsConnectionOpen() {
		l.farewell()
	}
	l.client.Disconnect(quiesceMillis)
}
