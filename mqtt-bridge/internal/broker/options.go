package broker

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

const (
	// maxPacket leaves room above waymark.MaxMessageBytes, so that a message
	// that is somewhat too long is acknowledged and found in quarantine. A longer
	// one costs the device its connection.
	maxPacket = 128 << 10
	// maxWill bounds what is kept of each device that is connected: several times the longest presence.
	maxWill = 16 << 10
	// readBuffer holds the packets that are usual. A longer one is given room out of largeBytes.
	readBuffer = 4 << 10
	// largeBytes bounds the longer packets of devices that are on their way at once.
	largeBytes = 64 << 20
	// spareConnections are for those in their handshake, those of which the registry is asked, and those that end: as many as
	// devices that come back at once after a restart. They come on top of devices and newcomers, each of which have a bound of
	// their own: neither can keep the others out. Those in their handshake have none but all places together: a flood of
	// them (some 800 a second) keeps out devices.
	spareConnections = 4096
)

// How long what is expected of a client may take.
const (
	handshakeTimeout = 5 * time.Second // less than connectTimeout: who says nothing at all is no newcomer, so nobody ends it sooner
	connectTimeout   = 10 * time.Second
	loginTimeout     = 8 * time.Second  // the look at the registry included
	largeTimeout     = 30 * time.Second // of a packet that has room out of largeBytes
	writeTimeout     = 10 * time.Second
	willTimeout      = 5 * time.Second        // for a will to be taken
	farewell         = 500 * time.Millisecond // for what is still to be written to a connection that ends
)

// Options say where the broker listens and whom it lets in.
type Options struct {
	Listen         string // host:port
	CertFile       string // PEM chain
	KeyFile        string // PEM
	MaxConnections int    // of devices that have logged in
	BridgeID       string // no device is called so, or so with a hyphen and more behind it
}

// listenerTLS asks clients for a certificate and takes them without. One that is shown is
// checked when the device logs in, by what the registry says then: no list of authorities
// stands in a configuration. Until then it only has to be small.
func (o Options) listenerTLS() (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load broker certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert,
		VerifyConnection: func(state tls.ConnectionState) error { return checkChain(state.PeerCertificates) }}, nil
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
