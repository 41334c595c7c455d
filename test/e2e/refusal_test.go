//go:build e2e

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// What a gateway makes of orderers that refuse a transaction it reads in the peer's texts
// (gateway/internal/fabric/failure.go), which are these. While an orderer is away there is one refusal fewer.
func TestWhatThePeerSaysOfRefusals(t *testing.T) {
	const refusal, away = "received unsuccessful response from orderer: status=FORBIDDEN,", "connection error: desc = "
	ctx := limit(t, 2*time.Minute)
	said := func() (refused, unreached, all int) {
		err := submitPastTheGateway(ctx, t, strangersTransaction(ctx, t))
		st := status.Convert(err)
		if st.Code() != codes.Unavailable {
			t.Fatalf("got %v", err)
		}
		for _, detail := range st.Details() {
			d, _ := detail.(*gatewaypb.ErrorDetail)
			all++
			switch {
			case strings.Contains(d.GetMessage(), refusal):
				refused++
			case strings.Contains(d.GetMessage(), away):
				unreached++
			default:
				t.Logf("said: %s", d.GetMessage())
			}
		}
		return refused, unreached, all
	}
	if refused, _, all := said(); refused < 2 || refused != all {
		t.Errorf("all orderers are there: %d of %d are refusals", refused, all)
	}
	if err := local.Kill(ctx, "orderer.carrier"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := local.Start(context.WithoutCancel(ctx), "orderer.carrier"); err != nil {
			t.Error(err)
		}
	}()
	for { // the peer may notice late
		refused, unreached, all := said()
		if refused == 1 && unreached == 1 && all == 2 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("an orderer is away: %d refusals and %d not reached of %d", refused, unreached, all)
		}
	}
}

// strangersTransaction is one that orderers refuse: nobody issued its creator's certificate.
func strangersTransaction(ctx context.Context, t *testing.T) *common.Envelope {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, strangers, strangers, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	proposal := step(ctx, t, as(t, "producer", waymark.Viewer), "/v1/proposals", map[string]any{"transaction": waymark.DevicesSuspend,
		"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"request":     waymark.DeviceStateRequest{Device: "d", Reason: "lost"}}, http.StatusOK).Proposal
	tx := forged(t, proposal)
	return &common.Envelope{Payload: tx, Signature: signed(t, key, tx)}
}

// submitPastTheGateway has the producer's peer hand an envelope to the ordering service.
func submitPastTheGateway(ctx context.Context, t *testing.T, envelope *common.Envelope) error {
	t.Helper()
	node := local.at.Members["producer"].Peer
	tls, err := credentials.NewClientTLSFromFile(node.CAFile, node.ServerName)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := grpc.NewClient(node.Address, grpc.WithTransportCredentials(tls))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_, err = gatewaypb.NewGatewayClient(connection).Submit(ctx, &gatewaypb.SubmitRequest{
		TransactionId: "x", ChannelId: local.at.Channel, PreparedTransaction: envelope,
	})
	return err
}
