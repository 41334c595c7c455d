package auth

import (
	"crypto/tls"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Settings say whom to believe, and who acts as whom.
type Settings struct {
	// Tokens are those of ours; nil if there are none.
	Tokens *File
	// Issuers are the OpenID Connect issuers by the names that rules use.
	Issuers map[string]Issuer
	// Authorities are those of client certificates; nil if none are believed.
	Authorities *Authorities
	// Rules say as whom the bearers of tokens of the issuers and of certificates act. The
	// first that fits decides.
	Rules []Rule
}

// Authenticator tells who makes a request. It is safe for concurrent use. Close it when done.
type Authenticator struct {
	now     func() time.Time
	current atomic.Pointer[state]
}

// state is the settings in force, with what was learned of the issuers.
type state struct {
	Settings
	issuers map[string]*issuer // by URL
}

// New returns an authenticator. No issuer is asked for anything yet, so one that is down
// stops nobody else. It fails when the authority file of an issuer cannot be used.
func New(s Settings) (*Authenticator, error) {
	a := &Authenticator{now: time.Now}
	a.current.Store(&state{})
	apply, err := a.Prepare(s)
	if err != nil {
		return nil, err
	}
	apply()
	return a, nil
}

// Prepare returns what puts other settings in force, from the next request on. What is known
// of issuers whose settings are as they were is kept. What was prepared before others came in
// force must be dropped.
func (a *Authenticator) Prepare(s Settings) (apply func(), err error) {
	before, next := a.current.Load(), &state{Settings: s, issuers: make(map[string]*issuer, len(s.Issuers))}
	for name, settings := range s.Issuers {
		i, err := newIssuer(name, settings, a.now)
		if err != nil {
			return nil, err
		}
		if known, ok := before.issuers[i.URL]; ok && known.same(i) {
			i = known
		}
		next.issuers[i.URL] = i
	}
	return func() { a.current.Store(next) }, nil
}

// Close waits until nothing is asked of any issuer any more, for issuerTimeout at most.
func (a *Authenticator) Close() {
	for _, i := range a.current.Load().issuers {
		i.asking.Wait()
	}
}

// Authenticate returns who makes the request, by the one credential that comes with it.
//
// Codes: Unauthenticated for no credential, more than one, or one that is not good here;
// Forbidden, with the caller's id, when no rule says as whom it may act; Unavailable when a
// credential cannot be checked now.
func (a *Authenticator) Authenticate(r *http.Request) (Caller, error) {
	s := a.current.Load()
	headers := r.Header.Values("Authorization")
	certified := r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	switch {
	case certified && len(headers) > 0 || len(headers) > 1:
		return Caller{}, waymark.Errorf(waymark.Unauthenticated, "present one credential, not several")
	case certified:
		return s.certificate(*r.TLS, a.now())
	case len(headers) == 0:
		return Caller{}, waymark.Errorf(waymark.Unauthenticated, "present a credential: Authorization: Bearer TOKEN, or a client certificate")
	}
	token, err := bearer(headers[0])
	if err != nil {
		return Caller{}, err
	}
	if isJWT(token) {
		return s.jwt(r.Context(), token)
	}
	if s.Tokens == nil {
		return Caller{}, unknown()
	}
	return s.Tokens.Authenticate(token)
}

// maxToken is the longest token that is looked at, in bytes.
const maxToken = 8 << 10

// bearerPattern is a bearer token's header (RFC 6750, clause 2.1).
var bearerPattern = regexp.MustCompile(`^(?i:bearer) +([A-Za-z0-9._~+/-]+=*)$`)

// bearer returns the token in the header, if it may be one.
func bearer(header string) (string, error) {
	if len(header) > maxToken {
		return "", waymark.Errorf(waymark.Unauthenticated, "the token must be at most %d bytes", maxToken)
	}
	found := bearerPattern.FindStringSubmatch(header)
	if found == nil {
		return "", waymark.Errorf(waymark.Unauthenticated, "present a token: Authorization: Bearer TOKEN")
	}
	return found[1], nil
}

func unknown() error { return waymark.Errorf(waymark.Unauthenticated, "the token is not known here") }

func unruled() error {
	return waymark.Errorf(waymark.Forbidden, "no rule of this gateway says as whom this caller may act")
}

// certificate returns the caller whose client certificate the connection has.
func (s *state) certificate(connection tls.ConnectionState, now time.Time) (Caller, error) {
	leaf, authority, err := s.Authorities.verified(connection, now)
	if err != nil {
		return Caller{}, err
	}
	rule, ok := decide(s.Rules, bearerOf{certificate: leaf})
	if !ok {
		return Caller{ID: strangerID(leaf)}, unruled()
	}
	return Caller{ID: rule.holderID(authority), Identity: ledger.Identity(rule.Identity)}, nil
}
