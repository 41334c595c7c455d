package fabric

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
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
type authority struct {
	roots, intermediates *x509.CertPool
	// roles are the organisational units by which certificates say what they are for, and peer is
	// that of peers. A certificate has exactly one. Without roles it need have none.
	roles   []string
	peer    string
	revoked []*x509.RevocationList
}

// newAuthority leaves out revocation lists that it cannot read: the orderers have the last word.
func newAuthority(config *msp.FabricMSPConfig) authority {
	a := authority{roots: x509.NewCertPool(), intermediates: x509.NewCertPool()}
	for _, text := range config.GetRootCerts() {
		a.roots.AppendCertsFromPEM(text)
	}
	for _, text := range config.GetIntermediateCerts() {
		a.intermediates.AppendCertsFromPEM(text)
	}
	if units := config.GetFabricNodeOus(); units.GetEnable() {
		a.peer = units.GetPeerOuIdentifier().GetOrganizationalUnitIdentifier()
		for _, unit := range []*msp.FabricOUIdentifier{units.GetClientOuIdentifier(), units.GetPeerOuIdentifier(),
			units.GetAdminOuIdentifier(), units.GetOrdererOuIdentifier()} {
			if name := unit.GetOrganizationalUnitIdentifier(); name != "" {
				a.roles = append(a.roles, name)
			}
		}
	}
	for _, raw := range config.GetRevocationList() {
		if block, _ := pem.Decode(raw); block != nil {
			raw = block.Bytes
		}
		if list, err := x509.ParseRevocationList(raw); err == nil {
			a.revoked = append(a.revoked, list)
		}
	}
	return a
}

// role returns the role of a certificate that is not revoked: empty where the member has none.
func (a authority) role(certificate *x509.Certificate) (string, error) {
	for _, list := range a.revoked {
		if bytes.Equal(list.RawIssuer, certificate.RawIssuer) && slices.ContainsFunc(list.RevokedCertificateEntries,
			func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(certificate.SerialNumber) == 0 }) {
			return "", errors.New("it is revoked")
		}
	}
	if len(a.roles) == 0 {
		return "", nil
	}
	var has []string
	for _, unit := range certificate.Subject.OrganizationalUnit {
		if slices.Contains(a.roles, unit) {
			has = append(has, unit)
		}
	}
	if len(has) != 1 {
		return "", fmt.Errorf("it has %d roles", len(has))
	}
	return has[0], nil
}

// issued checks that an authority of a member issued a certificate, and has not revoked it, and
// returns its role there. As Fabric does, it checks the chain at the time at which the certificate begins.
func (c *channelConfig) issued(member string, certificate *x509.Certificate) (role string, err error) {
	a, known := c.authorities[member]
	if !known {
		return "", fmt.Errorf("%q is no member of the channel", member)
	}
	if role, err = a.role(certificate); err != nil {
		return "", fmt.Errorf("certificate of %s: %w", member, err)
	}
	_, err = certificate.Verify(x509.VerifyOptions{Roots: a.roots, Intermediates: a.intermediates,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, CurrentTime: certificate.NotBefore.Add(time.Second)})
	if err != nil {
		return "", fmt.Errorf("certificate of %s: %w", member, err)
	}
	return role, nil
}

// endorsed reports whether at least one of the endorsements is by a member's peer. Whether they are
// enough is for the peers to say. More than one of each member, and endorsers with more than a certificate, are none
// that peers make.
func (c *channelConfig) endorsed(t offline.Transaction) bool {
	if len(t.Endorsements) > len(c.members) {
		return false
	}
	found := false
	for _, e := range t.Endorsements {
		member, certificate, err := bare(e.Endorser)
		if err != nil {
			return false
		}
		role, err := c.issued(member, certificate)
		found = found || err == nil && role == c.authorities[member].peer && offline.Verify(certificate.PublicKey, t.Signed(e), e.Signature) == nil
	}
	return found
}

// bare reads a serialized identity of which the certificate, in PEM as RFC 7468, clause 3, has it, is all, but for how its
// lines end. Fabric takes any amount of text around it, which all peers would keep for ever.
func bare(serialized []byte) (string, *x509.Certificate, error) {
	member, certificate, err := offline.Identity(serialized)
	if err != nil {
		return "", nil, err //nolint:wrapcheck // it says all
	}
	plain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	for _, text := range [][]byte{plain, bytes.TrimSpace(plain), bytes.ReplaceAll(plain, []byte("\n"), []byte("\r\n"))} {
		if again, err := offline.Creator(member, text); err == nil && bytes.Equal(again, serialized) {
			return member, certificate, nil
		}
	}
	return "", nil, errors.New("it is not one certificate in PEM, in lines of 64 characters, and nothing else")
}

// faulty is how many orderers may be faulty under BFT: more than these cannot all be wrong.
func (c *channelConfig) faulty() int { return (len(c.consenters) - 1) / 3 }

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
	if _, err := config.issued(c.cfg.Member, certificate); err != nil {
		return nil, fmt.Errorf("%w: %w", waymark.Errorf(waymark.Forbidden,
			"the certificate must be issued by an authority of %s, for one role, and not revoked", c.cfg.Member), err)
	}
	return config, nil
}
