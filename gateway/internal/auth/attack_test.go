package auth

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestForgedTokens presents tokens that a caller without the issuer's key could make, or
// that the issuer made for other uses. Each names the requirement of ASVS 5.0 that it covers,
// and the error that it ends in. The clock stands, so that the issuer's keys are asked for
// fetchBurst times and no more: once for a token that is good, and once for each made-up key id.
func TestForgedTokens(t *testing.T) {
	key, own := rsaKey(t, "k1"), rsaKey(t, "k1")
	f := newFakeIssuer(t, key)
	evil := newFakeIssuer(t, own) // believed by nobody
	a := authenticator(t, f, newClock().now)
	if _, err := a.present(key.sign(t, f.claims(t, nil))); err != nil {
		t.Fatal(err)
	}
	good, parts := f.claims(t, nil), strings.Split(key.sign(t, f.claims(t, nil)), ".")
	der, err := x509.MarshalPKIXPublicKey(key.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hs := func(secret []byte) string {
		return signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: secret}, good, header{"kid", "k1"})
	}
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	with := func(name string, value any) string {
		return key.sign(t, f.claims(t, map[string]any{name: value}))
	}
	jwk := jose.JSONWebKey{Key: own.private.Public(), KeyID: "k1"}
	made := func(id string) string { return testKey{id: id, private: own.private}.sign(t, good) }
	tests := []struct {
		name, asvs, token string
		want              waymark.Code // Unauthenticated if it is empty
	}{
		{name: "no signature", asvs: "6.8.2", token: parts[0] + "." + parts[1] + "."},
		{name: "alg none", asvs: "9.1.2", token: encoded(`{"alg":"none"}`) + "." + encoded(good) + "."},
		{name: "alg None in capitals", asvs: "9.1.2", token: encoded(`{"alg":"NONE","kid":"k1"}`) + "." + encoded(good) + "." + parts[2]},
		{name: "alg twice", asvs: "9.1.2", token: encoded(`{"alg":"RS256","alg":"none","kid":"k1"}`) + "." + encoded(good) + "."},
		{name: "HS256 by the public key in PEM", asvs: "9.1.2", token: hs(asPEM)},
		{name: "HS256 by the public key in DER", asvs: "9.1.2", token: hs(der)},
		{name: "HS256 by nothing", asvs: "9.1.2", token: hs(make([]byte, 32))},
		{name: "other claims under the signature", asvs: "9.1.1", token: parts[0] + "." + encoded(f.claims(t, map[string]any{"sub": "root"})) + "." + parts[2]},
		{name: "other header over the signature", asvs: "9.1.1", token: encoded(`{"alg":"RS256"}`) + "." + parts[1] + "." + parts[2]},
		{name: "signed by the caller", asvs: "9.1.1", token: own.sign(t, good)},
		{name: "jku", asvs: "9.1.3", token: own.sign(t, good, header{"jku", evil.URL + "/keys"})},
		{name: "x5u", asvs: "9.1.3", token: own.sign(t, good, header{"x5u", evil.URL + "/keys"})},
		{name: "jwk", asvs: "9.1.3", token: own.sign(t, good, header{"jwk", jwk})},
		{name: "kid is a path", asvs: "9.1.3", token: made("../../../../dev/null")},
		{name: "kid is SQL", asvs: "9.1.3", token: made("x' UNION SELECT 'k1")},
		{name: "kid is a URL", asvs: "9.1.3", token: made(evil.URL + "/keys")},
		{name: "kid is made up once too often", asvs: "9.1.3", token: made("k2"), want: waymark.Unavailable},
		{name: "kid is no text", asvs: "9.1.3", token: encoded(`{"alg":"RS256","kid":{"a":1}}`) + "." + parts[1] + "." + parts[2]},
		{name: "crit", asvs: "9.1.1", token: key.sign(t, good, header{"crit", []string{"x"}}, header{"x", 1})},
		{name: "expired", asvs: "9.2.1", token: with("exp", in(-2*time.Minute))},
		{name: "never expires", asvs: "9.2.1", token: with("exp", nil)},
		{name: "not yet valid", asvs: "9.2.1", token: with("nbf", in(2*time.Minute))},
		{name: "issued later", asvs: "9.2.1", token: with("iat", in(2*time.Minute))},
		{name: "not yet valid for long", asvs: "9.2.1", token: with("nbf", 1e300)},
		{name: "nbf is no number", asvs: "9.2.1", token: with("nbf", "soon")},
		{name: "to log out", asvs: "9.2.2", token: key.sign(t, good, header{"typ", "logout+jwt"})},
		{name: "bound to a key", asvs: "9.2.2", token: with("cnf", map[string]string{"jkt": "x"})},
		{name: "for others", asvs: "9.2.3", token: with("aud", "other")},
		{name: "for others, and a part of ours", asvs: "10.3.1", token: with("aud", []string{"gate", "gateway/"})},
		{name: "for nobody", asvs: "10.3.1", token: with("aud", nil)},
		{name: "of another issuer", asvs: "6.8.1", token: with("iss", "https://id.example.com")},
		{name: "of an issuer that looks alike", asvs: "6.8.1", token: with("iss", f.URL+"/")},
		{name: "of nobody", asvs: "6.8.1", token: with("iss", nil)},
		{name: "about nobody", asvs: "10.3.3", token: with("sub", nil)},
		{name: "about somebody long", asvs: "10.3.3", token: with("sub", strings.Repeat("a", 256))},
		{name: "a claim twice", asvs: "9.1.1", token: key.sign(t, strings.Replace(good, "{", `{"sub":"root",`, 1))},
		{name: "a claim in two cases", asvs: "9.1.1", token: key.sign(t, strings.Replace(good, "{", `{"Sub":"root",`, 1))},
		{name: "claims that are no object", asvs: "9.1.1", token: key.sign(t, `["alice"]`)},
		{name: "claims that are no UTF-8", asvs: "9.1.1", token: key.sign(t, strings.Replace(good, "alice", "ali\xff", 1))},
		{name: "an encrypted token", asvs: "9.1.2", token: encoded(`{"alg":"dir","enc":"A256GCM"}`) + ".." + parts[1] + "." + parts[1] + "." + parts[2]},
		{name: "dots", asvs: "9.1.1", token: ".."},
		{name: "1 MB", asvs: "9.1.1", token: with("x", strings.Repeat("a", 1<<20))},
		{name: "9 KB", asvs: "9.1.1", token: with("x", strings.Repeat("a", 9<<10))},
	}
	for _, tt := range tests {
		got, err := a.present(tt.token)
		if want := cmp.Or(tt.want, waymark.Unauthenticated); got != (Caller{}) || waymark.CodeOf(err) != want {
			t.Errorf("%s (ASVS %s): %+v, %v; want %s", tt.name, tt.asvs, got, err, want)
		}
	}
	if n := evil.asked.Load(); n > 0 {
		t.Errorf("the caller had us ask its own server %d times", n)
	}
}

func encoded(part string) string { return base64.RawURLEncoding.EncodeToString([]byte(part)) }

// TestOneIssuerDoesNotSpeakForAnother: each is believed by its own keys, for its own callers
// (ASVS 5.0: 6.8.1, 10.3.3).
func TestOneIssuerDoesNotSpeakForAnother(t *testing.T) {
	key, others := ecKey(t, "k1"), ecKey(t, "k1")
	f, other := newFakeIssuer(t, key), newFakeIssuer(t, others)
	a, err := New(Settings{Issuers: map[string]Issuer{"corp": f.settings(), "guests": other.settings()}, Rules: rules()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if got, err := a.present(others.sign(t, f.claims(t, nil))); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("%+v, %v", got, err)
	}
	got, err := a.present(others.sign(t, other.claims(t, nil)))
	if waymark.CodeOf(err) != waymark.Forbidden || got.ID == f.URL+"#alice" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestAnIssuersAlgorithms are those of its configuration, whatever its keys could sign by, and
// its keys for other uses verify nothing (ASVS 5.0: 9.1.2).
func TestAnIssuersAlgorithms(t *testing.T) {
	key, ec, forEncryption := rsaKey(t, "k1"), ecKey(t, "k2"), ecKey(t, "k3")
	forEncryption.use = "enc"
	f := newFakeIssuer(t, key, ec, forEncryption)
	settings := f.settings()
	settings.Algorithms = []string{"RS256", "ES384"}
	a, err := New(Settings{Issuers: map[string]Issuer{"corp": settings}, Rules: rules()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if _, err := a.present(key.sign(t, f.claims(t, nil))); err != nil {
		t.Error(err)
	}
	for _, token := range []string{
		ec.sign(t, f.claims(t, nil)), forEncryption.sign(t, f.claims(t, nil)),
		signed(t, jose.SigningKey{Algorithm: jose.PS256, Key: key.private}, f.claims(t, nil), header{"kid", "k1"}),
	} {
		if _, err := a.present(token); waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("got %v", err)
		}
	}
}

// TestOneCredential: a request has one, in its header (ASVS 5.0: 14.2.1).
func TestOneCredential(t *testing.T) {
	key := ecKey(t, "k1")
	f := newFakeIssuer(t, key)
	a := authenticator(t, f, time.Now)
	token := key.sign(t, f.claims(t, nil))
	tests := []struct {
		name   string
		target string
		header http.Header
		ok     bool
	}{
		{name: "one", header: http.Header{"Authorization": {"Bearer " + token}}, ok: true},
		{name: "a scheme in small letters", header: http.Header{"Authorization": {"bearer " + token}}, ok: true},
		{name: "none"},
		{name: "empty", header: http.Header{"Authorization": {""}}},
		{name: "twice", header: http.Header{"Authorization": {"Bearer " + token, "Bearer " + token}}},
		{name: "two in one", header: http.Header{"Authorization": {"Bearer " + token + ", Bearer " + token}}},
		{name: "two words", header: http.Header{"Authorization": {"Bearer " + token + " x"}}},
		{name: "no scheme", header: http.Header{"Authorization": {token}}},
		{name: "basic", header: http.Header{"Authorization": {"Basic " + token}}},
		{name: "in the query", target: "?access_token=" + token},
		{name: "in a cookie", header: http.Header{"Cookie": {"access_token=" + token}}},
		{name: "to a proxy", header: http.Header{"Proxy-Authorization": {"Bearer " + token}}},
		{name: "by a proxy", header: http.Header{"X-Forwarded-User": {"alice"}, "X-Forwarded-Client-Cert": {"Hash=1"}}},
		{name: "as JSON", header: http.Header{"Authorization": {"Bearer " + asJSON(t, token)}}},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/v1/members/x"+tt.target, http.NoBody)
		r.Header = tt.header
		if _, err := a.Authenticate(r); (err == nil) != tt.ok || err != nil && waymark.CodeOf(err) != waymark.Unauthenticated {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// asJSON is the token in JWS's other form, which is nowhere presented as a bearer token.
func asJSON(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	data, err := json.Marshal(map[string]string{"protected": parts[0], "payload": parts[1], "signature": parts[2]})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
