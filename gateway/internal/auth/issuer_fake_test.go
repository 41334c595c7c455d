package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeIssuer is an OpenID Connect issuer over HTTPS, with the keys that it is given.
type fakeIssuer struct {
	*httptest.Server
	caFile string
	asked  atomic.Int64 // requests of any kind
	down   atomic.Bool
	names  atomic.Value // the issuer that the discovery document names, if not its own

	mu   sync.Mutex
	keys []jose.JSONWebKey
}

func newFakeIssuer(t *testing.T, keys ...testKey) *fakeIssuer {
	t.Helper()
	f := new(fakeIssuer)
	f.publish(keys...)
	f.Server = httptest.NewTLSServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	f.caFile = filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw})
	if err := os.WriteFile(f.caFile, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fakeIssuer) serve(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	if f.down.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		issuer := f.URL
		if other, ok := f.names.Load().(string); ok {
			issuer = other
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer, "jwks_uri": f.URL + "/keys"})
	case "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: f.keys})
	default:
		http.Redirect(w, r, "/keys", http.StatusFound)
	}
}

// publish makes these the keys of the issuer.
func (f *fakeIssuer) publish(keys ...testKey) {
	var set []jose.JSONWebKey
	for _, k := range keys {
		set = append(set, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Use: k.use})
	}
	f.publishSet(set)
}

func (f *fakeIssuer) publishSet(keys []jose.JSONWebKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = keys
}

// settings are those by which the gateway believes it.
func (f *fakeIssuer) settings() Issuer {
	return Issuer{URL: f.URL, Audience: "gateway", Algorithms: Algorithms(), Skew: time.Minute, CAFile: f.caFile}
}

// testKey is a key that signs tokens.
type testKey struct {
	id, use string
	private crypto.Signer
}

func rsaKey(t *testing.T, id string) testKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return testKey{id: id, use: "sig", private: key}
}

func ecKey(t *testing.T, id string) testKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return testKey{id: id, use: "sig", private: key}
}

func (k testKey) algorithm() jose.SignatureAlgorithm {
	if _, ok := k.private.(*rsa.PrivateKey); ok {
		return jose.RS256
	}
	return jose.ES256
}

// header is a member of a token's header.
type header struct {
	name  jose.HeaderKey
	value any
}

// sign makes a token of a payload, with the key's id and more in its header.
func (k testKey) sign(t *testing.T, payload string, headers ...header) string {
	t.Helper()
	return signed(t, jose.SigningKey{Algorithm: k.algorithm(), Key: k.private}, payload, append(headers, header{"kid", k.id})...)
}

func signed(t *testing.T, by jose.SigningKey, payload string, headers ...header) string {
	t.Helper()
	options := new(jose.SignerOptions)
	for _, h := range headers {
		options.WithHeader(h.name, h.value)
	}
	signer, err := jose.NewSigner(by, options)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// claims are those of a good token of the issuer for alice, with changes; a nil takes one out.
func (f *fakeIssuer) claims(t *testing.T, changes map[string]any) string {
	t.Helper()
	now := time.Now()
	all := map[string]any{
		"iss": f.URL, "aud": "gateway", "sub": "alice", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "groups": []string{"ops"},
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
