package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
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
	s.say(t, "log: {audit_file: audit.log}")
	if _, err := command(t, "token", "create", "--file", s.path("tokens.json"), "--name", "old", "--identity", "viewer"); err != nil {
		t.Fatal(err)
	}
	base, client := s.up(t), s.client(t)
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
	accounted(t, s.path("audit.log"), token)
}

// accounted checks the audit log's lines of the tokens: of one that was there, and of this one,
// which was made and revoked.
func accounted(t *testing.T, path, token string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(data)) {
		var e struct{ Event, Operation, Target, Identity, Outcome string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == "token" {
			got = append(got, strings.Join([]string{e.Operation, e.Target, e.Identity, e.Outcome}, " "))
		}
	}
	if want := []string{"found token:old;", "create token:erp;", "revoke token:erp;"}; !slices.EqualFunc(got, want, func(got, want string) bool {
		return strings.HasPrefix(got, want) && strings.HasSuffix(got, " viewer done")
	}) {
		t.Errorf("got %q, want %q", got, want)
	}
	sum := sha256.Sum256([]byte(token))
	if strings.Contains(string(data), token) || strings.Contains(string(data), hex.EncodeToString(sum[:])) {
		t.Error("the audit log has the token, or its hash")
	}
}

// TestTokensThatComeAndGoAreToldOnce, whether somebody calls or not, and also when another file
// takes the place of the one before.
func TestTokensThatComeAndGoAreToldOnce(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json")
	create := func(file, name string) {
		if _, err := command(t, "token", "create", "--file", file, "--name", name, "--identity", "viewer"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	followed := tokens{told: func(changes []auth.Change) {
		for _, c := range changes {
			got = append(got, fmt.Sprintf("%s %t", c.Name, c.Gone))
		}
	}}
	use := func(path string) {
		file, err := followed.open(path)
		if err != nil {
			t.Fatal(err)
		}
		followed.use(file)
	}
	create(first, "a")
	create(second, "b")
	use(first)
	create(first, "c")
	for range 2 {
		if err := followed.check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	use(first) // as a reload of the configuration does
	use(second)
	followed.use(nil)
	if want := []string{"c false", "a true", "c true", "b false", "b true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := followed.check(t.Context()); err != nil {
		t.Error(err)
	}
	use(second)
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if err := followed.check(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("a file that is away: %v", err)
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
