package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildTimeout bounds one module: Fabric's commands take a minute on two cores,
// and their modules have to be downloaded the first time.
const buildTimeout = 30 * time.Minute

// fabricModule is the module that Fabric's commands and sample configuration
// come from.
const fabricModule = "github.com/hyperledger/fabric"

// Target is a set of programs that one module yields.
type Target struct {
	// Name is what progress and errors call it.
	Name string
	// Module is the module's folder under the repository root.
	Module string
	// Packages are the arguments of go install.
	Packages []string
	// Binaries are the programs it makes.
	Binaries []string
}

// Fabric is Fabric's own programs.
func Fabric() Target {
	return Target{
		Name: "fabric", Module: "network", Packages: []string{"tool"},
		Binaries: []string{"configtxgen", "cryptogen", "orderer", "osnadmin", "peer"},
	}
}

// Chaincode is the chaincode process.
func Chaincode() Target {
	return Target{Name: "chaincode", Module: "chaincode", Packages: []string{"."}, Binaries: []string{"chaincode"}}
}

// Applications are the gateway and the mqtt-bridge.
func Applications() []Target {
	return []Target{
		{Name: "gateway", Module: "gateway", Packages: []string{"./cmd/gateway"}, Binaries: []string{"gateway"}},
		{Name: "mqtt-bridge", Module: "mqtt-bridge", Packages: []string{"./cmd/mqtt-bridge"}, Binaries: []string{"mqtt-bridge"}},
	}
}

// Builder builds targets of the repository at Root into Bin.
type Builder struct {
	// Root is the repository root, an absolute path.
	Root string
	// Bin is the directory for the programs, an absolute path.
	Bin string
}

// Root finds the repository root: the nearest directory at dir or above it that
// has a go.work file.
func Root(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.work")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no go.work in %s or above: run this inside the repository", dir)
		}
	}
}

// Build builds one target. It is quick when nothing has changed. An error names
// the module and carries the compiler's output.
func (b Builder) Build(ctx context.Context, t Target) error {
	if err := os.MkdirAll(b.Bin, 0o750); err != nil {
		return fmt.Errorf("make binary directory: %w", err)
	}
	// Without the commit in them, programs whose source has not changed stay the
	// same, and running processes need no restart.
	if _, err := b.run(ctx, t, append([]string{"install", "-buildvcs=false"}, t.Packages...)...); err != nil {
		return err
	}
	if t.Name != Fabric().Name {
		return nil
	}
	return b.copySamples(ctx, t)
}

// copySamples keeps Fabric's sample configuration beside its programs, so that a
// network can be brought up from built binaries and nothing else.
func (b Builder) copySamples(ctx context.Context, t Target) error {
	out, err := b.run(ctx, t, "list", "-m", "-f", "{{.Dir}}", fabricModule)
	if err != nil {
		return err
	}
	from, to := filepath.Join(strings.TrimSpace(out), "sampleconfig"), filepath.Join(b.Bin, "sampleconfig")
	if err := os.MkdirAll(to, 0o750); err != nil {
		return fmt.Errorf("make sample directory: %w", err)
	}
	for _, name := range []string{"core.yaml", "orderer.yaml"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return fmt.Errorf("read Fabric's sample configuration: %w", err)
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
			return fmt.Errorf("keep Fabric's sample configuration: %w", err)
		}
	}
	return nil
}

// run runs the go command in the target's module, alone, not in the workspace.
func (b Builder) run(ctx context.Context, t Target, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(b.Root, t.Module)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOBIN="+b.Bin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("the go command is not on PATH: install Go, see README.md")
	case err != nil:
		return "", fmt.Errorf("build module %s: go %s: %w\n%s", t.Module, strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// Missing returns the first program of the targets that is not in the binary
// directory, or "".
func (b Builder) Missing(targets ...Target) string {
	for _, t := range targets {
		for _, name := range t.Binaries {
			if info, err := os.Stat(filepath.Join(b.Bin, name)); err != nil || info.IsDir() {
				return filepath.Join(b.Bin, name)
			}
		}
	}
	return ""
}
