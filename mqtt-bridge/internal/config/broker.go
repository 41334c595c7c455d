package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config/check"
)

// maxBrokerURLs bounds the nodes of a cluster that are tried.
const maxBrokerURLs = 16

// URLs are the broker's, each node's of a cluster.
func (m MQTT) URLs() []string { return strings.Split(m.URL, ",") }

// TLS reports whether the broker is reached by TLS.
func (m MQTT) TLS() bool { return strings.HasPrefix(m.URL, "ssl:") }

func (c Config) validateBrokerURLs() error {
	if c.Broker == BrokerEmbedded && c.MQTT.URL == "" {
		return nil
	}
	urls := c.MQTT.URLs()
	errs := []error{check.Between("number of URLs in mqtt.url", len(urls), 1, maxBrokerURLs)}
	if c.MQTT.TLS() {
		errs = append(errs, check.Required("mqtt.ca_file", c.MQTT.CAFile))
	}
	for _, text := range urls {
		errs = append(errs, c.validateBrokerURL(text))
	}
	return errors.Join(errs...)
}

func (c Config) validateBrokerURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("mqtt.url must be ssl://host:port, not %q", text)
	case u.Scheme != "ssl" && u.Scheme != "tcp":
		return fmt.Errorf("mqtt.url must start with ssl:// or tcp://, not %s://", u.Scheme)
	case (u.Scheme == "ssl") != c.MQTT.TLS():
		return errors.New("mqtt.url must have one scheme for all nodes")
	case u.Scheme == "tcp" && !check.Loopback(u.Hostname()):
		return errors.New("mqtt.url must be ssl://: tcp:// is for a broker on this machine only")
	}
	return nil
}

func (c Config) validateCallout() error {
	if c.Callout.URL == "" {
		return nil
	}
	urls := strings.Split(c.Callout.URL, ",")
	errs := []error{
		check.Between("number of URLs in callout.url", len(urls), 1, maxBrokerURLs), check.Required("callout.username", c.Callout.Username),
		check.Required("callout.password_file", c.Callout.PasswordFile), check.Required("callout.seed_file", c.Callout.SeedFile), check.Required("callout.account", c.Callout.Account),
	}
	if c.Broker != BrokerExternal {
		errs = append(errs, errors.New("callout is for an external broker"))
	}
	if strings.HasPrefix(c.Callout.URL, "tls:") {
		errs = append(errs, check.Required("callout.ca_file", c.Callout.CAFile))
	}
	for _, text := range urls {
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "tls" && (u.Scheme != "nats" || !check.Loopback(u.Hostname())) {
			errs = append(errs, fmt.Errorf("callout.url must be tls://host:port, not %q; nats:// is for this machine only", text))
		}
	}
	return errors.Join(errs...)
}
