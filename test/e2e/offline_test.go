//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client/signing"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// content returns what is in a file.
func content(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// signerOf signs with the key of an identity, which no gateway need hold.
func signerOf(t *testing.T, member string, id endpoints.Identity) signing.Signer {
	t.Helper()
	block, _ := pem.Decode(content(t, id.KeyFile))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		t.Fatalf("a key of type %T", parsed)
	}
	return signing.Signer{Member: member, Channel: local.at.Channel, Chaincode: local.at.Chaincode, Certificate: content(t, id.CertFile),
		Sign: func(digest []byte) ([]byte, error) { return ecdsa.SignASN1(rand.Reader, key, digest) }}
}

// An application acts with a key that the gateway never sees: the ledger decides by its
// certificate, whoever the gateway's caller is.
func TestAnApplicationSignsForItself(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	caller := as(t, "producer", waymark.Viewer)
	ids := local.at.Members["producer"].Identities
	request := waymark.DeviceStateRequest{Device: d.ID(), Reason: "lost"}
	viewer := signerOf(t, "producer", ids[string(waymark.Viewer)])
	if _, err := signing.Write[waymark.Device](ctx, caller.Client, viewer, waymark.DevicesSuspend, request); waymark.CodeOf(err) != waymark.Forbidden {
		t.Errorf("a viewer suspends a device: %v", err)
	}
	written, err := signing.Write[waymark.Device](ctx, caller.Client, signerOf(t, "producer", ids[string(waymark.Admin)]), waymark.DevicesSuspend, request)
	if err != nil || written.Result.State != waymark.DeviceSuspended {
		t.Fatalf("got %+v, %v", written, err)
	}
	receipt, _ := receiptAt(ctx, t, "producer", written.Transaction.TxID)
	if report, err := consortium(t).Verify(receipt); err != nil || report.Creator.Member != "producer" || string(report.Args[0]) != string(waymark.DevicesSuspend) {
		t.Errorf("the receipt: %+v, %v", report, err)
	}
}

// The same over plain HTTP, with openssl, as docs/offline-signing.md has it.
func TestOpenSSLSigns(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	id := local.at.Members["producer"].Identities[string(waymark.Admin)]
	caller := as(t, "producer", waymark.Viewer)
	propose := map[string]any{"transaction": waymark.DevicesSuspend, "certificate": string(content(t, id.CertFile)),
		"request": waymark.DeviceStateRequest{Device: d.ID(), Reason: "lost"}}
	proposal := step(ctx, t, caller, "/v1/proposals", propose, http.StatusOK).Proposal
	for name, forged := range map[string]map[string][]byte{
		"another's signature": {"proposal": proposal, "signature": openssl(ctx, t, local.at.Members["producer"].Identities[string(waymark.Viewer)].KeyFile, proposal)},
		"no signature":        {"proposal": proposal, "signature": nil},
		"another proposal":    {"proposal": flipped(proposal), "signature": openssl(ctx, t, id.KeyFile, flipped(proposal))},
	} {
		t.Run(name, func(t *testing.T) { step(ctx, t, caller, "/v1/proposals:endorse", forged, http.StatusBadRequest) })
	}
	// Another member's gateway signs and endorses for nobody of the producer.
	step(ctx, t, as(t, "carrier", waymark.Viewer), "/v1/proposals:endorse",
		map[string][]byte{"proposal": proposal, "signature": openssl(ctx, t, id.KeyFile, proposal)}, http.StatusForbidden)

	tx := step(ctx, t, caller, "/v1/proposals:endorse", map[string][]byte{"proposal": proposal, "signature": openssl(ctx, t, id.KeyFile, proposal)}, http.StatusOK).Transaction
	step(ctx, t, caller, "/v1/transactions:submit", map[string][]byte{"transaction": tx, "signature": openssl(ctx, t, id.KeyFile, proposal)}, http.StatusBadRequest)
	signed := map[string][]byte{"transaction": tx, "signature": openssl(ctx, t, id.KeyFile, tx)}
	written, receipt, err := app.Write[waymark.Device](ctx, caller, http.MethodPost, "/v1/transactions:submit", signed)
	if err != nil || written.State != waymark.DeviceSuspended {
		t.Fatalf("got %+v, %v", written, err)
	}
	if _, again, err := app.Write[waymark.Device](ctx, caller, http.MethodPost, "/v1/transactions:submit", signed); err != nil || again.TxID != receipt.TxID || again.BlockNumber != receipt.BlockNumber {
		t.Errorf("the same again: %+v, %v; want %+v", again, err, receipt)
	}
}

// parts is what the steps of signing answer.
type parts struct {
	Proposal, Transaction []byte
}

func step(ctx context.Context, t *testing.T, a *app.App, path string, body any, want int) parts {
	t.Helper()
	status, answer, err := a.Do(ctx, http.MethodPost, path, body)
	if err != nil || status != want {
		t.Fatalf("POST %s: %d, want %d: %v %s", path, status, want, err, answer)
	}
	var p parts
	if status == http.StatusOK {
		if err := json.Unmarshal(answer, &p); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// openssl signs the SHA-256 of a message. The S of its signatures is as often above as below
// the half that Fabric asks for.
func openssl(ctx context.Context, t *testing.T, key string, message []byte) []byte {
	t.Helper()
	cmd := exec.CommandContext(ctx, "openssl", "dgst", "-sha256", "-sign", key)
	cmd.Stdin = bytes.NewReader(message)
	signature, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func flipped(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)/2] ^= 1
	return b
}
