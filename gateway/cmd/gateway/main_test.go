package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/gateway/internal/auth"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}

func TestUsage(t *testing.T) {
	tests := [][]string{
		{},
		{"serve"},
		{"config"},
		{"config", "check"},
		{"config", "check", "now", "--config", "x"},
		{"--config", "x", "y"},
		{"--cfg", "x"},
		{"-h"},
	}
	for _, args := range tests {
		var stdout, stderr bytes.Buffer
		if err := run(t.Context(), args, &stdout, &stderr); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
		if !strings.Contains(stderr.String(), "usage:") {
			t.Errorf("%q: no usage in %q", args, stderr.String())
		}
	}
}

func TestTokenNew(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), []string{"token", "new", "--role", "operator", "--id", "erp"}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(stdout.String(), "\n")
	token := first[strings.LastIndex(first, " ")+1:]
	var entry auth.Entry
	_, line, _ := strings.Cut(second, ": ")
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tokens.json")
	data, err := json.Marshal([]auth.Entry{entry})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tokens.Authenticate(token); err != nil || got != (auth.Caller{ID: "erp", Identity: "operator"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTokenNewRefuses(t *testing.T) {
	for _, args := range [][]string{{"--role", "root", "--id", "erp"}, {"--role", "admin"}, {"--id", "erp"}} {
		var stdout, stderr bytes.Buffer
		if err := run(t.Context(), append([]string{"token", "new"}, args...), &stdout, &stderr); err == nil || stdout.Len() > 0 {
			t.Errorf("%q: %v, %q", args, err, stdout.String())
		}
	}
}

func TestOpenAPI(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), []string{"openapi"}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := run(t.Context(), []string{"openapi", "--output", file}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(written, stdout.Bytes()) {
		t.Errorf("the file differs from what was printed: %v", err)
	}
}
