package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

// site is a folder with everything that a gateway needs; its peer is nowhere.
type site struct {
	config string
	trust  *x509.CertPool
}

func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	certPEM, keyPEM := certtest.SelfSigned(t, x509.Certificate{})
	files := map[string]string{
		"cert.pem":    string(certPEM),
		"key.pem":     string(keyPEM),
		"tokens.json": "[]",
		"gateway.yaml": `
member: producer
listen: 127.0.0.1:0
tls: {cert_file: cert.pem, key_file: key.pem}
peers: [{address: "127.0.0.1:1", ca_file: cert.pem}]
identities:
  viewer: {cert_file: cert.pem, key_file: key.pem}
tokens_file: tokens.json
`,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(certPEM)
	return site{config: filepath.Join(dir, "gateway.yaml"), trust: trust}
}

func (s site) path(name string) string { return filepath.Join(filepath.Dir(s.config), name) }

func (s site) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(s.path(name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// say adds a line to the configuration file.
func (s site) say(t *testing.T, line string) {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.config, append(data, line+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace changes the configuration file.
func (s site) replace(t *testing.T, before, after string) {
	t.Helper()
	data, err := os.ReadFile(s.config)
	if err != nil || !strings.Contains(string(data), before) {
		t.Fatalf("no %q in the configuration: %v", before, err)
	}
	s.write(t, filepath.Base(s.config), []byte(strings.Replace(string(data), before, after, 1)))
}

// configuration is what the configuration file says.
func (s site) configuration(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Load(s.config, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// assembled is a gateway that does not serve yet, until the test ends.
func assembled(t *testing.T, c config.Config) *parts {
	t.Helper()
	p, err := assemble(c, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// serve runs the gateway on a free port until stop is called.
func (s site) serve(t *testing.T) (base string, stop func()) {
	t.Helper()
	return s.serveTo(t, io.Discard)
}

// serveTo is serve with a log.
func (s site) serveTo(t *testing.T, stderr io.Writer) (base string, stop func()) {
	t.Helper()
	address := porttest.Address(t)
	t.Setenv("WAYMARK_GATEWAY_LISTEN", address)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--config", s.config}, io.Discard, stderr) }()
	return "https://" + address, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// up runs the gateway until the test ends, and returns where once it serves.
func (s site) up(t *testing.T) (base string) {
	t.Helper()
	base, stop := s.serve(t)
	t.Cleanup(stop)
	await(t, s.client(t), base+"/healthz", "ok")
	return base
}

// token makes a token of the viewer.
func (s site) token(t *testing.T) string {
	t.Helper()
	token, err := command(t, "token", "create", "--file", s.path("tokens.json"), "--name", "erp", "--identity", "viewer")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(token)
}

// client trusts the site's certificate.
func (s site) client(t *testing.T) *http.Client {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// as returns a client with a certificate, or none.
func (s site) as(t *testing.T, certificate *tls.Certificate) *http.Client {
	t.Helper()
	client := s.client(t)
	if transport, ok := client.Transport.(*http.Transport); ok && certificate != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{*certificate}
	}
	return client
}

// await asks url until the answer contains want.
func await(t *testing.T, client *http.Client, url, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, body, err := get(client, url)
		if err == nil && strings.Contains(body, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not say %q: %v", url, want, err)
		}
	}
}

func get(client *http.Client, url string) (int, string, error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// askAs asks for a member and returns the status; 0 when the handshake was refused.
func askAs(t *testing.T, client *http.Client, base, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/members/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is kept
	return response.StatusCode
}

// dial connects to the gateway by TLS, with what else c asks for.
func (s site) dial(base string, c *tls.Config) (*tls.Conn, error) {
	c.RootCAs = s.trust
	return tls.Dial("tcp", strings.TrimPrefix(base, "https://"), c)
}

// raw sends a request as it is, and returns the status of the answer.
func (s site) raw(t *testing.T, base, request string) int {
	t.Helper()
	conn, err := s.dial(base, new(tls.Config))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() { _, _ = fmt.Fprint(conn, request) }() // which may not be taken whole
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// told sends a request as it is, says that no more comes, and returns the whole answer.
func (s site) told(t *testing.T, base, request string) string {
	t.Helper()
	conn, err := s.dial(base, new(tls.Config))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn) // an answer can be whole and the connection broken
	return string(answer)
}
