//go:build e2e

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

const (
	callTimeout = 30 * time.Second
	// lag bounds how long peers may take to hear of one another (until then the
	// gateway service answers FailedPrecondition) and to reach the same height
	// (until then their endorsements differ: Aborted).
	lag = 30 * time.Second
)

// connect returns the suite's chaincode as one member's operator reaches it.
func connect(t *testing.T, n *endpoints.Network, member string) *client.Contract {
	t.Helper()
	m := n.Members[member]
	tls, err := credentials.NewClientTLSFromFile(m.Peer.CAFile, m.Peer.ServerName)
	fatal(t, err)
	connection, err := grpc.NewClient(m.Peer.Address, grpc.WithTransportCredentials(tls))
	fatal(t, err)
	id, sign := signer(t, m)
	gateway, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(connection))
	fatal(t, err)
	t.Cleanup(func() {
		_ = gateway.Close()
		_ = connection.Close()
	})
	return gateway.GetNetwork(n.Channel).GetContract(n.Chaincode)
}

func signer(t *testing.T, m endpoints.Member) (*identity.X509Identity, identity.Sign) {
	t.Helper()
	files := m.Identities["operator"]
	certificatePEM, err := os.ReadFile(files.CertFile)
	fatal(t, err)
	keyPEM, err := os.ReadFile(files.KeyFile)
	fatal(t, err)
	certificate, err := identity.CertificateFromPEM(certificatePEM)
	fatal(t, err)
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	fatal(t, err)
	id, err := identity.NewX509Identity(m.MSPID, certificate)
	fatal(t, err)
	sign, err := identity.NewPrivateKeySign(key)
	fatal(t, err)
	return id, sign
}

// endorse has the operations endorsed, by the members named if any are, and again while
// peers are not ready.
func endorse(ctx context.Context, contract *client.Contract, operations any, at ...string) (*client.Transaction, error) {
	argument, err := json.Marshal(operations)
	if err != nil {
		return nil, fmt.Errorf("encode operations: %w", err)
	}
	for end := time.Now().Add(lag); ; time.Sleep(100 * time.Millisecond) {
		tx, err := endorseOnce(ctx, contract, string(argument), at)
		code := status.Code(err)
		if code != codes.Aborted && code != codes.FailedPrecondition || time.Now().After(end) {
			return tx, err
		}
	}
}

func endorseOnce(ctx context.Context, contract *client.Contract, argument string, at []string) (*client.Transaction, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	options := []client.ProposalOption{client.WithArguments(argument)}
	if len(at) > 0 {
		options = append(options, client.WithEndorsingOrganizations(at...))
	}
	proposal, err := contract.NewProposal("run", options...)
	if err != nil {
		return nil, fmt.Errorf("propose: %w", err)
	}
	return proposal.EndorseWithContext(ctx)
}

// commit submits a transaction and returns its fate by Fabric's name.
func commit(ctx context.Context, tx *client.Transaction) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := tx.SubmitWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("submit: %w", err)
	}
	s, err := c.StatusWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("ask for commit status: %w", err)
	}
	return s.Code.String(), nil
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
