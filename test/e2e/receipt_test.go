//go:build e2e

package e2e

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
)

// consortium is what somebody believes who has the authorities of all members.
func consortium(t *testing.T) verify.Trust {
	t.Helper()
	trust := verify.Trust{Members: make(map[string]*x509.CertPool)}
	for id, m := range local.at.Members {
		roots, err := gateway.Roots(m.AuthorityFile)
		if err != nil {
			t.Fatal(err)
		}
		trust.Members[id] = roots
	}
	return trust
}

// receiptAt asks a member's gateway for the receipt of a transaction, and returns the answer too.
func receiptAt(ctx context.Context, t *testing.T, member, txID string) (verify.Receipt, []byte) {
	t.Helper()
	status, body, err := as(t, member, waymark.Viewer).Do(ctx, http.MethodGet, "/v1/transactions/"+txID+"/receipt", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("receipt: status %d, %v: %s", status, err, body)
	}
	receipt, err := verify.Read(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return receipt, body
}

// P8: whoever has the members' authorities need not believe any gateway.
func TestReceiptsAreVerified(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	_, written := record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	trust := consortium(t)
	for member := range local.at.Members {
		receipt, _ := receiptAt(ctx, t, member, written.TxID)
		report, err := trust.Verify(receipt)
		if err != nil {
			t.Fatalf("%s: %v", member, err)
		}
		if report.Status != "VALID" || report.BlockNumber != written.BlockNumber || string(report.Args[0]) != string(waymark.TelemetryRecord) ||
			report.Creator.Member != "producer" || len(report.Endorsers) < 3 || len(report.Orderers) < 3 || len(report.Attesters) != 4 || len(report.Unproven) > 0 {
			t.Errorf("%s: %+v", member, report)
		}
		if result, err := recording.Outcomes(report.Result); err != nil || len(result.Results) != 1 || result.Results[0].Outcome != waymark.Recorded {
			t.Errorf("%s: result %s (%v)", member, report.Result, err)
		}
		// What a gateway could say that lies.
		receipt.Status = "MVCC_READ_CONFLICT"
		if _, err := trust.Verify(receipt); err == nil {
			t.Error("another status holds")
		}
	}
}

// The command does it offline, with files alone.
func TestVerifyCommand(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	_, written := record(ctx, t, sign(t, d, attest.COSE, 400).Text())
	receipt, body := receiptAt(ctx, t, "producer", written.TxID)
	forged := receipt
	forged.Block = slices.Clone(receipt.Block)
	forged.Block[len(forged.Block)/3] ^= 1
	altered, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		receipt []byte
		without string // the member whose authority is missing
		want    int    // exit status
		says    string
	}{
		"sound":                {receipt: body, want: 0, says: "status        VALID, say peers of"},
		"forged":               {receipt: altered, want: 1, says: "the receipt proves nothing: block"},
		"of unknown creators":  {receipt: body, without: "producer", want: 1, says: "proves nothing"},
		"not a receipt at all": {receipt: []byte("{}"), want: 1, says: "format"},
	} {
		t.Run(name, func(t *testing.T) {
			output, status := verifyByCommand(ctx, t, "--receipt", tt.receipt, tt.without)
			if status != tt.want || !strings.Contains(output, tt.says) {
				t.Errorf("exit status %d:\n%s", status, output)
			}
		})
	}
}

func verifyByCommand(ctx context.Context, t *testing.T, what string, receipt []byte, without string) (string, int) {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "receipt.json")
	if err := os.WriteFile(file, receipt, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"verify", what, file}
	for id, m := range local.at.Members {
		if id != without {
			args = append(args, "--ca", id+"="+m.AuthorityFile)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(root, ".waymark", "bin", "gateway"), args...)
	cmd.Env = []string{} // it needs nothing, a network least of all
	output, _ := cmd.CombinedOutput()
	return string(output), cmd.ProcessState.ExitCode()
}
