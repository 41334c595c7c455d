package auth

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
)

// believing are the authorities that a file names.
func believing(t *testing.T, all ...certtest.Authority) *Authorities {
	t.Helper()
	var content []byte
	for _, ca := range all {
		content = append(content, ca.PEM()...)
	}
	a, err := LoadAuthorities(writeTemp(t, content))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func writeTemp(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
