package audit_test

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/audit"
)

func needle(t *testing.T, value string) audit.Needle {
	t.Helper()
	n, err := audit.NewNeedle(value, []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Wherever a value stands in what is encoded, and however often, it is found.
func TestNeedleIsFoundInEveryForm(t *testing.T) {
	const value = "planted?>~secret"
	s := audit.NewSearcher([]audit.Needle{needle(t, value), needle(t, "something else")})
	for before := range 7 {
		text := strings.Repeat("x", before) + value + "and more"
		for name, content := range map[string]string{
			"plain":              text,
			"hex":                hex.EncodeToString([]byte(text)),
			"HEX":                strings.ToUpper(hex.EncodeToString([]byte(text))),
			"base64":             base64.StdEncoding.EncodeToString([]byte(text)),
			"base64url":          base64.RawURLEncoding.EncodeToString([]byte(text)),
			"base64 of base64":   base64.StdEncoding.EncodeToString([]byte("y" + base64.StdEncoding.EncodeToString([]byte(text)))),
			"url of url":         base64.RawURLEncoding.EncodeToString([]byte(base64.RawURLEncoding.EncodeToString([]byte(text)))),
			"hex of base64":      hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(text)))),
			"base64 of url form": base64.StdEncoding.EncodeToString([]byte("{\"m\":\"" + base64.RawURLEncoding.EncodeToString([]byte(text)))),
		} {
			if found := s.Find([]byte(content)); !slices.Equal(found, []string{value}) {
				t.Errorf("%s with %d before it is not found in %s", name, before, content)
			}
			other := strings.ReplaceAll(text, "secret", "secre7")
			if name == "plain" && len(s.Find([]byte(other))) > 0 {
				t.Errorf("found in %s", other)
			}
		}
	}
	if _, err := audit.NewNeedle("short", []byte("abcde")); err == nil {
		t.Error("a needle of 5 bytes would be found by chance")
	}
}

func TestFindInFiles(t *testing.T) {
	dir := t.TempDir()
	for path, content := range map[string]string{"logs/a.log": "level=info value=planted-1\n", "peer/b": "nothing", "owner/c": "planted-1"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := audit.NewSearcher([]audit.Needle{needle(t, "planted-1"), needle(t, "planted-2")})
	found, searched, err := s.FindInFiles(dir, func(path string) bool { return path == "owner" })
	if err != nil || searched != 2 || len(found) != 1 || !slices.Equal(found["logs/a.log"], []string{"planted-1"}) {
		t.Errorf("found %v in %d files: %v", found, searched, err)
	}
}
