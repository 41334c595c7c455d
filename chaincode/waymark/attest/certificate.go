package attest

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// commonName is id-at-commonName (RFC 5280, appendix A.1).
var commonName = asn1.ObjectIdentifier{2, 5, 4, 3}

// VerifyChain checks that every certificate of a chain, the device's own first, holds at
// a time and is issued by the next, the last one by the authority. Nothing of the system
// comes in: the authority is the only root, and the time is the caller's. It fails with
// Unauthenticated.
func VerifyChain(authority *x509.Certificate, chain []*x509.Certificate, at time.Time) error {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(authority)
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	paths, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	want := append(slices.Clone(chain), authority)
	exact := func(path []*x509.Certificate) bool {
		return slices.EqualFunc(path, want, func(a, b *x509.Certificate) bool { return a.Equal(b) })
	}
	if err != nil || !slices.ContainsFunc(paths, exact) {
		return unvouched("the chain does not lead to the authority at %s: each certificate must be valid then and issued by the next, the last one by the authority", at.Format(time.RFC3339))
	}
	return nil
}

// Certifies checks that a certificate is a device's own, with its id as the only common
// name and its key. It fails with Unauthenticated.
func Certifies(c *x509.Certificate, device string, key waymark.JWK) error {
	names := 0
	for _, attribute := range c.Subject.Names {
		if attribute.Type.Equal(commonName) {
			names++
		}
	}
	if names != 1 || c.Subject.CommonName != device {
		return unvouched("the common name of the certificate must be the device id, %s", device)
	}
	if c.IsCA || c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0 { // none named is all (RFC 5280, clause 4.2.1.3)
		return unvouched("the certificate must be a device's own, for signatures, not an authority's")
	}
	if certified, err := JWKOf(c.PublicKey); err != nil || certified != key {
		return unvouched("the certificate must be for the key that is registered")
	}
	return nil
}

// SerialOf is a certificate's serial number as records have it: lower-case hexadecimal.
func SerialOf(c *x509.Certificate) string { return c.SerialNumber.Text(16) }

func unvouched(format string, args ...any) error {
	return waymark.Errorf(waymark.Unauthenticated, format, args...).Because(waymark.ReasonCertificate)
}
