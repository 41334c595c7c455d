package callout

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
	"go.uber.org/zap"
)

const (
	// subject is where servers ask, and queue lets one of several bridges answer.
	subject = "$SYS.REQ.USER.AUTH"
	queue   = "waymark-bridge"
	// maxAtOnce bounds the logins of devices that are known, of which each takes a moment; maxWaiting those that wait, and
	// maxWaitingBytes them together. What comes beyond is refused by the server, in its time.
	maxAtOnce = 256
	// maxStrangers bounds the logins of others, which can take all of loginTimeout and are refused beyond it: whoever makes up ids
	// keeps no known device waiting.
	maxStrangers    = 1024
	maxWaiting      = 4096
	maxWaitingBytes = 32 << 20
	loginTimeout    = 8 * time.Second
	reconnectWait   = time.Second
)

// Options say which cluster asks, and as whom it is answered.
type Options struct {
	URLs     string      // nats://host:port or tls://host:port of each node, with commas between them
	TLS      *tls.Config // nil with nats
	Username string
	Password string
	Seed     []byte // nkey seed of the account key that signs the answers
	Account  string // the account of the bridge, in which devices are put
	BridgeID string // MQTT client id of the bridge
}

// Logins decides who is a device.
type Logins interface {
	// Login checks a device's password and returns until when it is good. An error says
	// why the device is refused.
	Login(ctx context.Context, device, password string) (time.Time, error)
	// Known reports whether a device is remembered: its login takes no longer than a moment.
	Known(device string) bool
}

// Callout answers a cluster.
type Callout struct {
	options Options
	key     nkeys.KeyPair
	logins  Logins
	observe func(accepted bool)
	log     *zap.Logger
	turns   chan struct{}             // of devices that are known
	others  chan struct{}             // turns of strangers
	conn    atomic.Pointer[nats.Conn] // while Run runs
}

// New makes one. observe is told of each device's attempt to log in.
func New(o Options, logins Logins, observe func(accepted bool), log *zap.Logger) (*Callout, error) {
	key, err := nkeys.FromSeed(o.Seed)
	if err != nil {
		return nil, fmt.Errorf("read seed of the callout's issuer: %w", err)
	}
	public, err := key.PublicKey()
	if err != nil || !nkeys.IsValidPublicAccountKey(public) {
		return nil, waymark.Errorf(waymark.Invalid, "the seed of the callout's issuer must be of an account key")
	}
	return &Callout{options: o, key: key, logins: logins, observe: observe, log: log, turns: make(chan struct{}, maxAtOnce), others: make(chan struct{}, maxStrangers)}, nil
}

// Run answers until ctx ends, connecting again for ever. Nothing of it is left when it returns.
func (c *Callout) Run(ctx context.Context) error {
	closed := make(chan struct{})
	conn, err := nats.Connect(c.options.URLs, c.settings(func() { close(closed) })...)
	if err != nil {
		return fmt.Errorf("set up callout: %w", err)
	}
	defer func() { conn.Close(); <-closed; c.wait() }()
	subscription, err := conn.QueueSubscribe(subject, queue, func(m *nats.Msg) { c.take(ctx, m) })
	if err == nil {
		err = subscription.SetPendingLimits(maxWaiting, maxWaitingBytes)
	}
	if err != nil {
		return fmt.Errorf("subscribe callout: %w", err)
	}
	c.conn.Store(conn)
	defer c.conn.Store(nil)
	<-ctx.Done()
	return nil
}

// Answers reports whether the cluster can ask now.
func (c *Callout) Answers() bool {
	conn := c.conn.Load()
	return conn != nil && conn.IsConnected()
}

func (c *Callout) settings(closed func()) []nats.Option {
	settings := []nats.Option{
		nats.Name("waymark-bridge"), nats.UserInfo(c.options.Username, c.options.Password),
		nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.RetryOnFailedConnect(true), nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.log.Warn("callout", zap.Error(err)) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { c.log.Warn("no callout connection", zap.Error(err)) }),
		nats.ClosedHandler(func(*nats.Conn) { closed() }),
	}
	if c.options.TLS != nil {
		settings = append(settings, nats.Secure(c.options.TLS))
	}
	return settings
}

// take looks at a login: of a device that is known when it is one of few, of another at once or not at all.
func (c *Callout) take(ctx context.Context, m *nats.Msg) {
	request, err := jwt.DecodeAuthorizationRequestClaims(string(m.Data))
	if err != nil {
		c.log.Warn("login cannot be read", zap.Error(err))
		return
	}
	if !c.logins.Known(request.ClientInformation.MQTT) {
		select {
		case c.others <- struct{}{}:
			go c.look(ctx, m, request, c.others)
		default:
			c.respond(m, request, time.Time{}, waymark.Errorf(waymark.Unavailable, "too many devices log in that are not known yet: connect again later"))
		}
		return
	}
	select {
	case c.turns <- struct{}{}:
		go c.look(ctx, m, request, c.turns)
	case <-ctx.Done():
	}
}

// look decides, and gives back its turn.
func (c *Callout) look(ctx context.Context, m *nats.Msg, request *jwt.AuthorizationRequestClaims, turns <-chan struct{}) {
	defer func() { <-turns }()
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	expires, err := c.check(ctx, request)
	c.respond(m, request, expires, err)
}

// wait takes all turns, so that no login is looked at any more.
func (c *Callout) wait() {
	for range cap(c.turns) {
		c.turns <- struct{}{}
	}
	for range cap(c.others) {
		c.others <- struct{}{}
	}
}

// respond answers that a device is let in until it expires, or why not.
func (c *Callout) respond(m *nats.Msg, request *jwt.AuthorizationRequestClaims, expires time.Time, refused error) {
	answer, err := c.answer(request, expires, refused)
	if err == nil {
		err = m.Respond(answer)
	}
	if err != nil {
		c.log.Warn("login not answered", zap.Error(err))
	}
}

// answer is the signed answer to a server's question: a user that is the device and can touch
// its own topics, or why there is none.
func (c *Callout) answer(request *jwt.AuthorizationRequestClaims, expires time.Time, err error) ([]byte, error) {
	answer := jwt.NewAuthorizationResponseClaims(request.UserNkey)
	if answer == nil {
		return nil, waymark.Errorf(waymark.Invalid, "a login without a key for its user")
	}
	answer.Audience = request.Server.ID
	device := request.ClientInformation.MQTT
	c.observe(err == nil)
	if err == nil {
		answer.Jwt, err = c.user(request.UserNkey, device, expires)
	}
	if err != nil {
		c.log.Info("device refused", zap.String("device_id", login.Printable(device)), zap.Error(err))
		answer.Error = string(waymark.CodeOf(err)) // the server logs it; why is in the bridge's own log
	}
	signed, err := answer.Encode(c.key)
	return []byte(signed), err
}

// check decides as the embedded broker does. A cluster does not ask clients for certificates.
func (c *Callout) check(ctx context.Context, request *jwt.AuthorizationRequestClaims) (time.Time, error) {
	device, client := request.ClientInformation.MQTT, request.ConnectOptions
	if request.ClientInformation.Type != "mqtt" || login.IsBridge(c.options.BridgeID, device) || login.IsBridge(c.options.BridgeID, client.Username) {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "only devices log in by a callout")
	}
	if err := login.CheckName(device, client.Username, false); err != nil {
		return time.Time{}, err
	}
	return c.logins.Login(ctx, device, client.Password)
}

// user is a device as the cluster knows it.
func (c *Callout) user(key, device string, expires time.Time) (string, error) {
	u := jwt.NewUserClaims(key)
	if u == nil {
		return "", waymark.Errorf(waymark.Invalid, "a login without a key for its user")
	}
	u.Name, u.Audience, u.Expires = device, c.options.Account, expires.Unix()
	u.AllowedConnectionTypes = jwt.StringList{jwt.ConnectionTypeMqtt}
	up, down := login.Subjects(device)
	u.Pub.Allow, u.Sub.Allow = jwt.StringList{up}, jwt.StringList{down}
	return u.Encode(c.key)
}
