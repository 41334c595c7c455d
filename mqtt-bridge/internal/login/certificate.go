package login

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// LoginByCertificate checks that a client that proved to hold the key of chain[0] is the
// device: it is active, that key is one of its keys in force, and the chain is the one by
// which the key came to the registry, leads to the device CA now, and has nothing in it
// that is revoked. It returns when the first of certificates and key ends, and at most
// attest.MaxLoginLifetime from now. Errors are as those of Login.
func (c *Checker) LoginByCertificate(ctx context.Context, device string, chain []*x509.Certificate) (time.Time, error) {
	now := time.Now()
	jwk, err := shown(device, chain)
	if err != nil {
		return time.Time{}, err
	}
	key, err := c.inForce(ctx, device, now, func(d *waymark.Device) (waymark.DeviceKey, error) { return vouchedKey(d, jwk, now) })
	if err != nil {
		return time.Time{}, err
	}
	root, err := c.vouchers.root(ctx, *key.Certificate)
	if err != nil {
		return time.Time{}, err
	}
	if chain = withoutRoot(chain, root); !joinedBy(chain, *key.Certificate) {
		return time.Time{}, refused("the certificates are not those by which the device joined: serial number %s", key.Certificate.Serial)
	}
	if err := attest.VerifyChain(root, chain, now); err != nil {
		return time.Time{}, err
	}
	if err := c.vouchers.check(ctx, key.Certificate); err != nil {
		return time.Time{}, err
	}
	return ends(now, key, append(chain, root)), nil
}

// shown checks what a chain says of itself, before anybody is asked about it, and returns
// the key that the client has proven to hold.
func shown(device string, chain []*x509.Certificate) (waymark.JWK, error) {
	if len(chain) == 0 {
		return waymark.JWK{}, refused("there is no certificate")
	}
	leaf := chain[0]
	jwk, err := attest.JWKOf(leaf.PublicKey)
	if err != nil {
		return waymark.JWK{}, refused("the certificate must have an Ed25519 or ECDSA P-256 key")
	}
	if !forClients(leaf) {
		return waymark.JWK{}, refused("the certificate's extended key usage does not allow client authentication")
	}
	return jwk, attest.Certifies(leaf, device, jwk)
}

// forClients: a certificate that names no extended usage is for all (RFC 5280, clause 4.2.1.12).
func forClients(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// vouchedKey returns the key in force that is jwk and came by a certificate.
func vouchedKey(device *waymark.Device, jwk waymark.JWK, now time.Time) (waymark.DeviceKey, error) {
	judged := device.JudgedAt(now)
	for _, k := range device.Keys {
		if k.JWK == jwk && k.Certificate != nil && k.InForce(judged) {
			return k, nil
		}
	}
	return waymark.DeviceKey{}, refused("device %s has no key in force that came by this certificate: it can log in by a message that it signs", device.ID)
}

// withoutRoot drops the authority, which a client may send or not (RFC 8446, clause 4.4.2).
func withoutRoot(chain []*x509.Certificate, root *x509.Certificate) []*x509.Certificate {
	if last := len(chain) - 1; last > 0 && chain[last].Equal(root) {
		return slices.Clone(chain[:last])
	}
	return slices.Clone(chain)
}

// joinedBy reports whether the registry noted these very serial numbers: what else the
// authority issued for the key, it may have revoked without the ledger's looking.
func joinedBy(chain []*x509.Certificate, noted waymark.KeyCertificate) bool {
	serials := make([]string, len(chain))
	for i, c := range chain {
		serials[i] = attest.SerialOf(c)
	}
	return slices.Equal(serials, append([]string{noted.Serial}, noted.Issuers...))
}

// ends is when the first of all that holds a connection ends.
func ends(now time.Time, key waymark.DeviceKey, chain []*x509.Certificate) time.Time {
	end := earlier(now.Add(attest.MaxLoginLifetime), key.NotAfter)
	for _, c := range chain {
		end = earlier(end, c.NotAfter)
	}
	return end
}

// earlier returns the earlier of an end and another, which is none if it is zero.
func earlier(end, other time.Time) time.Time {
	if !other.IsZero() && other.Before(end) {
		return other
	}
	return end
}

func refused(format string, args ...any) error {
	return waymark.Errorf(waymark.Unauthenticated, format, args...).Because(waymark.ReasonCertificate)
}
