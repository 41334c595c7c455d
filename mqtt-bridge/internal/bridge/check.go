package bridge

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
)

// Check reads every file that c names and returns all that is wrong, each with its key. It
// touches neither the spool nor the network, so that it can be asked beside a bridge that runs.
func Check(c config.Config) error {
	errs := []error{
		authorities("gateway.ca_file", c.Gateway.CAFile), secret("gateway.token_file", c.Gateway.TokenFile),
		authorities("traces.ca_file", c.Traces.CAFile), secret("traces.token_file", c.Traces.TokenFile),
		secret("admin_token_file", c.AdminTokenFile), folder("spool_dir", c.SpoolDir),
	}
	if e := c.Embedded; c.Broker == config.BrokerEmbedded {
		return errors.Join(append(errs, pair("embedded.cert_file, embedded.key_file", e.CertFile, e.KeyFile))...)
	}
	errs = append(errs, secret("mqtt.password_file", c.MQTT.PasswordFile), authorities("callout.ca_file", c.Callout.CAFile),
		secret("callout.password_file", c.Callout.PasswordFile), secret("callout.seed_file", c.Callout.SeedFile))
	if c.MQTT.TLS() {
		errs = append(errs, authorities("mqtt.ca_file", c.MQTT.CAFile), pair("mqtt.cert_file, mqtt.key_file", c.MQTT.CertFile, c.MQTT.KeyFile))
	}
	return errors.Join(errs...)
}

// authorities checks a file of certificates; an empty name is none.
func authorities(key, file string) error {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: %s holds no PEM certificate", key, file)
	}
	return nil
}

// secret checks a file that must hold something; an empty name is none.
func secret(key, file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return fmt.Errorf("%s: %s is empty", key, file)
	}
	return nil
}

// pair checks a certificate and its key; empty names are none.
func pair(keys, certFile, keyFile string) error {
	if certFile == "" && keyFile == "" {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		return fmt.Errorf("%s: %w", keys, err)
	}
	return nil
}

// folder checks one that is made if it is not there.
func folder(key, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s: %s is no folder", key, path)
	}
	return nil
}
