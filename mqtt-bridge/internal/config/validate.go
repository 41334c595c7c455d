package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config/check"
)

// Validate checks every member and returns all that is wrong, joined.
func (c Config) Validate() error {
	return errors.Join(
		check.Named("consortium", waymark.ValidateID("/consortium", c.Consortium)),
		check.Named("id", waymark.ValidateID("/id", c.ID)),
		c.validateBroker(),
		c.validateMQTT(),
		c.validateFleet(),
		c.validateCallout(),
		c.validateGateway(),
		c.validateRelay(),
		check.Required("spool_dir", c.SpoolDir),
		check.AtLeast("spool_bytes", c.SpoolBytes, 1<<20),
		check.AtLeast("quarantine_bytes", c.QuarantineBytes, 1<<20),
		check.Between("quarantine_device_messages", c.QuarantineDeviceMessages, 1, 1000000),
		check.AtLeast("quarantine_device_bytes", c.QuarantineDeviceBytes, 256<<10),
		check.Between("quarantine_unregistered_messages", c.QuarantineUnregisteredMessages, 1, 1000000),
		check.AtLeast("quarantine_unregistered_bytes", c.QuarantineUnregisteredBytes, 256<<10),
		check.Between("queue_messages", c.QueueMessages, 1, 65536),
		check.AtLeast("queue_bytes", c.QueueBytes, 1<<20),
		c.validateListen(),
		c.Traces.validate(),
	)
}

// AdminToken is the file of the quarantine endpoint's bearer token.
func (c Config) AdminToken() string {
	if c.AdminTokenFile != "" {
		return c.AdminTokenFile
	}
	return filepath.Join(c.SpoolDir, "admin.token")
}

// maxConnections is no more than the devices of which the bridge knows who is there: presence.MaxDevices.
const maxConnections = 50_000

func (c Config) validateBroker() error {
	switch c.Broker {
	case BrokerExternal:
		return nil
	case BrokerEmbedded:
	default:
		return fmt.Errorf("broker must be %s or %s, not %q", BrokerEmbedded, BrokerExternal, c.Broker)
	}
	e := c.Embedded
	return errors.Join(
		check.HostPort("embedded.listen", e.Listen),
		check.Required("embedded.cert_file", e.CertFile),
		check.Required("embedded.key_file", e.KeyFile),
		check.AtLeast("embedded.min_free_bytes", e.MinFreeBytes, 1<<20),
		check.Between("embedded.max_connections", e.MaxConnections, 1, maxConnections),
	)
}

func (c Config) validateMQTT() error {
	m := c.MQTT
	err := c.validateBrokerURLs()
	if (m.CertFile == "") != (m.KeyFile == "") {
		err = errors.Join(err, errors.New("mqtt.cert_file and mqtt.key_file go together"))
	}
	return errors.Join(err,
		check.Named("mqtt.client_id", waymark.ValidateID("/mqtt/client_id", m.ClientID)),
		check.Between("mqtt.reconnect_wait", m.ReconnectWait, 0, time.Minute))
}

// In a fleet both are part of the names of leases, which are ids.
const (
	maxFleetID       = 16
	maxFleetClientID = 32
)

func (c Config) validateFleet() error {
	f := c.Fleet
	errs := []error{check.Between("fleet.shards", f.Shards, 2, 64), check.Between("fleet.lease", f.Lease, waymark.MinLeaseSeconds*time.Second, waymark.MaxLeaseSeconds*time.Second)}
	if f.Lease%time.Second != 0 {
		errs = append(errs, fmt.Errorf("fleet.lease must be whole seconds, is %v", f.Lease))
	}
	if f.ID == "" {
		return errors.Join(errs...)
	}
	errs = append(errs, check.Named("fleet.id", waymark.ValidateID("/fleet/id", f.ID)))
	if len(f.ID) > maxFleetID || len(c.MQTT.ClientID) > maxFleetClientID {
		errs = append(errs, fmt.Errorf("fleet.id must be at most %d characters, and mqtt.client_id of a fleet %d", maxFleetID, maxFleetClientID))
	}
	if c.Broker == BrokerEmbedded {
		errs = append(errs, errors.New("fleet.id goes with an external broker only: at its own embedded broker each bridge has devices of its own, which no other bridge can reach"))
	}
	return errors.Join(errs...)
}

func (c Config) validateGateway() error {
	u, err := url.Parse(c.Gateway.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("gateway.url must be https://host:port, not %q", c.Gateway.URL)
	}
	return errors.Join(
		check.Required("gateway.ca_file", c.Gateway.CAFile),
		check.Required("gateway.token_file", c.Gateway.TokenFile),
		check.Between("gateway.timeout", c.Gateway.Timeout, time.Second, 5*time.Minute),
	)
}

func (c Config) validateRelay() error {
	r := c.Relay
	return errors.Join(
		check.Between("relay.batch_messages", r.BatchMessages, 1, waymark.MaxBatchMessages),
		check.Between("relay.batch_bytes", r.BatchBytes, waymark.MaxMessageBytes, waymark.MaxBatchBytes),
		check.Between("relay.linger", r.Linger, 0, 5*time.Second),
		check.Between("relay.stuck_attempts", r.StuckAttempts, 3, 10000),
		check.Between("relay.undisclosed_retry", r.UndisclosedRetry, time.Second, time.Hour),
		check.Between("relay.max_backoff", r.MaxBackoff, 100*time.Millisecond, 5*time.Minute),
	)
}

func (c Config) validateListen() error {
	if err := check.HostPort("listen", c.Listen); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err == nil && !check.Loopback(host) && c.AdminTokenFile == "" {
		return errors.New("listen must be a loopback address, since it is plain HTTP; set admin_token_file to listen elsewhere")
	}
	return err
}

func (t Traces) validate() error {
	var errs []error
	if t.SampleRatio < 0 || t.SampleRatio > 1 || t.SampleRatio != t.SampleRatio {
		errs = append(errs, fmt.Errorf("traces.sample_ratio must be 0 to 1, is %v", t.SampleRatio))
	}
	if t.Endpoint != "" {
		u, err := url.Parse(t.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !check.Loopback(u.Hostname())) {
			errs = append(errs, errors.New("traces.endpoint must be https://host:port/path; http:// is for a loopback address only"))
		}
	}
	return errors.Join(errs...)
}
