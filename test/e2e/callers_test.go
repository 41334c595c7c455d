//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestCallers lets people of an identity provider, servers with a certificate and programs
// with a token act through a member's gateway. The ledger sees who acted: each by the
// identity that the configuration gives it.
func TestCallers(t *testing.T) {
	ctx := limit(t, time.Minute)
	provider, clients := newProvider(t), authorityOf(t, "producer")
	dir := filepath.Join(local.Dir(), "members", "producer")
	alice := clients.identity(t, "alice", waymark.Operator)
	configure(ctx, t, "gateway.producer", filepath.Join(dir, "gateway.yaml"), func(text string) string {
		text = strings.Replace(text, "\nidentities:\n", fmt.Sprintf("\nidentities:\n  alice: {cert_file: %q, key_file: %q}\n", alice.certFile, alice.keyFile), 1)
		text = strings.Replace(text, "\ntls:\n", fmt.Sprintf("\ntls:\n  client_ca_file: %q\n", clients.file), 1)
		return text + fmt.Sprintf(`
issuers:
  corp: {url: %q, audience: gateway, ca_file: %q}
callers:
  - {issuer: corp, claims: {sub: alice, groups: ops}, identity: alice}
  - {issuer: corp, claims: {groups: board}, identity: viewer}
  - {common_name: mes, identity: operator}
`, provider.URL, provider.caFile)
	})
	person := caller{t: t, client: clientOf(t, local.at.Members["producer"])}
	machine := caller{t: t, client: clientOf(t, local.at.Members["producer"])}
	machine.client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{clients.client(t, "mes")}

	person.token = provider.token(t, "alice", "ops")
	asked := person.issues(ctx, http.StatusOK)
	if got := creator(ctx, t, asked); got != alice.sha256 {
		t.Errorf("the ledger saw %s, not the certificate of alice", got)
	}
	asked = machine.issues(ctx, http.StatusOK)
	if got := creator(ctx, t, asked); got == alice.sha256 {
		t.Error("a server acts as alice")
	}

	person.token = provider.token(t, "bob", "board") // who may read, as the ledger has it
	person.want(ctx, http.MethodGet, "/v1/members/producer", "", http.StatusOK)
	person.issues(ctx, http.StatusForbidden)
	person.token = provider.token(t, "alice", "guests") // whom no rule lets act
	person.want(ctx, http.MethodGet, "/v1/members/producer", "", http.StatusForbidden)

	provider.rotate(t)
	person.token = provider.token(t, "alice", "ops")
	person.issues(ctx, http.StatusOK)

	tokens := filepath.Join(dir, "tokens.json")
	person.token = tokenCommand(ctx, t, "create", "--file", tokens, "--name", "e2e", "--identity", "operator")
	person.issues(ctx, http.StatusOK)
	tokenCommand(ctx, t, "revoke", "--file", tokens, "--name", "e2e")
	person.want(ctx, http.MethodGet, "/v1/members/producer", "", http.StatusUnauthorized)
}

// caller calls the producer's gateway by one credential.
type caller struct {
	t      *testing.T
	client *http.Client
	token  string
}

// want calls and returns the answer, which must have the status.
func (c caller) want(ctx context.Context, method, path, body string, status int) []byte {
	c.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, local.at.Members["producer"].GatewayURL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		c.t.Fatalf("%s %s: %d %s, %v; want %d", method, path, response.StatusCode, answer, err, status)
	}
	return answer
}

// issues issues money, which an operator may, and returns the transaction's id.
func (c caller) issues(ctx context.Context, status int) (txID string) {
	c.t.Helper()
	body := fmt.Sprintf(`{"id":%q,"currency":"XTS","digits":2,"to":"producer","amount":1}`, name("callers"))
	var written struct {
		Transaction struct {
			TxID string `json:"tx_id"`
		} `json:"transaction"`
	}
	answer := c.want(ctx, http.MethodPost, "/v1/payments:issue", body, status)
	if err := json.Unmarshal(answer, &written); err != nil {
		c.t.Fatal(err)
	}
	return written.Transaction.TxID
}

// creator is the hash of the certificate that signed a transaction, as its member's peer has it.
func creator(ctx context.Context, t *testing.T, txID string) string {
	t.Helper()
	status, answer, err := as(t, "producer", waymark.Viewer).Do(ctx, http.MethodGet, "/v1/transactions/"+txID, nil)
	var tx struct {
		Creator struct {
			SHA256 string `json:"certificate_sha256"`
		} `json:"creator"`
	}
	if err != nil || status != http.StatusOK || json.Unmarshal(answer, &tx) != nil {
		t.Fatalf("%d %s, %v", status, answer, err)
	}
	return tx.Creator.SHA256
}

// configure restarts a process with another configuration, and after the test with its own. A
// gateway is ready then.
func configure(ctx context.Context, t *testing.T, process, path string, change func(string) string) {
	t.Helper()
	before := string(content(t, path))
	restart := func(ctx context.Context, content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(local.Stop(ctx, process), local.Start(ctx, process)); err != nil {
			t.Fatal(err)
		}
		if member, ok := strings.CutPrefix(process, "gateway."); ok {
			awaitReady(ctx, t, member)
		}
	}
	restart(ctx, change(before))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		restart(ctx, before)
	})
}

// awaitReady waits until a member's gateway reaches the ledger.
func awaitReady(ctx context.Context, t *testing.T, member string) {
	t.Helper()
	for {
		status, answer, err := as(t, member, waymark.Viewer).Do(ctx, http.MethodGet, "/readyz", nil)
		if err == nil && status == http.StatusOK {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the gateway of %s is not ready: %d %s, %v", member, status, answer, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tokenCommand runs `gateway token` and returns what it prints.
func tokenCommand(ctx context.Context, t *testing.T, words ...string) string {
	t.Helper()
	program := filepath.Join(filepath.Dir(local.Dir()), "bin", "gateway")
	output, err := exec.CommandContext(ctx, program, append([]string{"token"}, words...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

// fingerprint is a certificate's as transactions tell it.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}
