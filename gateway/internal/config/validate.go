package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Validate checks what can be checked without opening a file. Its error names
// every key at fault.
func (c Config) Validate() error {
	return errors.Join(
		required("member", c.Member),
		required("channel", c.Channel),
		required("chaincode", c.Chaincode),
		hostPort("listen", c.Listen),
		c.validatePeers(),
		c.validateOperations(),
		c.validateTraces(),
		c.TLS.validate("tls"),
		c.validateIdentities(),
		c.validateStore(),
		c.validateCallers(),
		c.Database.validate(),
		c.Requests.validate(c.Limits),
		c.Webhooks.validate(),
		validateOrigins(c.CORSOrigins),
		c.Limits.validate(),
		c.Timeouts.validate(),
		oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		oneOf("log.format", c.Log.Format, "json", "console"),
	)
}

// maxPeers bounds the peers of a member that are tried one after another.
const maxPeers = 16

func (c Config) validatePeers() error {
	if len(c.Peers) == 0 || len(c.Peers) > maxPeers {
		return fmt.Errorf("peers: must be 1 to %d, are %d", maxPeers, len(c.Peers))
	}
	var errs []error
	for n, p := range c.Peers {
		key := fmt.Sprintf("peers[%d]", n)
		errs = append(errs, hostPort(key+".address", p.Address), required(key+".ca_file", p.CAFile))
	}
	return errors.Join(errs...)
}

func (t TLS) validate(key string) error {
	return errors.Join(required(key+".cert_file", t.CertFile), required(key+".key_file", t.KeyFile))
}

// namePattern is what the name of an identity or issuer looks like: part of a key, and so
// also of the name of an environment variable, in which two underscores part levels.
var namePattern = regexp.MustCompile(`^[a-z0-9](_?[a-z0-9-])*$`)

const maxName = 64

func properName(key, name string) error {
	if len(name) > maxName || !namePattern.MatchString(name) {
		return fmt.Errorf("%s: %q is no name: at most %d of a-z 0-9 - _", key, name, maxName)
	}
	return nil
}

func (c Config) validateIdentities() error {
	if len(c.Identities) == 0 {
		return errors.New("identities: at least one is required")
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Identities)) {
		errs = append(errs, properName("identities", name), c.Identities[name].validate("identities."+name))
	}
	return errors.Join(append(errs, c.known("own_identity", c.OwnIdentity))...)
}

func (i Identity) validate(key string) error {
	certificate := required(key+".cert_file", i.CertFile)
	switch {
	case i.PKCS11 == (PKCS11{}):
		return errors.Join(certificate, required(key+".key_file", i.KeyFile))
	case i.KeyFile != "":
		return errors.Join(certificate, fmt.Errorf("%s: has both a key_file and pkcs11", key))
	}
	return errors.Join(certificate, i.PKCS11.validate(key+".pkcs11"))
}

func (p PKCS11) validate(key string) error {
	err := errors.Join(
		required(key+".library_file", p.LibraryFile),
		required(key+".token", p.Token),
		required(key+".pin_file", p.PINFile),
		required(key+".key_id", p.KeyID),
	)
	if _, notHex := hex.DecodeString(p.KeyID); notHex != nil {
		err = errors.Join(err, fmt.Errorf("%s.key_id: is not hexadecimal: %w", key, notHex))
	}
	return err
}

// known checks that there is an identity of that name.
func (c Config) known(key, identity string) error {
	if _, ok := c.Identities[identity]; !ok {
		return fmt.Errorf("%s: there is no identity %q", key, identity)
	}
	return nil
}

func (d Database) validate() error {
	if (d.SQLiteFile == "" || d.ModelFile == "") && d.PostgresDSNFile == "" {
		return errors.New("database: sqlite_file and model_file, or postgres_dsn_file, are required")
	}
	return nil
}

func (r Requests) validate(l Limits) error {
	return errors.Join(
		between("requests.keep", r.Keep, time.Minute, 720*time.Hour),
		between("requests.pending", r.Pending, 1, 100000),
		between("requests.pending_bytes", r.PendingBytes, l.BodyBytes, 1<<30),
		between("requests.kept_bytes", r.KeptBytes, 1<<20, 1<<50),
	)
}

func (l Limits) validate() error {
	return errors.Join(
		between("limits.body_bytes", l.BodyBytes, 1<<10, 64<<20),
		between("limits.header_bytes", l.HeaderBytes, 4<<10, 1<<20),
		between("limits.in_flight", l.InFlight, 1, 10000),
		between("limits.streams", l.Streams, 1, 100000),
		between("limits.block_bytes", l.BlockBytes, 1<<20, 100<<20),
		between("limits.bytes_in_flight", l.BytesInFlight, max(l.BodyBytes, l.BlockBytes), 1<<30),
		between("limits.memory_bytes", l.MemoryBytes, 64<<20, 64<<30),
		between("limits.caller_percent", l.CallerPercent, 1, 100),
		l.Rates.validate("limits.rates"),
	)
}

func (t Timeouts) validate() error {
	all := []struct {
		key   string
		value time.Duration
	}{
		{"read_header", t.ReadHeader}, {"read", t.Read}, {"write", t.Write}, {"receive", t.Receive}, {"idle", t.Idle},
		{"drain", t.Drain}, {"evaluate", t.Evaluate}, {"endorse", t.Endorse}, {"submit", t.Submit},
		{"commit", t.Commit}, {"lookup", t.Lookup}, {"answer", t.Answer}, {"total", t.Total},
	}
	var errs []error
	for _, d := range all {
		errs = append(errs, between("timeouts."+d.key, d.value, time.Millisecond, time.Hour))
	}
	if t.Write <= t.Read+t.Total {
		errs = append(errs, errors.New("timeouts.write: must exceed timeouts.read and timeouts.total together"))
	}
	if t.Drain <= t.Read+t.Total {
		errs = append(errs, errors.New("timeouts.drain: must exceed timeouts.read and timeouts.total together"))
	}
	if t.Write <= t.Read+2*t.Evaluate {
		errs = append(errs, errors.New("timeouts.write: must exceed timeouts.read and twice timeouts.evaluate"))
	}
	if t.Answer > t.Total {
		errs = append(errs, errors.New("timeouts.answer: must be at most timeouts.total"))
	}
	if t.Total <= t.Endorse {
		errs = append(errs, errors.New("timeouts.total: must exceed timeouts.endorse"))
	}
	return errors.Join(errs...)
}

func (c Config) validateOperations() error {
	switch c.ListenOperations {
	case "":
		return nil
	case c.Listen:
		return errors.New("listen_operations: must not be the same as listen; leave it out to serve both there")
	}
	return hostPort("listen_operations", c.ListenOperations)
}

func (c Config) validateTraces() error {
	var errs []error
	t := c.Traces
	for _, identity := range t.Follow {
		errs = append(errs, c.known("traces.follow", identity))
	}
	if t.SampleRatio < 0 || t.SampleRatio > 1 || t.SampleRatio != t.SampleRatio {
		errs = append(errs, fmt.Errorf("traces.sample_ratio: must be 0 to 1, is %v", t.SampleRatio))
	}
	if t.Endpoint != "" && !collectorURL(t.Endpoint) {
		errs = append(errs, errors.New("traces.endpoint: must be https://host:port/path; http:// is for a loopback address only"))
	}
	return errors.Join(errs...)
}

func collectorURL(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

func required(key, value string) error {
	if value == "" {
		return fmt.Errorf("%s: is required", key)
	}
	return nil
}

func hostPort(key, value string) error {
	if _, _, err := net.SplitHostPort(value); err != nil {
		return fmt.Errorf("%s: must be host:port, is %q", key, value)
	}
	return nil
}

func between[T int | int64 | time.Duration](key string, value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("%s: must be %v to %v, is %v", key, low, high, value)
	}
	return nil
}

func oneOf(key, value string, allowed ...string) error {
	if !slices.Contains(allowed, value) {
		return fmt.Errorf("%s: must be one of %v, is %q", key, allowed, value)
	}
	return nil
}
