package auth

import (
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
// that the issuer made for other uses. Each names the requirement of ASVS 5.0 that it covers.
func TestForgedTokens(t *testing.T) {
	key, own := rsaKey(t, "k1"), rsaKey(t, "k1")
	f := newFakeIssuer(t, key)
	evil := newFakeIssuer(t, own) // believed by nobody
	a := authenticator(t, f, time.Now)
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
	tests := []struct {
		name, asvs, token string
	}{
		{"no signature", "6.8.2", parts[0] + "." + parts[1] + "."},
		{"alg none", "9.1.2", encoded(`{"alg":"none"}`) + "." + encoded(good) + "."},
		{"alg None in capitals", "9.1.2", encoded(`{"alg":"NONE","kid":"k1"}`) + "." + encoded(good) + "." + parts[2]},
		{"alg twice", "9.1.2", encoded(`{"alg":"RS256","alg":"none","kid":"k1"}`) + "." + encoded(good) + "."},
		{"HS256 by the public key in PEM", "9.1.2", hs(asPEM)},
		{"HS256 by the public key in DER", "9.1.2", hs(der)},
		{"HS256 by nothing", "9.1.2", hs(make([]byte, 32))},
		{"other claims under the signature", "9.1.1", parts[0] + "." + encoded(f.claims(t, map[string]any{"sub": "root"})) + "." + parts[2]},
		{"other header over the signature", "9.1.1", encoded(`{"alg":"RS256"}`) + "." + parts[1] + "." + parts[2]},
		{"signed by the caller", "9.1.1", own.sign(t, good)},
		{"jku", "9.1.3", own.sign(t, good, header{"jku", evil.URL + "/keys"})},
		{"x5u", "9.1.3", own.sign(t, good, header{"x5u", evil.URL + "/keys"})},
		{"jwk", "9.1.3", own.sign(t, good, header{"jwk", jwk})},
		{"kid is a path", "9.1.3", testKey{id: "../../../../dev/null", private: own.private}.sign(t, good)},
		{"kid is SQL", "9.1.3", testKey{id: "x' UNION SELECT 'k1", private: own.private}.sign(t, good)},
		{"kid is a URL", "9.1.3", testKey{id: evil.URL + "/keys", private: own.private}.sign(t, good)},
		{"kid is no text", "9.1.3", encoded(`{"alg":"RS256","kid":{"a":1}}`) + "." + parts[1] + "." + parts[2]},
		{"crit", "9.1.1", key.sign(t, good, header{"crit", []string{"x"}}, header{"x", 1})},
		{"expired", "9.2.1", with("exp", in(-2*time.Minute))},
		{"never expires", "9.2.1", with("exp", nil)},
		{"not yet valid", "9.2.1", with("nbf", in(2*time.Minute))},
		{"issued later", "9.2.1", with("iat", in(2*time.Minute))},
		{"not yet valid for long", "9.2.1", with("nbf", 1e300)},
		{"nbf is no number", "9.2.1", with("nbf", "soon")},
		{"to log out", "9.2.2", key.sign(t, good, header{"typ", "logout+jwt"})},
		{"bound to a key", "9.2.2", with("cnf", map[string]string{"jkt": "x"})},
		{"for others", "9.2.3", with("aud", "other")},
		{"for others, and a part of ours", "10.3.1", with("aud", []string{"gate", "gateway/"})},
		{"for nobody", "10.3.1", with("aud", nil)},
		{"of another issuer", "6.8.1", with("iss", "https://id.example.com")},
		{"of an issuer that looks alike", "6.8.1", with("iss", f.URL+"/")},
		{"of nobody", "6.8.1", with("iss", nil)},
		{"about nobody", "10.3.3", with("sub", nil)},
		{"about somebody long", "10.3.3", with("sub", strings.Repeat("a", 256))},
		{"a claim twice", "9.1.1", key.sign(t, strings.Replace(good, "{", `{"sub":"root",`, 1))},
		{"a claim in two cases", "9.1.1", key.sign(t, strings.Replace(good, "{", `{"Sub":"root",`, 1))},
		{"claims that are no object", "9.1.1", key.sign(t, `["alice"]`)},
		{"claims that are no UTF-8", "9.1.1", key.sign(t, strings.Replace(good, "alice", "ali\xff", 1))},
		{"an encrypted token", "9.1.2", encoded(`{"alg":"dir","enc":"A256GCM"}`) + ".." + parts[1] + "." + parts[1] + "." + parts[2]},
		{"dots", "9.1.1", ".."},
		{"1 MB", "9.1.1", key.sign(t, strings.Replace(good, "alice", strings.Repeat("a", 1<<20), 1))},
		{"9 KB", "9.1.1", key.sign(t, f.claims(t, map[string]any{"x": strings.Repeat("a", 9<<10)}))},
	}
	for _, tt := range tests {
		got, err := a.present(tt.token)
		if got != (Caller{}) || waymark.CodeOf(err) != waymark.Unauthenticated && waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%s (ASVS %s): %+v, %v", tt.name, tt.asvs, got, err)
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
