package keys

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"time"
)

// Expiry returns when the first of the certificates in a PEM file ends.
func Expiry(file string) (time.Time, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return time.Time{}, fmt.Errorf("read certificate: %w", err)
	}
	var first time.Time
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}, fmt.Errorf("certificate %s: %w", file, err)
		}
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	if first.IsZero() {
		return time.Time{}, fmt.Errorf("certificate %s: there is none", file)
	}
	return first, nil
}
