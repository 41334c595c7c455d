package toolchain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/toolchain"
)

// repository makes a repository with one module of the given source.
func repository(t *testing.T, source string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		"go.work":           "go 1.26.0\n",
		"chaincode/go.mod":  "module example.com/chaincode\n\ngo 1.26.0\n",
		"chaincode/main.go": source,
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestBuild(t *testing.T) {
	root := repository(t, "package main\n\nfunc main() {}\n")
	b := toolchain.Builder{Root: root, Bin: filepath.Join(root, "bin")}
	if missing := b.Missing(toolchain.Chaincode()); missing != filepath.Join(b.Bin, "chaincode") {
		t.Errorf("before: missing is %q", missing)
	}
	if err := b.Build(t.Context(), toolchain.Chaincode()); err != nil {
		t.Fatal(err)
	}
	if missing := b.Missing(toolchain.Chaincode()); missing != "" {
		t.Errorf("after: missing is %q", missing)
	}
}

func TestABuildThatFailsNamesTheModuleAndTheFault(t *testing.T) {
	root := repository(t, "package main\n\nfunc main() { undefined() }\n")
	err := toolchain.Builder{Root: root, Bin: filepath.Join(root, "bin")}.Build(t.Context(), toolchain.Chaincode())
	if err == nil || !strings.Contains(err.Error(), "build module chaincode") || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("got %v, want the module and the compiler's output", err)
	}
}

func TestAMissingGoIsNamed(t *testing.T) {
	root := repository(t, "package main\n")
	t.Setenv("PATH", t.TempDir())
	err := toolchain.Builder{Root: root, Bin: filepath.Join(root, "bin")}.Build(t.Context(), toolchain.Chaincode())
	if err == nil || !strings.Contains(err.Error(), "go command is not on PATH") {
		t.Errorf("got %v", err)
	}
}

func TestRoot(t *testing.T) {
	root := repository(t, "package main\n")
	if got, err := toolchain.Root(filepath.Join(root, "chaincode")); err != nil || got != root {
		t.Errorf("got %q, %v, want %q", got, err, root)
	}
	if _, err := toolchain.Root("/"); err == nil {
		t.Error("there is no error outside a repository")
	}
}
