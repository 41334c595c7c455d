package admin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/secret"
)

// EnsureToken reads the token in the file at path, and makes one, readable by
// its owner alone and whole or not at all, if there is no such file.
func EnsureToken(path string) (string, error) {
	token, err := ReadToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	token = rand.Text() + rand.Text()
	if err := secret.Write(path, []byte(token+"\n")); err != nil {
		return "", fmt.Errorf("write admin token: %w", err)
	}
	return token, nil
}

// ReadToken reads the token in the file at path.
func ReadToken(path string) (string, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("read admin token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return "", fmt.Errorf("admin token %s is empty: remove the file, and one is made", path)
	}
	return token, nil
}
