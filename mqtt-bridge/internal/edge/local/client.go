package local

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"
)

const (
	connectTimeout   = 10 * time.Second
	writeTimeout     = 10 * time.Second
	keepAlive        = 30 * time.Second
	minReconnectWait = time.Second
	maxReconnectWait = 10 * time.Second
	quiesceMillis    = 500 // for the last acknowledgements when it disconnects
	protocol311      = 4
)

// Options say which broker and how.
type Options struct {
	URLs     []string    // ssl://host:port or tcp://host:port, each node of a cluster; tried in turn
	TLS      *tls.Config // nil with tcp
	ClientID string      // names the persistent session
	Username string
	Password string
	Filters  []string // what to subscribe
}

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

// Client keeps one session alive.
type Client struct {
	options  Options
	receiver Receiver
	log      *zap.Logger
	current  atomic.Pointer[paho.Client] // set while the subscriptions stand
}

// New makes a client. Run connects.
func New(o Options, r Receiver, log *zap.Logger) *Client {
	return &Client{options: o, receiver: r, log: log}
}

// Subscribed reports whether messages can arrive now.
func (c *Client) Subscribed() bool { return c.current.Load() != nil }

// Publish sends a message at QoS 0 over the connection that there is, if there is one, and waits for nothing.
func (c *Client) Publish(topic string, payload []byte) {
	if client := c.current.Load(); client != nil {
		(*client).Publish(topic, 0, false, payload)
	}
}

// Run keeps the session until ctx ends, connecting again for ever.
func (c *Client) Run(ctx context.Context) {
	for node, failures := 0, 0; ctx.Err() == nil; node++ {
		lasted, err := c.session(ctx, c.options.URLs[node%len(c.options.URLs)])
		if ctx.Err() != nil {
			return
		}
		failures++
		if lasted {
			failures = 1
		}
		wait := minReconnectWait + rand.N(min(maxReconnectWait, time.Duration(failures)*time.Second)) //nolint:gosec // jitter
		c.log.Warn("no connection to the local broker", zap.Error(err), zap.Duration("wait", wait))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// session connects to one node, subscribes and receives until the connection is lost or ctx ends. It reports whether the
// subscriptions stood.
func (c *Client) session(ctx context.Context, url string) (bool, error) {
	ctx, cancel := context.WithCancel(ctx) // what a handler still waits with is of this connection
	defer cancel()
	lost := make(chan error, 1)
	client := paho.NewClient(c.clientOptions(ctx, url, lost))
	defer client.Disconnect(quiesceMillis)
	if err := await(ctx, client.Connect()); err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	if err := c.subscribe(ctx, client); err != nil {
		return false, err
	}
	c.log.Info("subscribed at the local broker", zap.Strings("topics", c.options.Filters))
	c.current.Store(&client)
	defer c.current.Store(nil)
	select {
	case err := <-lost:
		return true, fmt.Errorf("connection lost: %w", err)
	case <-ctx.Done():
		return true, nil
	}
}

func (c *Client) clientOptions(ctx context.Context, url string, lost chan<- error) *paho.ClientOptions {
	return paho.NewClientOptions().
		AddBroker(url).
		SetTLSConfig(c.options.TLS).
		SetClientID(c.options.ClientID).
		SetUsername(c.options.Username).
		SetPassword(c.options.Password).
		SetProtocolVersion(protocol311).
		SetCleanSession(false).
		SetOrderMatters(true).
		SetAutoAckDisabled(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(keepAlive).
		// Before Connect: the broker sends what waited before we can subscribe.
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
			c.receiver.Put(ctx, Arrival{Topic: m.Topic(), Payload: m.Payload(), Received: time.Now(), QoS: m.Qos(), ID: m.MessageID(), Again: m.Duplicate(),
				Retained: m.Retained(), Ack: m.Ack})
		}).
		SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
}

// subscribe asks for every filter. What is published at QoS 0 comes at QoS 0.
func (c *Client) subscribe(ctx context.Context, client paho.Client) error {
	filters := make(map[string]byte, len(c.options.Filters))
	for _, f := range c.options.Filters {
		filters[f] = 1
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := await(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	answer, ok := token.(*paho.SubscribeToken)
	for f := range filters {
		if !ok || answer.Result()[f] != 1 {
			return fmt.Errorf("the local broker does not grant QoS 1 for %s: check the edge's permissions there", f)
		}
	}
	return nil
}

func await(ctx context.Context, token paho.Token) error {
	timer := time.NewTimer(connectTimeout)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-timer.C:
		return errors.New("no answer in time")
	case <-ctx.Done():
		return ctx.Err()
	}
}
