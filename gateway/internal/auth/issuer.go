package auth

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"golang.org/x/time/rate"
)

// Issuer is an OpenID Connect issuer whose tokens are believed.
type Issuer struct {
	URL        string        // as the claim iss has it, https
	Audience   string        // what the claim aud must contain
	Algorithms []string      // that signatures may have, of Algorithms
	Skew       time.Duration // how far its clock may be from ours
	KeysURL    string        // of its keys, https; empty to ask its discovery document
	CAFile     string        // PEM, the authorities of its TLS certificate; empty for the system's
}

// Algorithms are those that the tokens of issuers may be signed by: only such as have a public key.
func Algorithms() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
		oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
	}
}

// Bounds of what is asked of an issuer and for how long its answer holds.
const (
	// issuerTimeout bounds one fetch of the keys.
	issuerTimeout = 5 * time.Second
	// Keys that are older than keysFresh are fetched again, while they are used, so that a
	// key which the issuer withdraws is not believed for long. With an issuer that is down
	// they are used until they are older than keysUsable.
	keysFresh  = 5 * time.Minute
	keysUsable = time.Hour
	// Fetches are at most fetchBurst at once and then one in fetchEvery: callers can make
	// us ask, by tokens with key ids that do not exist.
	fetchEvery = 5 * time.Second
	fetchBurst = 4
)

// issuer is an Issuer with its keys as they were last fetched.
type issuer struct {
	Issuer
	name   string
	trust  []byte // what CAFile holds
	now    func() time.Time
	client *http.Client
	allow  *rate.Limiter
	asking sync.WaitGroup

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time     // when the keys were
	failed  error         // of the last fetch
	pending chan struct{} // closed when the fetch that is under way ends; nil if none is
}

func newIssuer(name string, settings Issuer, now func() time.Time) (*issuer, error) {
	i := &issuer{Issuer: settings, name: name, now: now, allow: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst)}
	var err error
	if settings.CAFile != "" {
		if i.trust, err = os.ReadFile(settings.CAFile); err != nil {
			return nil, fmt.Errorf("issuer %s: read authority: %w", name, err)
		}
	}
	if i.client, err = newClient(i.trust); err != nil {
		return nil, fmt.Errorf("issuer %s: %s: %w", name, settings.CAFile, err)
	}
	return i, nil
}

// same reports whether another has the same settings, down to the authorities in its file.
func (i *issuer) same(other *issuer) bool {
	return i.name == other.name && i.URL == other.URL && i.Audience == other.Audience && slices.Equal(i.Algorithms, other.Algorithms) &&
		i.Skew == other.Skew && i.KeysURL == other.KeysURL && bytes.Equal(i.trust, other.trust)
}

// verify checks the signature by a key of the issuer's own, the issuer, the audience and the
// times, all of which go-oidc does but for the skew.
//
// Codes: Unauthenticated for a token that is not good; Unavailable when the issuer's keys
// cannot be had now.
func (i *issuer) verify(ctx context.Context, t parsedToken) error {
	keys, err := i.keysOf(ctx, t.keyID)
	if err != nil {
		return err
	}
	now := i.now()
	verifier := oidc.NewVerifier(i.URL, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{
		ClientID: i.Audience, SupportedSigningAlgs: i.Algorithms,
		Now: func() time.Time { return now.Add(-i.Skew) },
	})
	verified, err := verifier.Verify(ctx, t.raw)
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) {
		return waymark.Errorf(waymark.Unauthenticated, "the token has expired")
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", waymark.Errorf(waymark.Unauthenticated, "the token is not good here"), err)
	}
	if t.notBefore.After(now.Add(i.Skew)) || verified.IssuedAt.After(now.Add(i.Skew)) {
		return waymark.Errorf(waymark.Unauthenticated, "the token is not valid yet")
	}
	return nil
}

// keysOf returns the issuer's keys with that id, all of them for none: maxTried at most.
func (i *issuer) keysOf(ctx context.Context, id string) ([]crypto.PublicKey, error) {
	found, age, done, err := i.look(id)
	if len(found) > 0 && age < keysUsable {
		return few(found)
	}
	if done == nil {
		return nil, i.unavailable(err)
	}
	select {
	case <-done:
	case <-ctx.Done():
		return nil, i.unavailable(ctx.Err())
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failed != nil {
		return nil, i.unavailable(i.failed)
	}
	if found = matching(i.keys, id); len(found) == 0 {
		return nil, waymark.Errorf(waymark.Unauthenticated, "the token is signed by a key that its issuer does not have")
	}
	return few(found)
}

// few refuses to try more than maxTried keys for one token.
func few(found []crypto.PublicKey) ([]crypto.PublicKey, error) {
	if len(found) > maxTried {
		return nil, waymark.Errorf(waymark.Unauthenticated, "the token's key id (kid), or that it has none, leaves more than %d keys of its issuer", maxTried)
	}
	return found, nil
}

// look returns the keys of that id and their age. If there are none, or they are not fresh,
// it has the keys fetched: done is closed then, or nil if they were asked for too lately.
func (i *issuer) look(id string) (found []crypto.PublicKey, age time.Duration, done <-chan struct{}, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	found, age = matching(i.keys, id), i.now().Sub(i.fetched)
	if len(found) > 0 && age < keysFresh {
		return found, age, nil, nil
	}
	if i.pending == nil && i.allow.AllowN(i.now(), 1) {
		i.pending = make(chan struct{})
		i.asking.Go(i.refresh)
	}
	if i.failed == nil {
		return found, age, i.pending, errTooOften
	}
	return found, age, i.pending, i.failed
}

var errTooOften = errors.New("its keys were asked for too often")

// unavailable says what is wrong with the issuer.
func (i *issuer) unavailable(cause error) error {
	return fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable, "the keys of the token's issuer cannot be had now: retry"),
		fmt.Errorf("issuer %s: %w", i.name, cause))
}

// refresh fetches the keys.
func (i *issuer) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), issuerTimeout)
	defer cancel()
	keys, err := i.fetch(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failed = err; err == nil {
		i.keys, i.fetched = keys, i.now()
	}
	close(i.pending)
	i.pending = nil
}
