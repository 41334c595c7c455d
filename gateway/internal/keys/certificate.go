package keys

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"slices"
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

// Expiries is Expiry of files by name.
func Expiries(files map[string]string) (map[string]time.Time, error) {
	all := make(map[string]time.Time, len(files))
	for name, file := range files {
		var err error
		if all[name], err = Expiry(file); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Measured is a part whose ends are told, though it is put in force at the start only: files of
// certificates by name.
func Measured(name string, files map[string]string) Part {
	return Part{
		Name:  name,
		Files: func() []string { return slices.Sorted(maps.Values(files)) },
		Load: func() (Loaded, error) {
			ends, err := Expiries(files)
			return Loaded{Expires: ends}, err
		},
	}
}
