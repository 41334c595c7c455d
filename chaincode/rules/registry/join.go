package registry

import (
	"crypto/x509"
	"strconv"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Join registers a device that a device CA of its owner vouches for. The device's own
// statement names the owner, and the certificate names the device and its key, so
// any relay may bring it. The same request again changes nothing.
func Join(l ledger.Ledger, r waymark.JoinDeviceRequest) (*waymark.Device, error) {
	tx := l.Tx()
	statement, err := proveRegistration("/registration", r.Registration, tx.Channel)
	if err != nil {
		return nil, err
	}
	if statement.Edge != "" {
		return nil, waymark.InvalidField("/registration", "names an edge, whose key no certificate of the device is for: its owner registers it")
	}
	chain, err := parseChain(r.Chain)
	if err != nil {
		return nil, err
	}
	d := newDevice(tx, statement, false)
	if err := access.Authorize(tx, waymark.ActJoinDevice, access.Device(*d, tx.Time)); err != nil {
		return nil, err
	}
	old, err := existing(l, statement)
	if err != nil || old != nil {
		return old, err
	}
	a, err := vouched(l, r.Authority, chain, d, statement)
	if err != nil {
		return nil, err
	}
	if a.Activate {
		d.State = waymark.DeviceActive
	}
	d.Reason = "joined by certificate"
	return save(l, d, waymark.EventDeviceJoined)
}

// vouched checks the certificates against the authority of the owner that the device
// itself names, and puts them down with the device's key.
func vouched(l ledger.Ledger, authority string, chain []*x509.Certificate, d *waymark.Device, s waymark.Registration) (*waymark.Authority, error) {
	a, err := requireAuthority(l, s.Owner, authority)
	if err != nil {
		return nil, err
	}
	if a.State != waymark.AuthorityTrusted {
		return nil, withdrawn(a)
	}
	root, err := parseCertificate("/authority", a.Certificate)
	if err != nil {
		return nil, err
	}
	if err := attest.VerifyChain(root, chain, l.Tx().Time); err != nil {
		return nil, err
	}
	if err := attest.Certifies(chain[0], s.Device, s.JWK); err != nil {
		return nil, err
	}
	key := &d.Keys[0]
	key.Origin, key.NotAfter, key.Certificate = waymark.KeyByCertificate, chain[0].NotAfter.UTC(), noted(a, chain)
	revoked, err := CertificateRevoked(l, *key)
	if err == nil && revoked {
		err = waymark.Errorf(waymark.Unauthenticated, "a certificate of the chain is revoked").Because(waymark.ReasonRevoked)
	}
	return a, err
}

// noted is what the ledger keeps of a chain.
func noted(a *waymark.Authority, chain []*x509.Certificate) *waymark.KeyCertificate {
	c := &waymark.KeyCertificate{Owner: a.Owner, Authority: a.ID, IssuerKey: a.KeyID, Serial: attest.SerialOf(chain[0]), Issuers: []string{}, ExpiresAt: chain[0].NotAfter.UTC()}
	for _, issuer := range chain[1:] {
		c.Issuers = append(c.Issuers, attest.SerialOf(issuer))
	}
	return c
}

func pointerTo(list string, index int) string { return list + "/" + strconv.Itoa(index) }
