package broker

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// AckWait is how long the broker waits for an acknowledgement before it sends a
// message again by itself. What a connection of the bridge has left comes before that: Rewind.
const AckWait = 2 * time.Second

// SenderSuffix ends the client id of the bridge's client that publishes to devices; what is before it is the id of the other.
const SenderSuffix = "-down"

const (
	serverName = "waymark-bridge"
	// maxPayload leaves room above waymark.MaxMessageBytes, so that a message
	// that is somewhat too long is acknowledged and found in quarantine. A longer
	// one costs the device its connection.
	maxPayload = 128 << 10
	// mostUnacknowledged bounds what is on its way to the bridge, however much it can hold.
	mostUnacknowledged = 1024
	// spareConnections are for the bridge, the broker's own, those in their handshake, and those of which the registry is asked: as many as
	// devices that come back at once after a restart. They come on top of devices and newcomers, each of which have a bound of
	// their own: neither can keep the others out, nor the bridge. Those in their handshake have none but all places together: a flood of
	// them (some 800 a second) keeps out devices, and the bridge too if it connects just then.
	spareConnections = 4096
	authSeconds      = 10
	// tlsSeconds is less: who says nothing at all is no newcomer, so nobody ends it sooner.
	tlsSeconds      = 5
	writeDeadline   = 10 * time.Second
	maxPendingBytes = 64 << 20
	// storeReserve is what the store may hold besides the messages: sessions,
	// retained messages, messages of QoS 2 on their way.
	storeReserve = 256 << 20
)

// Options say where the broker listens and what it keeps.
type Options struct {
	Listen         string // host:port
	CertFile       string // PEM chain
	KeyFile        string // PEM
	StoreDir       string
	OpenedNote     string // file outside StoreDir by which a store that is gone is missed; "" for none
	StoreBytes     int64  // bounds the messages held for the bridge
	SyncAlways     bool
	SyncInterval   time.Duration
	MaxConnections int    // of devices that have logged in
	BridgeID       string // MQTT client id and user name of the bridge
	// HoldsMessages and HoldsBytes are what the bridge can hold that it has not acknowledged. No more is sent to it: what
	// it has no room for would stand in its connection, be sent again behind newer messages, and at last end the connection.
	HoldsMessages int
	HoldsBytes    int64
}

// sessionRoom is how many times as many messages the server may have on their way in the bridge's session as its stream gives out. What
// was acknowledged just when it is sent again counts there once more; without room the server would leave a new message out, to send it behind newer ones.
const sessionRoom = 4

// unacknowledged is how many messages are sent to the bridge before it has acknowledged any.
func (o Options) unacknowledged() int {
	return max(1, min(mostUnacknowledged, o.HoldsMessages, int(o.HoldsBytes/maxPayload)))
}

func (o Options) server(auth *authenticator) (*server.Options, error) {
	host, portText, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("read listen address: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("read listen port: %w", err)
	}
	certificate, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load broker certificate: %w", err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	options := &server.Options{
		ServerName:      serverName,
		DontListen:      true, // no NATS port: only MQTT, and connections inside this process
		NoSigs:          true,
		NoLog:           true, // Start sets a logger of ours
		JetStream:       true,
		StoreDir:        o.StoreDir,
		SyncAlways:      o.SyncAlways,
		SyncInterval:    o.SyncInterval,
		MaxPayload:      maxPayload,
		MaxConn:         o.MaxConnections + maxNewcomers + spareConnections,
		MaxPending:      maxPendingBytes,
		WriteDeadline:   writeDeadline,
		JetStreamLimits: server.JSLimitOpts{DefaultMaxConsumers: -1}, // the default refuses the 1001st
		// Sum of the streams' bounds must fit.
		JetStreamMaxStore:          o.StoreBytes + storeReserve,
		JetStreamMaxMemory:         16 << 20,
		CustomClientAuthentication: auth,
	}
	options.MQTT = server.MQTTOpts{
		Host: host, Port: port,
		TLSConfig:     listenerTLS(certificate, auth.newcomers),
		TLSTimeout:    tlsSeconds,
		AuthTimeout:   authSeconds,
		AckWait:       AckWait,
		MaxAckPending: uint16(sessionRoom * o.unacknowledged()), //nolint:gosec // at most sessionRoom times mostUnacknowledged
	}
	return options, nil
}

// listenerTLS asks clients for a certificate and takes them without. One that is shown is
// checked when the device logs in, by what the registry says then: no list of authorities
// stands in a configuration. Until then it only has to be small.
func listenerTLS(certificate tls.Certificate, n *newcomers) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert}
	config.GetConfigForClient = n.greeting(config.Clone())
	return config
}

// checkChain checks the bounds of a chain: a device's own, and their authority.
func checkChain(chain []*x509.Certificate) error {
	if len(chain) > waymark.MaxChain+1 {
		return waymark.Errorf(waymark.Unauthenticated, "a client shows at most %d certificates and their authority", waymark.MaxChain)
	}
	for _, c := range chain {
		if len(c.Raw) > waymark.MaxCertificateBytes {
			return waymark.Errorf(waymark.Unauthenticated, "a certificate has at most %d bytes", waymark.MaxCertificateBytes)
		}
	}
	return nil
}
