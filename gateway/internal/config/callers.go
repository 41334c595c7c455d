package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/auth"
)

// Issuer is an OpenID Connect issuer whose tokens are believed.
type Issuer struct {
	// URL is the issuer as its tokens name it (claim iss), https. Required.
	URL string `koanf:"url" example:"https://id.example.com/realms/corp"`
	// Audience is what the tokens must be for (claim aud). Required.
	Audience string `koanf:"audience" example:"waymark-gateway"`
	// Algorithms are those that the tokens may be signed by: RS256, RS384, RS512, PS256,
	// PS384, PS512, ES256, ES384, ES512, EdDSA. Default: all of these.
	Algorithms []string `koanf:"algorithms" default:"[RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA]"`
	// Skew is how far the issuer's clock may be from ours. Default 30s; 1s to 5m.
	Skew time.Duration `koanf:"skew" default:"30s"`
	// KeysURL is where the issuer's keys are, https. Default: where its discovery document
	// says, at URL/.well-known/openid-configuration.
	KeysURL string `koanf:"keys_url" default:""`
	// CAFile is a PEM file with the authorities of its TLS certificate. Default: those of
	// the system.
	CAFile string `koanf:"ca_file" default:""`
}

// Caller is a rule: callers who have all that it asks for act as Identity. It asks for an
// issuer's token or for names in a client certificate, not for both.
type Caller struct {
	// Issuer is the name of the issuer of the caller's token.
	Issuer string `koanf:"issuer" example:"corp"`
	// Claims must each have a value, or be a list that contains it. A claim within others is
	// a JSON pointer, as in "/realm_access/roles"; of the claim scope the value is one word.
	// Default: none, and every token of the issuer will do.
	Claims map[string]string `koanf:"claims" example:"{groups: waymark-operators}"`
	// CommonName is that of the certificate's subject.
	CommonName string `koanf:"common_name" default:""`
	// DNSName is one of the certificate's.
	DNSName string `koanf:"dns_name" default:""`
	// URI is one of the certificate's, as in "spiffe://example.com/erp".
	URI string `koanf:"uri" default:""`
	// Identity is the name of the identity that acts for them. Required.
	Identity string `koanf:"identity" example:"operator"`
}

const defaultSkew = 30 * time.Second

// complete fills in the defaults of what may be there several times.
func (c *Config) complete() {
	for name, i := range c.Issuers {
		if i.Skew == 0 {
			i.Skew = defaultSkew
		}
		if len(i.Algorithms) == 0 {
			i.Algorithms = auth.Algorithms()
		}
		c.Issuers[name] = i
	}
}

func (c Config) validateCallers() error {
	var errs []error
	if c.TokensFile == "" && len(c.Issuers) == 0 && c.TLS.ClientCAFile == "" {
		errs = append(errs, errors.New("one of tokens_file, issuers and tls.client_ca_file is required: nobody could call"))
	}
	urls := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(c.Issuers)) {
		i := c.Issuers[name]
		if urls[i.URL] {
			errs = append(errs, fmt.Errorf("issuers.%s.url: another issuer has it", name))
		}
		urls[i.URL] = true
		errs = append(errs, properName("issuers", name), i.validate("issuers."+name))
	}
	for n, rule := range c.Callers {
		errs = append(errs, c.validateCaller(fmt.Sprintf("callers[%d]", n), rule))
	}
	return errors.Join(errs...)
}

func (i Issuer) validate(key string) error {
	errs := []error{
		httpsURL(key+".url", i.URL), required(key+".audience", i.Audience),
		between(key+".skew", i.Skew, time.Second, 5*time.Minute),
	}
	if i.KeysURL != "" {
		errs = append(errs, httpsURL(key+".keys_url", i.KeysURL))
	}
	for _, algorithm := range i.Algorithms {
		errs = append(errs, oneOf(key+".algorithms", algorithm, auth.Algorithms()...))
	}
	return errors.Join(errs...)
}

func (c Config) validateCaller(key string, r Caller) error {
	errs := []error{c.known(key+".identity", r.Identity)}
	if r.CommonName != "" || r.DNSName != "" || r.URI != "" {
		errs = append(errs, c.validateCertified(key, r))
	} else if _, ok := c.Issuers[r.Issuer]; !ok {
		errs = append(errs, fmt.Errorf("%s: must ask for a name in a certificate, or an issuer of issuers; there is none %q", key, r.Issuer))
	}
	for name, value := range r.Claims {
		errs = append(errs, required(key+".claims", name), required(key+".claims."+name, value))
	}
	return errors.Join(errs...)
}

// validateCertified checks a rule about certificates.
func (c Config) validateCertified(key string, r Caller) error {
	if r.Issuer != "" || len(r.Claims) > 0 {
		return fmt.Errorf("%s: must not ask for a token and a certificate: a caller has one credential", key)
	}
	if c.TLS.ClientCAFile == "" {
		return fmt.Errorf("%s: needs tls.client_ca_file", key)
	}
	return nil
}

// httpsURL checks an address that is compared and fetched as it is.
func httpsURL(key, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(value, "#?") {
		return fmt.Errorf("%s: must be an https URL without user, query and fragment, is %q", key, value)
	}
	return nil
}
