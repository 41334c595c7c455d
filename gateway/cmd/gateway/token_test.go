package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// command runs the command with the words given and returns what it prints.
func command(t *testing.T, words ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), words, &stdout, &stderr)
	return stdout.String(), err
}

// TestTokensAreEffectiveAtOnce makes and revokes tokens beside a gateway that runs
// (ASVS 5.0: 6.5.6, 7.2.3, 7.4.5).
func TestTokensAreEffectiveAtOnce(t *testing.T) {
	s := newSite(t)
	base, stop := s.serve(t)
	defer stop()
	client := s.client(t)
	await(t, client, base+"/healthz", "ok")
	file := s.path("tokens.json")

	token, err := command(t, "token", "create", "--file", file, "--name", "erp", "--identity", "viewer")
	if err != nil || !strings.HasPrefix(token, "wmk_") {
		t.Fatalf("%q, %v", token, err)
	}
	token = strings.TrimSpace(token)
	// The peer is nowhere, so a caller that is known gets as far as 503.
	if got := askAs(t, client, base, token); got != http.StatusServiceUnavailable {
		t.Errorf("a new token: %d", got)
	}
	if list, err := command(t, "token", "list", "--file", file); err != nil || !strings.Contains(list, "erp") || strings.Contains(list, token[4:]) {
		t.Errorf("%q, %v", list, err)
	}
	if _, err := command(t, "token", "create", "--file", file, "--name", "erp", "--identity", "admin"); waymark.CodeOf(err) != waymark.AlreadyExists {
		t.Errorf("a name twice: %v", err)
	}
	if _, err := command(t, "token", "revoke", "--file", file, "--name", "erp"); err != nil {
		t.Fatal(err)
	}
	if got := askAs(t, client, base, token); got != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d", got)
	}
	if _, err := command(t, "token", "revoke", "--file", file, "--name", "erp"); waymark.CodeOf(err) != waymark.NotFound {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestTokenCreateRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens.json")
	tests := [][]string{
		{"--name", "e r p", "--identity", "viewer"},
		{"--name", "erp", "--identity", "a/b"},
		{"--name", "erp", "--identity", "viewer", "--expires-in", "1s"},
		{"--name", "erp", "--identity", "viewer", "--expires-in", "10000h"},
	}
	for _, flags := range tests {
		if out, err := command(t, append([]string{"token", "create", "--file", file}, flags...)...); err == nil || out != "" {
			t.Errorf("%q: %q, %v", flags, out, err)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("it made a file")
	}
}
