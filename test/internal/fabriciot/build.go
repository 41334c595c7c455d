package fabriciot

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildTimeout bounds one call of the go command.
const buildTimeout = 5 * time.Minute

// The import paths that fabric-iot is written with.
const (
	modulePath = "github.com/newham/fabric-iot"
	fabricPath = "github.com/hyperledger/fabric"
	// fabricVersion only has to be a version: the module is replaced.
	fabricVersion = "v1.4.0"
	sources       = "chaincode/go"
)

//go:embed forward/shim.go.txt forward/peer.go.txt
var forward embed.FS

// forwarded says where each forwarding package goes in the stand-in for Fabric 1.4.
func forwarded() map[string]string {
	return map[string]string{
		"forward/shim.go.txt": "core/chaincode/shim/shim.go",
		"forward/peer.go.txt": "protos/peer/peer.go",
	}
}

// Contracts are fabric-iot's chaincodes by the names under which they call one
// another: devices, policies, decisions.
func Contracts() []string { return []string{"dc", "pc", "ac"} }

// Builder builds the chaincodes of a checkout.
type Builder struct {
	// Checkout is a checkout of fabric-iot. It is only read.
	Checkout string
	// Chaincode is the folder of Waymark's chaincode module: theirs are built with the
	// versions of Fabric's packages, and of what these need, that ours is built with.
	Chaincode string
	// Work is an empty folder outside of any repository, for the copy and the programs.
	Work string
}

// Program is where the program of a contract is, once built.
func (b Builder) Program(contract string) string { return filepath.Join(b.Work, "bin", contract) }

// Build builds the program of each contract.
func (b Builder) Build(ctx context.Context) error {
	if err := b.copySources(); err != nil {
		return err
	}
	if err := b.writeForward(); err != nil {
		return err
	}
	if err := b.writeModule(ctx); err != nil {
		return err
	}
	for _, contract := range Contracts() {
		// No -trimpath or other flags: both sides are built as `go install` builds.
		if err := b.run(ctx, "build", "-mod=mod", "-buildvcs=false", "-o", b.Program(contract), "./"+sources+"/"+contract); err != nil {
			return err
		}
	}
	return nil
}

func (b Builder) source() string { return filepath.Join(b.Work, "source") }

// copySources copies the chaincodes' packages, and no tests.
func (b Builder) copySources() error {
	from := filepath.Join(b.Checkout, sources)
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("no checkout of fabric-iot: %w", err)
	}
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !isSource(entry.Name()) {
			return err
		}
		inside, err := filepath.Rel(b.Checkout, path)
		if err != nil {
			return fmt.Errorf("copy fabric-iot: %w", err)
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file below the checkout that the caller names
		if err != nil {
			return fmt.Errorf("copy fabric-iot: %w", err)
		}
		return write(filepath.Join(b.source(), inside), content)
	})
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

func (b Builder) fabric() string { return filepath.Join(b.Work, "fabric") }

// writeForward writes the module that stands in for Fabric 1.4.
func (b Builder) writeForward() error {
	for template, path := range forwarded() {
		content, err := forward.ReadFile(template)
		if err != nil {
			return fmt.Errorf("read forwarding package: %w", err)
		}
		if err := write(filepath.Join(b.fabric(), path), content); err != nil {
			return err
		}
	}
	return write(filepath.Join(b.fabric(), "go.mod"), []byte("module "+fabricPath+"\n\ngo 1.26.0\n"))
}

// writeModule makes the copy a module: it takes over the requirements of our
// chaincode, and Fabric 1.4 is replaced.
func (b Builder) writeModule(ctx context.Context) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(b.Chaincode, name)) //nolint:gosec // our own module
		if err != nil {
			return fmt.Errorf("read our requirements: %w", err)
		}
		if err := write(filepath.Join(b.source(), name), content); err != nil {
			return err
		}
	}
	const vocabulary = "github.com/waymark-ledger/waymark/chaincode/waymark"
	return b.run(ctx, "mod", "edit", "-module="+modulePath,
		"-droprequire="+vocabulary, "-dropreplace="+vocabulary,
		"-require="+fabricPath+"@"+fabricVersion, "-replace="+fabricPath+"="+b.fabric())
}

// run runs the go command in the copy.
func (b Builder) run(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the go command
	cmd.Dir = b.source()
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build fabric-iot: go %s: %w\n%s", args[0], err, said)
	}
	return nil
}

// Commit is the commit of the checkout, or an error if it is no git repository.
func (b Builder) Commit(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "git", "-C", b.Checkout, "rev-parse", "HEAD") //nolint:gosec // git
	said, err := cmd.Output()
	if err != nil {
		return "", errors.New("the checkout of fabric-iot does not say which commit it is")
	}
	return strings.TrimSpace(string(said)), nil
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil { //nolint:gosec // below the folder that the caller names
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}
