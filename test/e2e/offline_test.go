//go:build e2e

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client/signing"
	"github.com/waymark-ledger/waymark/network/endpoints"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"google.golang.org/protobuf/proto"
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

// keyOf reads the key of an identity.
func keyOf(t *testing.T, file string) *ecdsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(content(t, file))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		t.Fatalf("a key of type %T", parsed)
	}
	return key
}

// signerOf signs with the key of an identity, which no gateway need hold.
func signerOf(t *testing.T, member string, id endpoints.Identity) signing.Signer {
	t.Helper()
	key := keyOf(t, id.KeyFile)
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

// The same over plain HTTP, and what is refused on the way.
func TestSigningOverHTTP(t *testing.T) {
	ctx := limit(t, time.Minute)
	d := logger(ctx, t, attest.Ed25519)
	ids := local.at.Members["producer"].Identities
	id := ids[string(waymark.Admin)]
	key, others := keyOf(t, id.KeyFile), keyOf(t, ids[string(waymark.Viewer)].KeyFile)
	caller := as(t, "producer", waymark.Viewer)
	propose := map[string]any{"transaction": waymark.DevicesSuspend, "certificate": string(content(t, id.CertFile)),
		"request": waymark.DeviceStateRequest{Device: d.ID(), Reason: "lost"}}
	proposal := step(ctx, t, caller, "/v1/proposals", propose, http.StatusOK).Proposal
	for name, forged := range map[string]map[string][]byte{
		"another's signature": {"proposal": proposal, "signature": signed(t, others, proposal)},
		"no signature":        {"proposal": proposal, "signature": nil},
		"another proposal":    {"proposal": flipped(proposal), "signature": signed(t, key, flipped(proposal))},
	} {
		t.Run(name, func(t *testing.T) { step(ctx, t, caller, "/v1/proposals:endorse", forged, http.StatusBadRequest) })
	}
	// Another member's gateway signs and endorses for nobody of the producer.
	step(ctx, t, as(t, "carrier", waymark.Viewer), "/v1/proposals:endorse",
		map[string][]byte{"proposal": proposal, "signature": signed(t, key, proposal)}, http.StatusForbidden)

	tx := step(ctx, t, caller, "/v1/proposals:endorse", map[string][]byte{"proposal": proposal, "signature": signed(t, key, proposal)}, http.StatusOK).Transaction
	step(ctx, t, caller, "/v1/transactions:submit", map[string][]byte{"transaction": tx, "signature": signed(t, key, proposal)}, http.StatusBadRequest)
	submitted := map[string][]byte{"transaction": tx, "signature": signed(t, key, tx)}
	written, commit, err := app.Write[waymark.Device](ctx, caller, http.MethodPost, "/v1/transactions:submit", submitted)
	if err != nil || written.State != waymark.DeviceSuspended {
		t.Fatalf("got %+v, %v", written, err)
	}
	if _, again, err := app.Write[waymark.Device](ctx, caller, http.MethodPost, "/v1/transactions:submit", submitted); err != nil || again.TxID != commit.TxID || again.BlockNumber != commit.BlockNumber {
		t.Errorf("the same again: %+v, %v; want %+v", again, err, commit)
	}
}

// A certificate that names a member and that none of its authorities issued endorses and
// submits nothing, whatever it brings. The orderers would refuse it.
func TestAStrangerSignsForNobody(t *testing.T) {
	ctx := limit(t, time.Minute)
	caller := as(t, "producer", waymark.Viewer)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, strangers, strangers, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	proposal := step(ctx, t, caller, "/v1/proposals", map[string]any{"transaction": waymark.DevicesSuspend,
		"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"request":     waymark.DeviceStateRequest{Device: "d", Reason: "lost"}}, http.StatusOK).Proposal
	step(ctx, t, caller, "/v1/proposals:endorse", map[string][]byte{"proposal": proposal, "signature": signed(t, key, proposal)}, http.StatusForbidden)
	tx := forged(t, proposal)
	step(ctx, t, caller, "/v1/transactions:submit", map[string][]byte{"transaction": tx, "signature": signed(t, key, tx)}, http.StatusForbidden)
}

var strangers = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stranger", OrganizationalUnit: []string{"client"}},
	NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}

// forged is the transaction of a proposal that nobody endorsed.
func forged(t *testing.T, proposal []byte) []byte {
	t.Helper()
	var p peer.Proposal
	var header common.Header
	encode := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if err := errors.Join(proto.Unmarshal(proposal, &p), proto.Unmarshal(p.GetHeader(), &header)); err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(slices.Concat(header.GetChannelHeader(), header.GetSignatureHeader(), p.GetPayload()))
	response := &peer.ProposalResponsePayload{ProposalHash: hash[:], Extension: encode(&peer.ChaincodeAction{
		Response: &peer.Response{Status: http.StatusOK}, ChaincodeId: &peer.ChaincodeID{Name: local.at.Chaincode}})}
	action := &peer.ChaincodeActionPayload{ChaincodeProposalPayload: p.GetPayload(), Action: &peer.ChaincodeEndorsedAction{
		ProposalResponsePayload: encode(response), Endorsements: []*peer.Endorsement{{Endorser: []byte("x"), Signature: []byte("x")}}}}
	tx := &peer.Transaction{Actions: []*peer.TransactionAction{{Header: header.GetSignatureHeader(), Payload: encode(action)}}}
	return encode(&common.Payload{Header: &header, Data: encode(tx)})
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

// signed signs the SHA-256 of a message. The S of its signatures is as often above as below
// the half that Fabric asks for.
func signed(t *testing.T, key *ecdsa.PrivateKey, message []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(message)
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
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
