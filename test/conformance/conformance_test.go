//go:build e2e

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// basePort is of a hundred ports that no other network of the tests uses.
const basePort = 8300

// fabric is what the suite's network takes from the programs already built.
var fabric = [...]string{"configtxgen", "cryptogen", "orderer", "osnadmin", "peer", "sampleconfig"}

func TestFabricConforms(t *testing.T) {
	root, err := localnet.Root()
	fatal(t, err)
	vectors, err := loadVectors(root)
	fatal(t, err)
	contract := connect(t, up(t, root), "producer")
	for i, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			for n, round := range v.Rounds {
				play(t, contract, fmt.Sprintf("c%d-", i), n, round)
			}
		})
	}
}

// play has the transactions of one round endorsed on the same state, then commits
// them in their order.
func play(t *testing.T, contract *client.Contract, id string, n int, round []transaction) {
	t.Helper()
	var endorsed []*client.Transaction
	for i, tx := range round {
		operations, want := tx.split(id)
		e, err := endorse(t.Context(), contract, operations, tx.At...)
		if err != nil {
			t.Fatalf("round %d, transaction %d: endorse: %v", n, i, err)
		}
		var got []map[string]any
		fatal(t, json.Unmarshal(e.Result(), &got))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("round %d, transaction %d:\n got %s\nwant %v", n, i, e.Result(), want)
		}
		endorsed = append(endorsed, e)
	}
	for i, tx := range round {
		got, err := commit(t.Context(), endorsed[i])
		if err != nil || got != tx.status() {
			t.Errorf("round %d, transaction %d: committed as %q (%v), want %s", n, i, got, err, tx.status())
		}
	}
}

// up brings a network up that runs the suite's chaincode, and down at the end.
func up(t *testing.T, root string) *endpoints.Network {
	t.Helper()
	dir, err := os.MkdirTemp("", "conformance-") // short: it holds a unix socket
	fatal(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	network := localnet.New(root, filepath.Join(dir, "net"), basePort)
	fatal(t, network.Build(t.Context()))
	bin := programs(t, root, dir)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := network.Down(ctx, true); err != nil {
			t.Error(err)
		}
	})
	n, err := network.Up(t.Context(), "--fabric-only", "--no-build", "--bin", bin)
	fatal(t, err)
	return n
}

// programs makes a directory with Fabric's programs and the suite's chaincode.
func programs(t *testing.T, root, dir string) string {
	t.Helper()
	bin, built := filepath.Join(dir, "bin"), filepath.Join(root, ".waymark", "bin")
	if _, err := os.Stat(filepath.Join(built, "sampleconfig")); err != nil {
		command(t, root, filepath.Join(built, "network"), "build")
	}
	command(t, filepath.Join(root, "chaincode"), "go", "build", "-o", filepath.Join(bin, "chaincode"), "./internal/ledgertest/chaincode")
	for _, name := range fabric {
		fatal(t, os.Symlink(filepath.Join(built, name), filepath.Join(bin, name)))
	}
	return bin
}

// command runs a program of ours in a directory; a first build of Fabric takes a minute.
func command(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, output)
	}
}
