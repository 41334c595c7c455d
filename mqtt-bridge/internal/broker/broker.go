package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/blocks"
	"go.uber.org/zap"
)

const startTimeout = 30 * time.Second

// Broker is the running broker.
type Broker struct {
	server   *server.Server
	auth     *authenticator
	conn     *nats.Conn
	watching *nats.Conn // nil without Watch
	js       jetstream.JetStream
	addr     string
	storeDir string
	note     string // Options.OpenedNote
	log      *zap.Logger
	unacked  int // what the bridge may have on its way
}

// Start starts the broker. Devices are refused until Open. observe is told of
// each device's attempt to log in.
func Start(ctx context.Context, o Options, logins Logins, observe func(accepted bool), log *zap.Logger) (*Broker, error) {
	if err := missing(o); err != nil {
		return nil, err
	}
	if err := secureStore(o.StoreDir, log); err != nil {
		return nil, err
	}
	auth := newAuthenticator(logins, o.BridgeID, observe, log)
	options, err := o.server(auth)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("set up broker: %w", err)
	}
	auth.system = s.SystemAccount
	// Who is counted and has gone without its being told is not among the server's.
	auth.full = func(device string) bool {
		return auth.live.besides(device) >= o.MaxConnections && s.NumClients() > o.MaxConnections
	}
	s.SetLogger(&logger{log: log}, false, false)
	// The server says that it cannot listen by Fatalf, and goes on without.
	if err := portFree(o.Listen); err != nil {
		return nil, err
	}
	s.Start()
	b := &Broker{server: s, auth: auth, storeDir: o.StoreDir, note: o.OpenedNote, log: log, unacked: o.unacknowledged()}
	if err := b.prepare(ctx, o); err != nil {
		b.Stop()
		return nil, err
	}
	return b, nil
}

// Address is where it listens, host:port.
func (b *Broker) Address() string { return b.addr }

// Credential is what the bridge's own client presents.
func (b *Broker) Credential() (username, password string) { return b.auth.bridgeID, b.auth.secret }

// SenderCredential is what the bridge's other client presents, which publishes to devices.
func (b *Broker) SenderCredential() (username, password string) {
	return b.auth.senderID(), b.auth.secret
}

// Disconnect ends the connection of a device, and reports whether there is one. Logging in again
// is up to Logins.
func (b *Broker) Disconnect(device string) bool {
	connections := b.auth.live.of(device)
	b.disconnect(connections)
	return len(connections) > 0
}

func (b *Broker) disconnect(connections []uint64) {
	for _, id := range connections {
		_ = b.server.DisconnectClientByID(id) // it fails for one that has gone
	}
}

// Stop ends all connections and closes the store.
func (b *Broker) Stop() {
	b.auth.stopping.set()
	for _, conn := range []*nats.Conn{b.watching, b.conn} {
		if conn != nil {
			conn.Close()
		}
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
	if err := blocks.Seal(b.storeDir); err != nil {
		b.log.Warn("it cannot be noted which files the broker's store has", zap.Error(err))
	}
}

func (b *Broker) prepare(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if !b.server.ReadyForConnections(startTimeout) {
		return fmt.Errorf("broker does not come up on %s within %s", o.Listen, startTimeout)
	}
	address, err := mqttAddress(b.server, o.Listen)
	if err != nil {
		return err
	}
	b.addr = address
	b.conn, err = nats.Connect("", nats.InProcessServer(b.server), nats.UserInfo(internalUser, b.auth.secret))
	if err != nil {
		return fmt.Errorf("connect to broker in process: %w", err)
	}
	b.js, err = jetstream.New(b.conn)
	if err != nil {
		return fmt.Errorf("open broker store: %w", err)
	}
	if err := b.clearUnopened(ctx); err != nil {
		return err
	}
	if err := b.prepareStreams(ctx, o.StoreBytes); err != nil {
		return err
	}
	return errors.Join(b.boundUnacknowledged(ctx), b.mendSession(ctx))
}

// mqttAddress finds the port that was chosen if the configured one is 0.
func mqttAddress(s *server.Server, listen string) (string, error) {
	v, err := s.Varz(nil)
	if err != nil {
		return "", fmt.Errorf("read broker state: %w", err)
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("read listen address: %w", err)
	}
	return net.JoinHostPort(host, fmt.Sprint(v.MQTT.Port)), nil
}

func portFree(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("broker cannot listen: %w", err)
	}
	return listener.Close()
}
