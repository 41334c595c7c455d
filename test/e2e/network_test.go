//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/audit"
	"github.com/waymark-ledger/waymark/test/internal/bridge"
	"github.com/waymark-ledger/waymark/test/internal/contract"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// basePort keeps clear of the default network's ports.
const basePort = 19400

// local is the network that all tests of the package share. TestMain sets it.
var local struct {
	*localnet.Network
	at       *endpoints.Network
	ledgers  *audit.Reader     // of every member's peer: each test reads only what has come since the last
	contract *contract.Checker // that every app of the tests holds answers against
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// run starts on an empty ledger and leaves no process. The state stays for a look
// until the next run.
func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	root, err := localnet.Root()
	if err != nil {
		return 1, err
	}
	if local.contract, err = contract.Load(filepath.Join(root, "gateway", "api", "openapi.json")); err != nil {
		return 1, err
	}
	local.Network = localnet.New(root, filepath.Join(root, ".waymark", "e2e"), basePort)
	if err := local.Build(ctx); err != nil {
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
	began := time.Now()
	if local.at, err = local.Up(ctx); err != nil {
		return 1, err
	}
	local.ledgers = audit.NewReader(local.at)
	fmt.Printf("e2e: a network of four members after %s\n", time.Since(began).Round(time.Millisecond))
	if code = m.Run(); code != 0 { // whoever reads that may not have the files
		fmt.Println(bridge.Explanation(filepath.Join(local.Dir(), "logs", "mqtt-bridge.log"), "device refused"))
	}
	return code, nil
}
