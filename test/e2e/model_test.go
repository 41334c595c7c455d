//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// TestTheReadModelIsTheLedger: what gateways have made of all blocks so far is what the ledger makes of
// them, says the command that an operator asks, and it is that again when it is made anew meanwhile.
func TestTheReadModelIsTheLedger(t *testing.T) {
	ctx := limit(t, 5*time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	_, written := record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	for _, member := range []string{"producer", "auditor"} {
		for _, command := range []string{"check", "rebuild", "check"} {
			output, status := modelCommand(ctx, t, member, command)
			var blocks uint64
			lines := strings.Split(strings.TrimSpace(output), "\n")
			last := lines[len(lines)-1]
			if command == "rebuild" {
				_, _ = fmt.Sscanf(last, "the read model is made of %d blocks", &blocks)
			} else {
				_, _ = fmt.Sscanf(last, "%d blocks compared, 0 differences", &blocks)
			}
			if status != 0 || blocks <= written.BlockNumber {
				t.Fatalf("%s of %s after block %d: exit status %d:\n%s", command, member, written.BlockNumber, status, output)
			}
		}
	}
}

// TestATornModelIsMadeAnew: of a file that nobody can read the command makes the model of the ledger.
func TestATornModelIsMadeAnew(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	file := filepath.Join(t.TempDir(), "model.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("SQLite format 3\x00", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		command string
		whole   bool
	}{{"check", false}, {"rebuild", true}, {"check", true}} {
		if output, status := modelCommand(ctx, t, "producer", tt.command, "WAYMARK_GATEWAY_DATABASE__MODEL_FILE="+file); (status == 0) != tt.whole {
			t.Errorf("%s: exit status %d:\n%s", tt.command, status, output)
		}
	}
}

func modelCommand(ctx context.Context, t *testing.T, member, command string, env ...string) (string, int) {
	t.Helper()
	return gatewayCommand(ctx, t, member, []string{"model", command}, env...)
}

// gatewayCommand runs a command of the gateway with a member's configuration.
func gatewayCommand(ctx context.Context, t *testing.T, member string, words []string, env ...string) (string, int) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(local.Dir(), "members", member, "gateway.yaml")
	cmd := exec.CommandContext(ctx, filepath.Join(root, ".waymark", "bin", "gateway"), append(words, "--config", config)...)
	cmd.Env = append(os.Environ(), env...)
	output, _ := cmd.CombinedOutput()
	return string(output), cmd.ProcessState.ExitCode()
}

// TestListsShowWhatTheLedgerShows: what each caller is listed is what the ledger tells it of each, and what
// it is not listed the ledger does not tell it.
func TestListsShowWhatTheLedgerShows(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	var mine []string
	var block uint64
	done(ctx, t, as(t, "producer", waymark.Admin).RegisterProduct, waymark.RegisterProductRequest{GTIN: app.GTIN, Name: "vaccine"})
	for _, consignee := range []string{"retailer", "carrier"} {
		lot := waymark.Goods{GTIN: app.GTIN, Lot: name("lot")}.String()
		item := waymark.Item(app.GTIN, name("item")).String()
		done(ctx, t, as(t, "producer", waymark.Admin).CommissionGoods, waymark.CommissionRequest{Lot: lot, Items: []string{item}})
		made, written := done(ctx, t, operator(t, "producer").CreateShipment, waymark.CreateShipmentRequest{
			ID: name("shipment"), Consignee: consignee, Goods: []waymark.Line{{ID: item}}})
		mine, block = append(mine, made.ID), written.BlockNumber
	}
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} {
		for _, role := range []waymark.Role{waymark.Operator, waymark.Viewer, waymark.Relay} {
			caller, listed := as(t, member, role), map[string]bool{}
			for s, err := range caller.AllShipments(ctx, waymark.ShipmentsQuery{At: block, Limit: 3}) {
				if err != nil {
					t.Fatalf("%s of %s: %v", role, member, err)
				}
				listed[s.Shipment.ID] = true
				told, err := caller.Shipment(ctx, waymark.ShipmentQuery{Shipment: s.Shipment.ID})
				if told.Verdict != nil && s.Verdict != nil && !told.Verdict.At.Equal(s.Verdict.At) {
					told.Verdict = s.Verdict // of one under way, each is of its moment
				}
				if err != nil || !reflect.DeepEqual(told, s) {
					t.Errorf("%s of %s: %s is not listed as it is told (%v)", role, member, s.Shipment.ID, err)
				}
			}
			for _, id := range mine {
				_, err := caller.Shipment(ctx, waymark.ShipmentQuery{Shipment: id})
				p, _ := gateway.AsProblem(err)
				if told := err == nil; told != listed[id] || !told && p.Code != waymark.Forbidden {
					t.Errorf("%s of %s: %s is listed: %v, and told: %v", role, member, id, listed[id], err)
				}
			}
		}
	}
}
