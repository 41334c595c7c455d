package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// isJWT reports whether a token has the form of a signed JWT; ours have no dots.
func isJWT(token string) bool { return strings.Count(token, ".") == 2 }

// parsedToken is a JWT whose signature was not verified yet.
type parsedToken struct {
	raw       string
	keyID     string
	issuer    string
	subject   string
	notBefore time.Time // zero for always
	claims    map[string]any
}

// jwt returns the caller that a token of an issuer names.
func (s *state) jwt(ctx context.Context, raw string) (Caller, error) {
	t, err := parse(raw)
	if err != nil {
		return Caller{}, fmt.Errorf("%w (%w)", waymark.Errorf(waymark.Unauthenticated, "the token is malformed"), err)
	}
	i, ok := s.issuers[t.issuer]
	if !ok {
		return Caller{}, unknown()
	}
	if err := i.verify(ctx, t); err != nil {
		return Caller{}, err
	}
	if t.subject == "" || len(t.subject) > maxName {
		return Caller{}, waymark.Errorf(waymark.Unauthenticated, "the token's subject must have 1 to %d bytes", maxName)
	}
	id := brief(i.URL + "#" + safe(t.subject))
	rule, ok := decide(s.Rules, bearerOf{issuer: i.name, claims: t.claims})
	if !ok {
		return Caller{ID: id}, unruled()
	}
	return Caller{ID: id, Identity: ledger.Identity(rule.Identity)}, nil
}

// maxTime is the last second that is taken for one, some 35,000 years from now.
const maxTime = 1 << 40

// tokenTypes are those in the header of a token that may be presented (RFC 9068, clause 4);
// an issuer signs others for other uses, such as logout+jwt.
var tokenTypes = []string{"", "jwt", "at+jwt", "application/at+jwt"}

// parse takes a JWT apart. Its claims are read strictly: nothing is in them twice, and no
// name differs from a registered one in its case only, so that no two readers of the token
// can understand it differently.
func parse(raw string) (parsedToken, error) {
	var algorithms []jose.SignatureAlgorithm
	for _, name := range Algorithms() {
		algorithms = append(algorithms, jose.SignatureAlgorithm(name))
	}
	signed, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return parsedToken{}, err
	}
	header := signed.Signatures[0].Protected
	kind, _ := header.ExtraHeaders[jose.HeaderType].(string)
	if !slices.Contains(tokenTypes, strings.ToLower(kind)) {
		return parsedToken{}, errors.New("header: this type of token is for another use")
	}
	t := parsedToken{raw: raw, keyID: header.KeyID}
	payload := signed.UnsafePayloadWithoutVerification()
	if err := jsonv2.Unmarshal(payload, &t.claims); err != nil {
		return parsedToken{}, fmt.Errorf("claims: %w", err)
	}
	return t, t.setRegistered(payload)
}

// setRegistered takes the claims that have a meaning here (RFC 7519, clause 4.1).
func (t *parsedToken) setRegistered(payload []byte) error {
	var registered struct {
		Issuer    string   `json:"iss"`
		Subject   string   `json:"sub"`
		NotBefore *float64 `json:"nbf"`
	}
	if err := jsonv2.Unmarshal(payload, &registered); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	if _, bound := t.claims["cnf"]; bound {
		return errors.New("claims: the token is bound to a key, and no proof of it is checked here")
	}
	for name := range t.claims {
		if folded := strings.ToLower(name); folded != name && slices.Contains([]string{"iss", "sub", "aud", "exp", "nbf", "iat"}, folded) {
			return fmt.Errorf("claims: %q is not %s", name, folded)
		}
	}
	t.issuer, t.subject = registered.Issuer, registered.Subject
	if registered.NotBefore != nil {
		if *registered.NotBefore < 0 || *registered.NotBefore > maxTime {
			return errors.New("claims: nbf is no time")
		}
		t.notBefore = time.Unix(int64(*registered.NotBefore), 0)
	}
	return nil
}
