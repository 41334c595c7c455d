package auth_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
)

func newToken(t *testing.T, id string, role waymark.Role) (string, auth.Entry) {
	t.Helper()
	token, entry, err := auth.NewToken(id, role)
	if err != nil {
		t.Fatal(err)
	}
	return token, entry
}

func write(t *testing.T, path string, entries ...auth.Entry) {
	t.Helper()
	data, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAuthenticate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	admin, adminEntry := newToken(t, "erp", waymark.Admin)
	viewer, viewerEntry := newToken(t, "board", waymark.Viewer)
	write(t, path, adminEntry, viewerEntry)
	file, err := auth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		give string
		want auth.Caller
		code waymark.Code
	}{
		{give: admin, want: auth.Caller{ID: "erp", Identity: "admin"}},
		{give: viewer, want: auth.Caller{ID: "board", Identity: "viewer"}},
		{give: "", code: waymark.Unauthenticated},
		{give: admin + "x", code: waymark.Unauthenticated},
		{give: strings.ToUpper(admin), code: waymark.Unauthenticated},
		{give: adminEntry.SHA256, code: waymark.Unauthenticated}, // the hash is no token
	}
	for _, tt := range tests {
		got, err := file.Authenticate(tt.give)
		if got != tt.want || waymark.CodeOf(err) != tt.code {
			t.Errorf("Authenticate(%q) = %v, %v; want %v, %q", tt.give, got, err, tt.want, tt.code)
		}
	}
}

func TestRevocationIsEffectiveAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	first, firstEntry := newToken(t, "a", waymark.Operator)
	second, secondEntry := newToken(t, "a", waymark.Operator)
	stamp := time.Now()
	write(t, path, firstEntry)
	if err := os.Chtimes(path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	file, err := auth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, secondEntry) // same size, and below the same time: as two writes in one tick
	if err := os.Chtimes(path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Authenticate(first); waymark.CodeOf(err) != waymark.Unauthenticated {
		t.Errorf("revoked token: %v", err)
	}
	if _, err := file.Authenticate(second); err != nil {
		t.Errorf("new token: %v", err)
	}
}

func TestAFileThatCannotBeReadLetsNobodyIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	token, entry := newToken(t, "a", waymark.Operator)
	write(t, path, entry)
	file, err := auth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("["), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := file.Authenticate(token); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("broken file: %v", err)
		}
	}
	write(t, path, entry)
	if _, err := file.Authenticate(token); err != nil {
		t.Errorf("mended file: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	sum := strings.Repeat("0", 64)
	tests := map[string]string{
		"unknown member": `[{"id":"a","role":"admin","sha256":"` + sum + `","x":1}]`,
		"unknown role":   `[{"id":"a","role":"root","sha256":"` + sum + `"}]`,
		"short hash":     `[{"id":"a","role":"admin","sha256":"00"}]`,
		"upper-case":     `[{"id":"a","role":"admin","sha256":"` + strings.Repeat("A", 64) + `"}]`,
		"no id":          `[{"role":"admin","sha256":"` + sum + `"}]`,
		"id twice":       `[{"id":"a","role":"admin","sha256":"` + sum + `"},{"id":"a","role":"admin","sha256":"` + sum + `"}]`,
		"trailing":       `[] []`,
		"not a list":     `{}`,
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tokens.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Open(path); err == nil {
				t.Error("opened")
			}
		})
	}
}
