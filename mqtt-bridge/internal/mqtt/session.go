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
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
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
	protocol311      = 4   // and no fallback to 3.1
)

var errLost = errors.New("connection lost")

// Options say which broker and how.
type Options struct {
	URLs          []string    // ssl://host:port or tcp://host:port, each node of a cluster; tried in turn
	TLS           *tls.Config // nil with tcp
	ClientID      string      // names the persistent session
	Username      string
	Password      string
	Filters       []string      // what to subscribe
	ReconnectWait time.Duration // shortest wait before connecting again
	Asks          bool          // the broker each second whether it is there, so that Heard tells it
}

// User is what a session is kept for.
type User struct {
	// Take takes a message, and blocks while it has no room or until ctx ends, as it does with the connection by which the message
	// came. What it does not acknowledge comes again.
	Take func(ctx context.Context, m paho.Message)
	// Anew is called each time the broker turns out not to have the session, before anything arrives.
	Anew func()
	// Subscribed is called each time the subscriptions stand.
	Subscribed func()
}

// Session is one session. It is safe for concurrent use.
type Session struct {
	options Options
	user    User
	log     *zap.Logger
	current atomic.Pointer[paho.Client] // set while the subscriptions stand
	is      atomic.Int32                // one of the below
	heard   atomic.Pointer[time.Time]   // nil before the first
}

// What is known of a session at the broker.
const (
	unknown  int32 = iota // nothing, or that the broker does not have it
	stands                // its subscriptions, too
	doubtful              // it stood, and then the connection was lost
)

// NewSession makes a session. Run connects.
func NewSession(o Options, u User, log *zap.Logger) *Session {
	return &Session{options: o, user: u, log: log.With(zap.String("session", o.ClientID))}
}

// Subscribed reports whether messages can arrive now.
func (s *Session) Subscribed() bool { return s.current.Load() != nil }

// Stands reports whether the broker keeps for this session what is published now: its subscriptions have stood, and the connection
// was not lost since, or the broker still had the session when it was made again.
func (s *Session) Stands() bool { return s.is.Load() == stands }

// InDoubt reports whether the connection was lost, so that the broker may have lost the session too, and is not made again.
func (s *Session) InDoubt() bool { return s.is.Load() == doubtful }

// Heard returns when something was sent that the broker has answered over the connection that the session has or had last; zero before the
// first. What has arrived is passed on before an answer is read.
func (s *Session) Heard() time.Time {
	if at := s.heard.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Publish sends a message at QoS 0 over the connection that there is, if there is one, and waits for nothing.
func (s *Session) Publish(topic string, payload []byte) {
	if client := s.current.Load(); client != nil {
		(*client).Publish(topic, 0, false, payload)
	}
}

// Run keeps the session until ctx ends, connecting again for ever. Each connection
// has a client of its own: what an old one still held is sent again by the
// broker.
func (s *Session) Run(ctx context.Context) {
	for node, failures := 0, 0; ctx.Err() == nil; node++ {
		lasted, err := s.connect(ctx, s.options.URLs[node%len(s.options.URLs)])
		if ctx.Err() != nil {
			return
		}
		failures++
		if lasted {
			failures = 1
		}
		wait := s.options.ReconnectWait + rand.N(min(maxReconnectWait, time.Duration(failures)*time.Second)) //nolint:gosec // jitter
		s.log.Warn("no broker connection", zap.Error(err), zap.Duration("wait", wait))
		pause.For(ctx.Done(), wait)
	}
}

// connect connects to one node, subscribes and receives until the connection is lost or ctx
// ends. It reports whether the subscriptions stood.
func (s *Session) connect(ctx context.Context, url string) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx) // what a handler waits with is of this connection
	client := paho.NewClient(s.clientOptions(ctx, url, cancel))
	defer client.Disconnect(quiesce)
	defer cancel(nil) // before that: it waits for the handler
	token := client.Connect()
	if err := Await(ctx, token, connectTimeout); err != nil {
		return false, fmt.Errorf("connect to broker: %w", err)
	}
	s.met(token)
	defer s.left(ctx) // first of all: disconnecting takes a while
	asked := time.Now()
	go s.watch(ctx, client, cancel)
	if err := s.subscribe(ctx, client); err != nil {
		return false, fmt.Errorf("subscribe: %w", err)
	}
	s.heard.Store(&asked)
	s.log.Info("subscribed", zap.Strings("topics", s.options.Filters))
	s.is.Store(stands)
	s.current.Store(&client)
	s.user.Subscribed()
	<-ctx.Done()
	return true, context.Cause(ctx)
}

// met notes whether the broker has the session, which it says when it takes the connection.
func (s *Session) met(token paho.Token) {
	if connected, ok := token.(*paho.ConnectToken); ok && !connected.SessionPresent() {
		s.is.Store(unknown)
		s.user.Anew()
		return
	}
	s.is.CompareAndSwap(doubtful, stands)
}

// left notes that there is no connection any more. A session that is given up in order is in no doubt: its broker is there.
func (s *Session) left(ctx context.Context) {
	s.current.Store(nil)
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), errLost) {
		s.is.CompareAndSwap(stands, doubtful)
	}
}

// watch ends what is of a connection once that is lost. The client does not say so while a handler waits. Until then it asks whether the
// broker is there, if it is to: a connection can be gone without a sign.
func (s *Session) watch(ctx context.Context, client paho.Client, lose context.CancelCauseFunc) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var asked time.Time
	var token paho.Token
	var answered <-chan struct{} // nil while nothing is asked
	for client.IsConnectionOpen() {
		select {
		case <-ticker.C:
			if s.options.Asks && s.Subscribed() && answered == nil {
				asked = time.Now()
				token = client.Unsubscribe(noFilter)
				answered = token.Done()
			}
		case <-answered:
			if answered = nil; token.Error() == nil {
				at := asked
				s.heard.Store(&at)
			}
		case <-ctx.Done():
			return
		}
	}
	lose(errLost)
}

func (s *Session) clientOptions(ctx context.Context, url string, lose context.CancelCauseFunc) *paho.ClientOptions {
	return paho.NewClientOptions().
		AddBroker(url).
		SetTLSConfig(s.options.TLS).
		SetClientID(s.options.ClientID).
		SetUsername(s.options.Username).
		SetPassword(s.options.Password).
		SetProtocolVersion(protocol311).
		SetCleanSession(false).
		SetOrderMatters(true).
		SetAutoAckDisabled(true).
		SetAutoReconnect(false). // Run does it, and waits long enough
		SetConnectRetry(false).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(keepAlive).
		// Before Connect: the broker sends what waited before we can subscribe.
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { s.user.Take(ctx, m) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { lose(fmt.Errorf("%w: %w", errLost, err)) })
}

// subscribe asks for every filter. What is published at QoS 0 comes at QoS 0.
func (s *Session) subscribe(ctx context.Context, client paho.Client) error {
	filters := make(map[string]byte, len(s.options.Filters))
	for _, f := range s.options.Filters {
		filters[f] = 1
	}
	token := client.SubscribeMultiple(filters, nil)
	if err := Await(ctx, token, subscribeTimeout); err != nil {
		return err
	}
	answer, ok := token.(*paho.SubscribeToken)
	for f := range filters {
		if !ok || answer.Result()[f] != 1 {
			return fmt.Errorf("the broker does not grant QoS 1 for %s: check the permissions there", f)
		}
	}
	return nil
}

// Await waits for what a client was asked, for so long.
func Await(ctx context.Context, token paho.Token, timeout time.Duration) error {
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
