package auth

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Bounds of what an issuer publishes. A forged token costs at most a try of each of maxTried keys,
// a few milliseconds each (go-jose refuses long RSA keys), whatever its issuer does.
const (
	maxDocument = 1 << 20 // of an answer, in bytes
	maxKeys     = 64      // in a set, of any use; with more the set is refused
	maxTried    = 4       // that fit one token
)

// newClient makes the client by which an issuer is asked, which trusts the authorities in
// PEM, or the system's if there are none. It follows no redirect: where the keys are, the
// issuer says in its discovery document or the configuration.
func newClient(authorities []byte) (*http.Client, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(authorities) > 0 {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(authorities) {
			return nil, errors.New("there is no certificate")
		}
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	return &http.Client{
		Transport:     bounded{transport},
		Timeout:       issuerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// bounded cuts answers off after maxDocument.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxDocument), response.Body}
	return response, nil
}

// fetch returns the keys that the issuer has now.
func (i *issuer) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	from := i.KeysURL
	if from == "" {
		var err error
		if from, err = i.discover(ctx); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	response, err := i.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("keys: %s answers %s", from, response.Status)
	}
	return parseKeys(body)
}

// discover returns where the issuer says that its keys are.
func (i *issuer) discover(ctx context.Context) (string, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.URL)
	if err != nil {
		return "", fmt.Errorf("discovery: %w", err)
	}
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return "", fmt.Errorf("discovery: %w", err)
	}
	if u, err := url.Parse(document.KeysURL); err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errors.New("discovery: jwks_uri is not an https URL")
	}
	return document.KeysURL, nil
}

// parseKeys returns the keys of a key set (RFC 7517, clause 5) that verify signatures. Others,
// and those of a kind that is not known, are left out. A set of more than maxKeys is refused.
func parseKeys(body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("keys: there are more than %d", maxKeys)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("keys: there is none that verifies signatures")
	}
	return keys, nil
}

// matching returns the keys of that id, all of them for none.
func matching(keys []jose.JSONWebKey, id string) []crypto.PublicKey {
	var found []crypto.PublicKey
	for _, key := range keys {
		if id == "" || key.KeyID == id {
			found = append(found, key.Key)
		}
	}
	return found
}
