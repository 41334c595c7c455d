package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
)

func newToken(t *testing.T, name, identity string) (string, auth.Entry) {
	t.Helper()
	token, entry, err := auth.NewToken(name, identity, time.Now(), time.Hour)
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
	admin, adminEntry := newToken(t, "erp", "admin")
	viewer, viewerEntry := newToken(t, "board", "viewer")
	expired, expiredEntry, err := auth.NewToken("old", "admin", time.Now().Add(-2*time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, adminEntry, viewerEntry, expiredEntry)
	file, err := auth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		give string
		want auth.Caller
		code waymark.Code
	}{
		{give: admin, want: auth.Caller{ID: "token:erp;" + adminEntry.SHA256[:16], Identity: "admin"}},
		{give: viewer, want: auth.Caller{ID: "token:board;" + viewerEntry.SHA256[:16], Identity: "viewer"}},
		{give: expired, code: waymark.Unauthenticated},
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

// TestRevocationIsEffectiveAtOnce though the file's time and size are as they were.
func TestRevocationIsEffectiveAtOnce(t *testing.T) { synctest.Test(t, revocationIsEffectiveAtOnce) } // the file stays young

func revocationIsEffectiveAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	first, firstEntry := newToken(t, "a", "operator")
	second, secondEntry := newToken(t, "a", "operator")
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

// TestAFileOfTheFutureIsReadOnce and not with each request, though its time says that it may be written just now.
func TestAFileOfTheFutureIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	token, entry := newToken(t, "a", "operator")
	stamp := time.Now().Add(time.Hour)
	write(t, path, entry)
	if err := os.Chtimes(path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	file, err := auth.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Repeat([]byte{' '}, int(info.Size())) // which shows whether it is read
	if err := errors.Join(os.WriteFile(path, broken, 0o600), os.Chtimes(path, stamp, stamp)); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Authenticate(token); err != nil {
		t.Errorf("read again: %v", err)
	}
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Authenticate(token); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("not read with another time: %v", err)
	}
}

// TestATokenUnderAnothersNameIsAnotherCaller: what was the former's, its answers above all, is not its.
func TestATokenUnderAnothersNameIsAnotherCaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	ids := make(map[string]bool)
	for range 2 {
		token, entry := newToken(t, "erp", "operator")
		write(t, path, entry)
		file, err := auth.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		caller, err := file.Authenticate(token)
		if err != nil || !strings.HasPrefix(caller.ID, "token:erp;") || strings.Contains(caller.ID, entry.SHA256) {
			t.Errorf("%+v, %v", caller, err)
		}
		ids[caller.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("both are %v", ids)
	}
}

func TestAFileThatCannotBeReadLetsNobodyIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	token, entry := newToken(t, "a", "operator")
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
	rest := `"sha256":"` + strings.Repeat("0", 64) + `","created_at":"2026-01-01T00:00:00Z","expires_at":"2027-01-01T00:00:00Z"}`
	good := `{"name":"a","identity":"admin",` + rest
	tests := map[string]string{
		"unknown member": `[` + strings.Replace(good, "{", `{"x":1,`, 1) + `]`,
		"an older form":  `[` + strings.Replace(strings.Replace(good, "name", "id", 1), "identity", "role", 1) + `]`,
		"no identity":    `[` + strings.Replace(good, "admin", "", 1) + `]`,
		"no name":        `[` + strings.Replace(good, `"a"`, `""`, 1) + `]`,
		"short hash":     `[` + strings.Replace(good, strings.Repeat("0", 64), "00", 1) + `]`,
		"upper-case":     `[` + strings.Replace(good, strings.Repeat("0", 64), strings.Repeat("A", 64), 1) + `]`,
		"no expiry":      `[` + strings.Replace(good, `,"expires_at":"2027-01-01T00:00:00Z"`, "", 1) + `]`,
		"over already":   `[` + strings.Replace(good, "2027", "2025", 1) + `]`,
		"name twice":     `[` + good + `,` + strings.Replace(good, "00\"", "01\"", 1) + `]`,
		"token twice":    `[` + good + `,` + strings.Replace(good, `"a"`, `"b"`, 1) + `]`,
		"trailing":       `[] []`,
		"not a list":     `{}`,
		"too large":      `[` + strings.Repeat(" ", 5<<20) + `]`,
	}
	path := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(path, []byte("["+good+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Open(path); err != nil {
		t.Errorf("the entry that the others come from: %v", err)
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

// TestManyEditOneFile adds and removes tokens from many sides at once: none is lost, and
// whoever reads meanwhile never sees half a file.
func TestManyEditOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	var editors sync.WaitGroup
	for n := range 8 {
		_, kept := newToken(t, fmt.Sprintf("kept-%d", n), "viewer")
		_, gone := newToken(t, fmt.Sprintf("gone-%d", n), "viewer")
		editors.Go(func() {
			if err := errors.Join(auth.Add(path, gone), auth.Add(path, kept), auth.Remove(path, gone.Name)); err != nil {
				t.Error(err)
			}
			if _, err := auth.Open(path); err != nil {
				t.Error(err)
			}
		})
	}
	editors.Wait()
	entries, err := auth.List(path)
	if err != nil || len(entries) != 8 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestABrokenFileIsNotEdited: an editor repairs nothing, and loses nothing.
func TestABrokenFileIsNotEdited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(path, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, entry := newToken(t, "a", "viewer")
	if err := auth.Add(path, entry); err == nil {
		t.Error("added")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "[{" {
		t.Errorf("%q, %v", data, err)
	}
}
