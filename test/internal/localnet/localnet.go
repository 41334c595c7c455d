// Package localnet runs the network command: it brings a local consortium up
// and down, and kills parts of it.
package localnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Bounds of the commands.
const (
	upTimeout   = 10 * time.Minute // a first build of Fabric is part of it
	stepTimeout = 60 * time.Second
)

// Network is a local consortium in a directory of its own.
type Network struct {
	root     string // of the repository
	dir      string
	basePort int
}

// New returns a network below root that keeps its state in dir.
func New(root, dir string, basePort int) *Network {
	return &Network{root: root, dir: dir, basePort: basePort}
}

// Root returns the root of the repository that holds the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find repository: no go.work above the working directory")
		}
	}
}

// Build builds the network command, which builds all others.
func (n *Network) Build(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, upTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", n.program(), "./cmd/network") //nolint:gosec // our own command
	cmd.Dir = filepath.Join(n.root, "network")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the network command: %w\n%s", err, output)
	}
	return nil
}

// BuildCommand builds a command of the test module to a path.
func (n *Network) BuildCommand(ctx context.Context, name, to string) error {
	ctx, cancel := context.WithTimeout(ctx, upTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, "./cmd/"+name) //nolint:gosec // our own command
	cmd.Dir = filepath.Join(n.root, "test")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the %s command: %w\n%s", name, err, output)
	}
	return nil
}

func (n *Network) program() string { return filepath.Join(n.root, ".waymark", "bin", "network") }

// Up brings the network up and returns where it can be reached.
func (n *Network) Up(ctx context.Context, options ...string) (*endpoints.Network, error) {
	if err := n.run(ctx, upTimeout, append([]string{"up"}, options...)...); err != nil {
		return nil, err
	}
	return n.Endpoints()
}

// Upgrade takes the network to the next definition of the chaincode.
func (n *Network) Upgrade(ctx context.Context, options ...string) error {
	return n.run(ctx, upTimeout, append([]string{"upgrade"}, options...)...)
}

// Endpoints reads where the network can be reached.
func (n *Network) Endpoints() (*endpoints.Network, error) {
	return endpoints.Load(filepath.Join(n.dir, "endpoints.json"))
}

// Down stops every process. purge deletes the ledger.
func (n *Network) Down(ctx context.Context, purge bool) error {
	args := []string{"down"}
	if purge {
		args = append(args, "--purge")
	}
	return n.run(ctx, stepTimeout, args...)
}

// Kill ends a process by SIGKILL.
func (n *Network) Kill(ctx context.Context, name string) error {
	return n.run(ctx, stepTimeout, "kill", name)
}

// Stop ends a process and keeps it down.
func (n *Network) Stop(ctx context.Context, name string) error {
	return n.run(ctx, stepTimeout, "stop", name)
}

// Start starts a process that was stopped or killed.
func (n *Network) Start(ctx context.Context, name string) error {
	return n.run(ctx, stepTimeout, "start", name)
}

// Configure adds settings to the configuration of a member's gateway, none of which may be there, and starts it anew.
func (n *Network) Configure(ctx context.Context, member, settings string) error {
	file, err := os.OpenFile(filepath.Join(n.dir, "members", member, "gateway.yaml"), os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // the network's own
	if err != nil {
		return fmt.Errorf("the gateway's configuration: %w", err)
	}
	_, err = file.WriteString(settings)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("the gateway's configuration: %w", err)
	}
	name := "gateway." + member
	return errors.Join(n.Stop(ctx, name), n.Start(ctx, name))
}

// PID returns the process id of a process that runs.
func (n *Network) PID(ctx context.Context, name string) (int, error) {
	all, err := n.Processes(ctx)
	if err != nil {
		return 0, err
	}
	if pid, ok := all[name]; ok {
		return pid, nil
	}
	return 0, fmt.Errorf("process %s does not run", name)
}

// Processes returns the process ids of all that run, by name.
func (n *Network) Processes(ctx context.Context) (map[string]int, error) {
	output, err := n.output(ctx, stepTimeout, "status", "--json")
	if err != nil {
		return nil, err
	}
	var processes []struct {
		Name string `json:"name"`
		PID  int    `json:"pid"`
	}
	if err := json.Unmarshal(output, &processes); err != nil {
		return nil, fmt.Errorf("decode the network's status: %w", err)
	}
	all := make(map[string]int)
	for _, p := range processes {
		if p.PID != 0 {
			all[p.Name] = p.PID
		}
	}
	return all, nil
}

// Dir returns where the network keeps its state.
func (n *Network) Dir() string { return n.dir }

func (n *Network) run(ctx context.Context, timeout time.Duration, args ...string) error {
	_, err := n.output(ctx, timeout, args...)
	return err
}

// output is what the network command prints.
func (n *Network) output(ctx context.Context, timeout time.Duration, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	args = append(args, "--dir", n.dir, "--base-port", strconv.Itoa(n.basePort))
	cmd := exec.CommandContext(ctx, n.program(), args...) //nolint:gosec // our own command
	cmd.Dir = n.root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var output, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("network %v: %w\n%s%s", args, err, &output, &complaints)
	}
	return output.Bytes(), nil
}
