package fabric

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	offline "github.com/waymark-ledger/waymark/gateway/client/transaction"
)

// configAge is how long a configuration counts as the one in force: so much later at most a
// member's new authority is known.
const configAge = time.Minute

// authority issues the certificates of one member.
type authority struct{ roots, intermediates *x509.CertPool }

func newAuthority(config *msp.FabricMSPConfig) authority {
	a := authority{roots: x509.NewCertPool(), intermediates: x509.NewCertPool()}
	for _, pem := range config.GetRootCerts() {
		a.roots.AppendCertsFromPEM(pem)
	}
	for _, pem := range config.GetIntermediateCerts() {
		a.intermediates.AppendCertsFromPEM(pem)
	}
	return a
}

// issued checks that an authority of a member issued a certificate. As Fabric does, it checks
// the chain at the time at which the certificate begins.
func (c *channelConfig) issued(member string, certificate *x509.Certificate) error {
	a, known := c.authorities[member]
	if !known {
		return fmt.Errorf("%q is no member of the channel", member)
	}
	_, err := certificate.Verify(x509.VerifyOptions{Roots: a.roots, Intermediates: a.intermediates,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, CurrentTime: certificate.NotBefore.Add(time.Second)})
	if err != nil {
		return fmt.Errorf("certificate of %s: %w", member, err)
	}
	return nil
}

// endorsed reports whether at least one of the endorsements is a member's. Whether they are
// enough is for the peers to say.
func (c *channelConfig) endorsed(t offline.Transaction) bool {
	return slices.ContainsFunc(t.Endorsements, func(e offline.Endorsement) bool {
		member, certificate, err := offline.Identity(e.Endorser)
		return err == nil && c.issued(member, certificate) == nil &&
			offline.Verify(certificate.PublicKey, t.Signed(e), e.Signature) == nil
	})
}

// seenConfig is a configuration that was in force at a time.
type seenConfig struct {
	*channelConfig
	at time.Time
}

// inForce returns the channel's configuration, at most configAge old.
func (c *Client) inForce(ctx context.Context) (*channelConfig, error) {
	if seen := c.seen.Load(); seen != nil && time.Since(seen.at) < configAge {
		return seen.channelConfig, nil
	}
	at := time.Now()
	raw, failed := c.evaluate(ctx, c.turns.evaluate, c.self(), configChaincode, configBlockNow, c.own(client.WithArguments(c.cfg.Channel)))
	if failed != nil {
		return nil, failed.err()
	}
	config, err := parseConfig(raw)
	if err != nil {
		return nil, fmt.Errorf("configuration in force: %w", err)
	}
	c.seen.Store(&seenConfig{config, at})
	return config, nil
}

// vouched returns the configuration in force, by which this member vouches for the creator of
// a proposal. No peer looks at that when a transaction is submitted, and the ordering service
// refuses those of strangers.
func (c *Client) vouched(ctx context.Context, p offline.Proposal) (*channelConfig, error) {
	certificate, err := c.creatorOf(p)
	if err != nil {
		return nil, err
	}
	config, err := c.inForce(ctx)
	if err != nil {
		return nil, err
	}
	if err := config.issued(c.cfg.Member, certificate); err != nil {
		return nil, fmt.Errorf("%w: %w", waymark.Errorf(waymark.Forbidden, "the certificate must be issued by an authority of %s", c.cfg.Member), err)
	}
	return config, nil
}
