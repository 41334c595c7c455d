package device

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

const (
	connectTimeout = 10 * time.Second
	writeTimeout   = 10 * time.Second
	keepAlive      = 30 * time.Second
	loginLifetime  = attest.MaxLoginLifetime
	quiesceMillis  = 250
	protocol311    = 4
)

// Topics of a device.
func upTopic(id string) string   { return "waymark/v1/" + id + "/up" }
func downTopic(id string) string { return "waymark/v1/" + id + "/down" }

// Broker says where a device publishes.
type Broker struct {
	URL    string // ssl://host:port, or several with commas between them, of which it takes the first that answers
	CAFile string // PEM; empty means the roots of the system
	// Certificate is shown to a broker that asks for one; it may be nil.
	Certificate *tls.Certificate
	// Window bounds the messages that wait for their PUBACK; 0 means DefaultWindow.
	Window int
	// Down is called with each message on the device's down topic. It must not block.
	Down func(payload []byte)
	// Keep makes messages stay in the outbox after their PUBACK, until Free.
	Keep bool
	// Present makes the device say that it is there, when it has connected, and leave word that it is gone as its last will.
	Present bool
	// Notice is told what happens to the connection, in words. It may be nil.
	Notice func(text string)
	// Now is the device's clock; nil means the system's.
	Now func() time.Time
}

// DefaultWindow is a window that keeps a broker busy and an outbox short.
const DefaultWindow = 64

func (b Broker) urls() []string { return strings.Split(b.URL, ",") }

// tls returns how to check the broker. It returns Invalid for a URL without TLS:
// the password must not travel in the clear.
func (b Broker) tls() (*tls.Config, error) {
	for _, text := range b.urls() {
		u, err := url.Parse(text)
		if err != nil || !slices.Contains([]string{"ssl", "tls", "mqtts"}, u.Scheme) {
			return nil, waymark.Errorf(waymark.Invalid, "the broker's URL must be ssl://host:port, it is %.80q", text)
		}
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.Certificate != nil {
		c.Certificates = []tls.Certificate{*b.Certificate}
	}
	if b.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(b.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the broker's CA: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the broker's CA: no certificate in %s", b.CAFile)
	}
	return c, nil
}
