package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"go.uber.org/zap"
)

const (
	connectTimeout   = 10 * time.Second
	subscribeTimeout = 10 * time.Second
	writeTimeout     = 10 * time.Second
	keepAlive        = 30 * time.Second
	maxReconnectWait = 10 * time.Second
	watchInterval    = time.Second
	quiesce          = 500 // ms for the last acknowledgements when it disconnects
)

var errLost = errors.New("connection lost")

// Options say which broker and how.
type Options struct {
	URLs          []string    // ssl://host:port or tcp://host:port, each node of a cluster; tried in turn
	TLS           *tls.Config // nil with tcp
	ClientID      string      // names the persistent session
	Username      string
	Password      string
	ReconnectWait time.Duration // shortest wait before connecting again
	Asks          bool          // the broker each second whether it is there, so that Heard tells it
}

// Receiver takes what arrives.
type Receiver interface {
	// Put takes an arrival, and blocks while it has no room. What it does not
	// take stays unacknowledged and comes again.
	Put(ctx context.Context, a intake.Arrival) error
}

// Client keeps one session alive.
type Client struct {
	options      Options
	receiver     Receiver
	onNew        func()
	onSubscribed func()
	log          *zap.Logger
	subscribed   atomic.Bool
	heard        atomic.Pointer[time.Time] // nil before the first
}

// New makes a client. onNew is called each time the broker turns out not to have the session, before anything arrives; onSubscribed
// each time the subscription stands.
func New(options Options, receiver Receiver, onNew, onSubscribed func(), log *zap.Logger) *Client {
	return &Client{options: options, receiver: receiver, onNew: onNew, onSubscribed: onSubscribed, log: log}
}

// Subscribed reports whether messages can arrive now.
func (c *Client) Subscribed() bool { return c.subscribed.Load() }

// Heard returns when something was sent that the broker has answered over the connection that the session has or had last; zero before the
// first. What has arrived is passed on before an answer is read.
func (c *Client) Heard() time.Time {
	if at := c.heard.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Run keeps a session until ctx ends, connecting again for ever. Each connection
// has a client of its own: what an old one still held is sent again by the
// broker, and the ledger knows duplicates.
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
		wait := c.options.ReconnectWait + rand.N(min(maxReconnectWait, time.Duration(failures)*time.Second)) //nolint:gosec // jitter
		c.log.Warn("no broker connection", zap.Error(err), zap.Duration("wait", wait))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// session connects to one node, subscribes and receives until the connection is lost or ctx
// ends. It reports whether the subscription stood.
func (c *Client) session(ctx context.Context, url string) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx) // what a handler waits with is of this connection
	client := paho.NewClient(c.clientOptions(ctx, url, cancel))
	defer client.Disconnect(quiesce)
	defer cancel(nil) // before that: it waits for the handler
	token := client.Connect()
	if err := await(ctx, token, connectTimeout); err != nil {
		return false, fmt.Errorf("connect to broker: %w", err)
	}
	if connected, ok := token.(*paho.ConnectToken); ok && !connected.SessionPresent() {
		c.onNew()
	}
	asked := time.Now()
	go c.watch(ctx, client, cancel)
	if err := subscribe(ctx, client); err != nil {
		return false, fmt.Errorf("subscribe %s: %w", upFilter, err)
	}
	c.heard.Store(&asked)
	c.log.Info("subscribed", zap.String("topic", upFilter))
	c.subscribed.Store(true)
	defer c.subscribed.Store(false)
	c.onSubscribed()
	<-ctx.Done()
	return true, context.Cause(ctx)
}

// watch ends what is of a connection once that is lost. The client does not say so while a handler waits. Until then it asks whether the
// broker is there, if it is to: a connection can be gone without a sign.
func (c *Client) watch(ctx context.Context, client paho.Client, lose context.CancelCauseFunc) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var asked time.Time
	var token paho.Token
	var answered <-chan struct{} // nil while nothing is asked
	for client.IsConnectionOpen() {
		select {
		case <-ticker.C:
			if c.options.Asks && c.subscribed.Load() && answered == nil {
				asked = time.Now()
				token = client.Unsubscribe(noFilter)
				answered = token.Done()
			}
		case <-answered:
			if answered = nil; token.Error() == nil {
				at := asked
				c.heard.Store(&at)
			}
		case <-ctx.Done():
			return
		}
	}
	lose(errLost)
}

func (c *Client) clientOptions(ctx context.Context, url string, lose context.CancelCauseFunc) *paho.ClientOptions {
	return paho.NewClientOptions().
		AddBroker(url).
		SetTLSConfig(c.options.TLS).
		SetClientID(c.options.ClientID).
		SetUsername(c.options.Username).
		SetPassword(c.options.Password).
		SetProtocolVersion(4). // MQTT 3.1.1, and no fallback to 3.1
		SetCleanSession(false).
		SetOrderMatters(true).
		SetAutoAckDisabled(true).
		SetAutoReconnect(false). // Run does it, and waits long enough
		SetConnectRetry(false).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(keepAlive).
		// Before Connect: the broker sends what waited before we can subscribe.
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { c.receive(ctx, m) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { lose(fmt.Errorf("%w: %w", errLost, err)) })
}

// receive blocks while the receiver has no room, and with it the connection:
// the broker then holds what follows.
func (c *Client) receive(ctx context.Context, m paho.Message) {
	err := c.receiver.Put(ctx, intake.Arrival{
		Device: deviceOf(m.Topic()), Received: time.Now(), Payload: m.Payload(), AtMostOnce: m.Qos() == 0, Ack: m.Ack,
	})
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, intake.ErrClosed) {
		c.log.Error("message not taken", zap.Error(err))
	}
}

func subscribe(ctx context.Context, client paho.Client) error {
	token := client.Subscribe(upFilter, 1, nil)
	if err := await(ctx, token, subscribeTimeout); err != nil {
		return err
	}
	answer, ok := token.(*paho.SubscribeToken)
	if !ok || answer.Result()[upFilter] != 1 {
		return errors.New("the broker does not grant QoS 1: check the bridge's permissions there")
	}
	return nil
}

func await(ctx context.Context, token paho.Token, timeout time.Duration) error {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-timer.C:
		return errors.New("no answer in time")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
