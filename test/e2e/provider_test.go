//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// provider is an OpenID Connect issuer with one key at a time.
type provider struct {
	*httptest.Server
	caFile string

	mu  sync.Mutex
	key *ecdsa.PrivateKey
	id  string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := new(provider)
	p.rotate(t)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	p.caFile = writePEM(t, "CERTIFICATE", p.Certificate().Raw)
	return p
}

func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/keys" {
		key := jose.JSONWebKey{Key: p.key.Public(), KeyID: p.id, Use: "sig"}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
}

// rotate puts another key in the place of its own.
func (p *provider) rotate(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.id = signingKey(t), name("key")
}

// token is one for the gateway, about somebody of a group.
func (p *provider) token(t *testing.T, subject, group string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	options := new(jose.SignerOptions).WithHeader("kid", p.id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, options)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": p.URL, "aud": "gateway", "sub": subject, "groups": []string{group}, "exp": time.Now().Add(10 * time.Minute).Unix(),
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// authority is one whose certificates are identities and clients.
type authority struct {
	certificate *x509.Certificate
	key         any
	file        string
}

// identity is a certificate and its key in files.
type identity struct{ certFile, keyFile, sha256 string }

// authorityOf is the authority of a member's identities.
func authorityOf(t *testing.T, member string) authority {
	t.Helper()
	dir := filepath.Join(local.Dir(), "crypto", "peerOrganizations", member, "ca")
	certFile := filepath.Join(dir, "ca."+member+"-cert.pem")
	pair, err := tls.LoadX509KeyPair(certFile, filepath.Join(dir, "priv_sk"))
	if err != nil {
		t.Fatal(err)
	}
	return authority{certificate: pair.Leaf, key: pair.PrivateKey, file: certFile}
}

// identity issues a Fabric client identity with a role, as a Fabric CA does.
func (a authority) identity(t *testing.T, name string, role waymark.Role) identity {
	t.Helper()
	key := signingKey(t)
	c := a.issue(t, key, x509.Certificate{
		Subject:         pkix.Name{CommonName: name, OrganizationalUnit: []string{"client"}},
		ExtraExtensions: []pkix.Extension{{Id: []int{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: fmt.Appendf(nil, `{"attrs":{"waymark.role":%q}}`, role)}},
	})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return identity{certFile: writePEM(t, "CERTIFICATE", c.Raw), keyFile: writePEM(t, "PRIVATE KEY", der), sha256: fingerprint(c)}
}

// client issues a TLS client certificate.
func (a authority) client(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key := signingKey(t)
	c := a.issue(t, key, x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key}
}

// issue signs a certificate. Fabric believes only signatures whose s is the lower of two.
func (a authority) issue(t *testing.T, key *ecdsa.PrivateKey, template x509.Certificate) *x509.Certificate {
	t.Helper()
	template.SerialNumber, template.KeyUsage = big.NewInt(time.Now().UnixNano()), x509.KeyUsageDigitalSignature
	template.NotBefore, template.NotAfter = a.certificate.NotBefore, a.certificate.NotAfter
	for {
		der, err := x509.CreateCertificate(rand.Reader, &template, a.certificate, key.Public(), a.key)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		var signature struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(c.Signature, &signature); err != nil {
			t.Fatal(err)
		}
		if half := new(big.Int).Rsh(elliptic.P256().Params().N, 1); signature.S.Cmp(half) <= 0 {
			return c
		}
	}
}

func signingKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
