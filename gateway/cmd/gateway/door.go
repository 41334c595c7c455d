package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"github.com/waymark-ledger/waymark/gateway/internal/keys"
)

// door is how callers get in: the server's certificate, and who they are. It follows the
// configuration, and the files of certificates that this names.
type door struct {
	callers *auth.Authenticator
	current atomic.Pointer[tls.Config]
	tokens  tokens
	config  config.Config // in force; whoever follows the one or the other has it alone, by keys.Set.Still
}

// newDoor has told told of tokens that come and go from now on.
func newDoor(c config.Config, set *keys.Set, told func([]auth.Change)) (*door, error) {
	d := &door{tokens: tokens{told: told}}
	settings, err := d.settings(c)
	if err != nil {
		return nil, err
	}
	d.tokens.use(settings.Tokens)
	callers, err := auth.New(settings)
	if err != nil {
		return nil, fmt.Errorf("callers: %w", err)
	}
	d.callers, d.config = callers, c
	if err := set.Follow(keys.Part{Name: "server", Files: d.files, Load: d.load}); err != nil {
		callers.Close()
		return nil, err
	}
	return d, nil
}

// certificates are the files of certificates and authorities, by the names that their ends have.
func certificates(c config.Config) map[string]string {
	all := map[string]string{"server": c.TLS.CertFile}
	if c.TLS.ClientCAFile != "" {
		all["client_ca"] = c.TLS.ClientCAFile
	}
	for name, i := range c.Issuers {
		if i.CAFile != "" {
			all["issuer_ca/"+name] = i.CAFile
		}
	}
	return all
}

// files are those of the certificates and authorities, and of the server's key.
func (d *door) files() []string {
	return append(slices.Sorted(maps.Values(certificates(d.config))), d.config.TLS.KeyFile)
}

// load reads them again.
func (d *door) load() (keys.Loaded, error) {
	apply, err := d.prepare(d.config)
	if err != nil {
		return keys.Loaded{}, err
	}
	expires, err := keys.Expiries(certificates(d.config))
	if err != nil {
		return keys.Loaded{}, err
	}
	return keys.Loaded{Expires: expires, Apply: apply}, nil
}

// follow is a reload.Part: it reads certificates and authorities again.
func (d *door) follow(_ context.Context, next config.Config) (func(), error) {
	apply, err := d.prepare(next)
	if err != nil {
		return nil, err
	}
	return func() {
		d.config = next
		apply()
	}, nil
}

// prepare reads all that c names; what it returns puts that in force.
func (d *door) prepare(c config.Config) (apply func(), err error) {
	settings, err := d.settings(c)
	if err != nil {
		return nil, err
	}
	serving, err := serverTLS(c.TLS, settings.Authorities)
	if err != nil {
		return nil, err
	}
	admit, err := d.callers.Prepare(settings)
	if err != nil {
		return nil, fmt.Errorf("callers: %w", err)
	}
	return func() {
		d.current.Store(serving)
		admit()
		d.tokens.use(settings.Tokens)
	}, nil
}

// tls serves each connection with the certificate and the authorities of the time.
func (d *door) tls() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return d.current.Load(), nil },
	}
}

// suites are those of TLS 1.2 that keep what is recorded today secret from who has the key
// tomorrow, and authenticate what they encrypt (RFC 9325, clause 4.2). All of TLS 1.3 do.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

func serverTLS(c config.TLS, clients *auth.Authorities) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("server certificate: %w", err)
	}
	serving := &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, CipherSuites: suites(), NextProtos: []string{"h2", "http/1.1"},
	}
	if clients != nil {
		clients.Accept(serving)
	}
	return serving, nil
}

// settings reads what the configuration names about callers.
func (d *door) settings(c config.Config) (auth.Settings, error) {
	s := auth.Settings{Issuers: make(map[string]auth.Issuer, len(c.Issuers))}
	var err error
	if c.TokensFile != "" {
		if s.Tokens, err = d.tokens.open(c.TokensFile); err != nil {
			return auth.Settings{}, err
		}
	}
	if c.TLS.ClientCAFile != "" {
		if s.Authorities, err = auth.LoadAuthorities(c.TLS.ClientCAFile); err != nil {
			return auth.Settings{}, err
		}
	}
	for name, i := range c.Issuers {
		s.Issuers[name] = auth.Issuer(i)
	}
	for _, r := range c.Callers {
		s.Rules = append(s.Rules, auth.Rule(r))
	}
	return s, nil
}
