package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config/check"
)

// Bounds of the lists.
const (
	maxKeys    = 8
	maxSources = 64
	maxDevices = 4096
	// minStore has room for what the largest message of the local broker comes to: 10000 metrics of Sparkplug, 1 MiB, with their
	// names and units spelt out, each signed by itself.
	minStore = 8 << 20
)

// Validate checks every member and returns all that is wrong, joined.
func (c Config) Validate() error {
	errs := []error{
		check.Named("consortium", waymark.ValidateID("/consortium", c.Consortium)),
		check.Named("id", waymark.ValidateID("/id", c.ID)),
		check.Required("store_dir", c.StoreDir),
		check.AtLeast("store_bytes", c.StoreBytes, minStore),
		check.AtLeast("store_free_bytes", c.StoreFreeBytes, 1<<20),
		check.Between("keys (their number)", len(c.Keys), 1, maxKeys),
		check.Between("sources (their number)", len(c.Sources), 1, maxSources),
		check.Between("devices (their number)", len(c.Devices), 1, maxDevices),
		c.Local.validate(), c.Uplink.validate(), c.Pack.validate(), c.validateListen(),
	}
	errs = append(errs, c.validateKeys()...)
	errs = append(errs, c.validateSources()...)
	errs = append(errs, c.validateDevices()...)
	return errors.Join(errs...)
}

func (l Local) validate() error {
	return errors.Join(
		l.validateURL(),
		check.Required("local.client_id", l.ClientID),
		check.Pair("local.cert_file", l.CertFile, "local.key_file", l.KeyFile),
		check.Between("local.queue_messages", l.QueueMessages, 1, 65536),
		check.AtLeast("local.queue_bytes", l.QueueBytes, 1<<20),
		check.Between("local.rebirth_wait", l.RebirthWait, time.Second, time.Hour),
	)
}

// URLs are the nodes of the broker.
func (l Local) URLs() []string { return strings.Split(l.URL, ",") }

func (l Local) validateURL() error {
	errs := []error{check.Between("local.url (its nodes)", len(l.URLs()), 1, 16)}
	for _, node := range l.URLs() {
		errs = append(errs, l.validateNode(node))
	}
	return errors.Join(errs...)
}

func (l Local) validateNode(node string) error {
	u, err := url.Parse(node)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("local.url must be ssl://host:port or tcp://host:port, not %q", node)
	case u.Scheme == "ssl":
		return check.Required("local.ca_file", l.CAFile)
	case u.Scheme != "tcp":
		return fmt.Errorf("local.url must start with ssl:// or tcp://, not %s://", u.Scheme)
	case !check.Loopback(u.Hostname()) && !l.AllowPlain:
		return errors.New("local.url must be ssl:// unless the broker is on this machine; allow_plain takes the risk")
	}
	return nil
}

// URLs are the nodes of the broker.
func (u Uplink) URLs() []string { return strings.Split(u.URL, ",") }

func (u Uplink) validate() error {
	errs := []error{check.Between("uplink.url (its nodes)", len(u.URLs()), 1, 16)}
	for _, node := range u.URLs() {
		if parsed, err := url.Parse(node); err != nil || parsed.Host == "" || parsed.Scheme != "ssl" {
			errs = append(errs, fmt.Errorf("uplink.url must be ssl://host:port, not %q", node))
		}
	}
	return errors.Join(append(errs,
		check.Required("uplink.ca_file", u.CAFile),
		check.Between("uplink.window", u.Window, 1, 256),
		check.Between("uplink.connect_rate", u.ConnectRate, 1, 1000),
		check.Between("uplink.max_backoff", u.MaxBackoff, time.Second, time.Hour))...,
	)
}

func (p Pack) validate() error {
	return errors.Join(
		check.Between("pack.readings", p.Readings, 1, senml.MaxReadings),
		check.Between("pack.bytes", p.Bytes, 1<<10, 22<<10),
		check.Between("pack.linger", p.Linger, 0, time.Minute),
	)
}

func (c Config) validateListen() error {
	if err := check.HostPort("listen", c.Listen); err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(c.Listen); err != nil || !check.Loopback(host) {
		return errors.New("listen must be a loopback address, since it is plain HTTP")
	}
	return nil
}

func (c Config) validateKeys() (errs []error) {
	seen := make(map[string]bool)
	for i, k := range c.Keys {
		at := fmt.Sprintf("keys[%d]", i)
		errs = append(errs, check.Named(at, waymark.ValidateID("/id", k.ID)), check.Required(at+".file", k.File), check.Once(seen, at+".id", k.ID))
	}
	return errs
}

func (c Config) validateDevices() (errs []error) {
	levels, keys := make(map[string]int), map[string]bool{"": true}
	for _, s := range c.Sources {
		levels[s.Name] = s.addressLevels()
	}
	for _, k := range c.Keys {
		keys[k.ID] = true
	}
	ids, addresses := make(map[string]bool), make(map[string]bool)
	for i, d := range c.Devices {
		at := fmt.Sprintf("devices[%d]", i)
		errs = append(errs, d.validate(at), check.Once(ids, at+".id", d.ID), check.Once(addresses, at+".address", d.Source+" "+d.AddressOf()))
		switch most := levels[d.Source]; {
		case most == 0:
			errs = append(errs, fmt.Errorf("%s.source: there is no source %q", at, d.Source))
		case strings.Count(d.AddressOf(), "/") >= most:
			errs = append(errs, fmt.Errorf("%s.address: %q has more than %d levels", at, d.AddressOf(), most))
		}
		if !keys[d.Key] {
			errs = append(errs, fmt.Errorf("%s.key: there is no key %q", at, d.Key))
		}
		if d.ID == c.ID {
			errs = append(errs, fmt.Errorf("%s.id is the edge itself, which signs for others only", at))
		}
	}
	return errs
}

func (d Device) validate(at string) error {
	var errs []error
	if d.KeyID != "" {
		errs = append(errs, check.Named(at, waymark.ValidateID("/key_id", d.KeyID)))
	}
	if d.NotBefore != "" {
		if _, err := time.Parse(time.RFC3339, d.NotBefore); err != nil {
			errs = append(errs, fmt.Errorf("%s.not_before must be as in 2026-03-01T08:00:00Z", at))
		}
	}
	return errors.Join(append(errs, check.Named(at, waymark.ValidateID("/id", d.ID)))...)
}
