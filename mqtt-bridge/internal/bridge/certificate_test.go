package bridge_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// withChain are the options of a device that shows a certificate.
func (s *site) withChain(t testing.TB, d *gatewaytest.Device, clientID, user string, chain []*x509.Certificate) *paho.ClientOptions {
	t.Helper()
	options := s.options(t, clientID, user, "")
	credential := d.Credential(chain)
	options.TLSConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &credential, nil }
	return options
}

// A device that joined the ledger a moment ago connects by its certificate, and what it
// publishes arrives; nobody has told the broker of it or of its CA.
func TestDeviceConnectsByItsCertificate(t *testing.T) {
	s := newSite(t)
	s.start(t)
	ca := gatewaytest.NewAuthority(t, nil)
	s.gateway.Trust(ca)
	d, thief := gatewaytest.NewDevice(t, "logger-1", attest.COSE), gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	chain := ca.Intermediate(t, nil).Issue(t, d, nil)
	s.gateway.Register(ca.Joined(t, d, chain, waymark.DeviceActive))
	large := ca.Issue(t, d, func(c *x509.Certificate) {
		c.Subject.Organization = []string{strings.Repeat("x", waymark.MaxCertificateBytes)}
	})
	for _, test := range []struct {
		name     string
		key      *gatewaytest.Device
		clientID string
		user     string
		password string
		chain    []*x509.Certificate
		want     bool
	}{
		{"the device", d, "logger-1", "logger-1", "", chain, true},
		{"without a user name", d, "logger-1", "", "", chain, true},
		{"with the authority", d, "logger-1", "", "", append(slices.Clone(chain), ca.Certificate), true},
		{"a password wins", d, "logger-1", "logger-1", "secret", chain, false},
		{"another client id", d, "logger-2", "", "", chain, false},
		{"another client id, its own user name", d, "logger-2", "logger-1", "", chain, false},
		{"another user name", d, "logger-1", "logger-2", "", chain, false},
		{"the bridge's client id", d, s.config.MQTT.ClientID, "", "", chain, false},
		{"no certificate and no password", d, "logger-1", "", "", nil, false},
		{"without the intermediate", d, "logger-1", "", "", chain[:1], false},
		{"somebody else's certificate", thief, "logger-1", "", "", chain, false},
		{"a certificate of a thief's CA", thief, "logger-1", "", "", gatewaytest.NewAuthority(t, nil).Issue(t, thief, nil), false},
		{"too many certificates", d, "logger-1", "", "", slices.Repeat(chain, 50), false},
		{"too large a certificate", d, "logger-1", "", "", large, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := s.withChain(t, test.key, test.clientID, test.user, test.chain).SetPassword(test.password)
			client := paho.NewClient(options)
			token := client.Connect()
			if !token.WaitTimeout(30*time.Second) || (token.Error() == nil) != test.want {
				t.Fatalf("connected %t, want %t: %v", token.Error() == nil, test.want, token.Error())
			}
			if test.want {
				publish(t, client, d, 5)
				client.Disconnect(50)
			}
		})
	}
	waitFor(t, "all messages", func() bool { return s.inOrder(d.ID, 15) })
	s.gateway.Revoke(chain[1])
	waitFor(t, "the revocation", func() bool {
		client := paho.NewClient(s.withChain(t, d, "logger-1", "", chain))
		token := client.Connect()
		token.WaitTimeout(30 * time.Second)
		client.Disconnect(50)
		return errors.Is(token.Error(), packets.ErrorRefusedNotAuthorised)
	})
}
