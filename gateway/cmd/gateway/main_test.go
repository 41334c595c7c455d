package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
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
		{"token"},
		{"token", "new"},
		{"token", "create", "--file", "x", "--name", "erp"},
		{"token", "revoke", "--file", "x"},
		{"token", "list"},
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
