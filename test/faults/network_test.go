//go:build e2e && linux

package faults_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/figures"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// basePort keeps clear of the default network's ports, and of those of the end-to-end tests.
const basePort = 17800

var (
	table = flag.String("table", "", "write the table into this page")
	seed  = flag.Uint64("seed", 0, "of the moments at which things are killed; 0 for another one each time")
	// together makes the table sooner; pauses are then those of a machine that has more to do.
	together = flag.Int("together", 1, "rows at once, of those whose faults are not of the network's own parts")
)

// local is the network that all rows share. TestMain sets it.
var local struct {
	*localnet.Network
	root       string // of the repository
	at         *endpoints.Network
	conditions figures.Conditions
	built      string // the folder of what is built for these tests
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		code = 1
	}
	os.Exit(code)
}

// run starts on an empty ledger and leaves no process.
func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	if local.root, err = localnet.Root(); err != nil {
		return 1, err
	}
	if local.conditions, err = figures.Observe(ctx, local.root); err != nil {
		return 1, err
	}
	dir := filepath.Join(local.root, ".waymark", "faults")
	local.Network = localnet.New(local.root, dir, basePort)
	local.built = filepath.Join(local.root, ".waymark", "faults-bin")
	if err := local.Build(ctx); err != nil {
		return 1, err
	}
	if err := buildWrong(ctx, local.root, filepath.Join(local.built, wrongClock)); err != nil {
		return 1, err
	}
	if err := buildCluster(ctx, local.root, local.built); err != nil {
		return 1, err
	}
	if err := local.Down(ctx, true); err != nil {
		return 1, err
	}
	defer func() {
		if downErr := local.Down(context.Background(), false); err == nil {
			err = downErr
		}
	}()
	if local.at, err = local.Up(ctx); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// program is the path of one of our programs.
func program(name string) string { return filepath.Join(local.root, ".waymark", "bin", name) }
