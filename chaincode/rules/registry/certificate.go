package registry

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// parseCertificate reads one certificate of a kind of key that Waymark knows, from
// base64 of its DER. Bounds come first: parsing is the dear part.
func parseCertificate(pointer, text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(der) > waymark.MaxCertificateBytes || strings.ContainsAny(text, "\r\n") {
		return nil, waymark.InvalidField(pointer, "must be base64 of at most %d bytes of DER", waymark.MaxCertificateBytes)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, waymark.InvalidField(pointer, "is not an X.509 certificate")
	}
	if _, err := attest.JWKOf(c.PublicKey); err != nil {
		return nil, waymark.InvalidField(pointer, "must have an Ed25519 or ECDSA P-256 key")
	}
	// RFC 5280, clause 4.1.2.2. Whether Go's parser refuses others depends on the environment.
	if c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 160 {
		return nil, waymark.InvalidField(pointer, "must have a positive serial number of at most 20 octets")
	}
	return c, nil
}

// parseAuthority reads the certificate of a device CA, as PEM or as base64 of its DER.
func parseAuthority(pointer, text string) (*x509.Certificate, error) {
	text, err := withoutPEM(pointer, text)
	if err != nil {
		return nil, err
	}
	c, err := parseCertificate(pointer, text)
	if err != nil {
		return nil, err
	}
	if !c.BasicConstraintsValid || !c.IsCA || !mayUse(c, x509.KeyUsageCertSign) {
		return nil, waymark.InvalidField(pointer, "must be the certificate of a CA that may sign certificates")
	}
	return c, nil
}

// withoutPEM returns the base64 of the DER of one certificate, in PEM or not.
func withoutPEM(pointer, text string) (string, error) {
	if !strings.HasPrefix(text, "-----BEGIN") {
		return text, nil
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 || strings.TrimSpace(string(rest)) != "" {
		return "", waymark.InvalidField(pointer, "must be one CERTIFICATE in PEM and nothing else")
	}
	return base64.StdEncoding.EncodeToString(block.Bytes), nil
}

// mayUse reports whether a certificate's key is for a usage; one that names none is
// for all (RFC 5280, clause 4.2.1.3).
func mayUse(c *x509.Certificate, usage x509.KeyUsage) bool {
	return c.KeyUsage == 0 || c.KeyUsage&usage != 0
}

// parseChain reads the certificates of a join, the device's own first.
func parseChain(texts []string) ([]*x509.Certificate, error) {
	chain := make([]*x509.Certificate, 0, len(texts))
	for i, text := range texts {
		c, err := parseCertificate(pointerTo("/chain", i), text)
		if err != nil {
			return nil, err
		}
		chain = append(chain, c)
	}
	return chain, nil
}
