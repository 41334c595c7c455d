package fabric

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Receipt gathers what a stranger needs to check a transaction. The peers of all members are
// asked to attest it, as the client's own identity; those that do not answer in
// Timeouts.Evaluate are left out.
//
// Codes: as Transaction; Unavailable also when not even this member's peer attests it.
func (c *Client) Receipt(ctx context.Context, as ledger.Identity, txID string) (verify.Receipt, error) {
	s, err := c.session(as)
	if err != nil {
		return verify.Receipt{}, err
	}
	raw, block, err := c.blockOf(ctx, s, txID, c.cfg.BlockBytes)
	if err != nil {
		return verify.Receipt{}, err
	}
	found, err := transactionIn(block, txID, false)
	if err != nil {
		return verify.Receipt{}, err
	}
	config, err := c.configOf(ctx, block)
	if err != nil {
		return verify.Receipt{}, err
	}
	attestations, err := c.attest(ctx, txID, config.members)
	if err != nil {
		return verify.Receipt{}, err
	}
	return verify.Receipt{
		Format: verify.Format, TxID: txID, Channel: found.Channel, BlockNumber: found.BlockNumber, Position: found.Position, Status: found.Status,
		Block: raw, Consenters: config.consenters, Attestations: attestations,
	}, nil
}

// attest asks one peer of each member, all at once: with one proposal for all of them a
// single peer that is away would spoil it.
func (c *Client) attest(ctx context.Context, txID string, members []string) ([]verify.Attestation, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Evaluate)
	defer cancel()
	said := make([]verify.Attestation, len(members))
	failed := make([]error, len(members))
	var all sync.WaitGroup
	for i, member := range members {
		all.Go(func() {
			said[i].MSPID = member
			said[i].Payload, failed[i] = c.attestAt(ctx, txID, member)
			for n := 1; failed[i] != nil && n < maxReads && pause.For(ctx, pauseBefore(n)); n++ { // the peer may lag
				said[i].Payload, failed[i] = c.attestAt(ctx, txID, member)
			}
		})
	}
	all.Wait()
	said = slices.DeleteFunc(said, func(a verify.Attestation) bool { return len(a.Payload) == 0 })
	if len(said) == 0 {
		return nil, fmt.Errorf("%w: %w", waymark.Errorf(waymark.Unavailable, "no peer attests the transaction: retry later"), errors.Join(failed...))
	}
	return said, nil
}

// attestAt lets a peer of a member endorse what it has of a transaction.
func (c *Client) attestAt(ctx context.Context, txID, member string) ([]byte, error) {
	proposal, err := c.self().network.GetContract(queryChaincode).NewProposal(transactionByID,
		client.WithArguments(c.cfg.Channel, txID), client.WithEndorsingOrganizations(member))
	if err != nil {
		return nil, fmt.Errorf("propose: %w", err)
	}
	turn, err := c.turns.endorse.Take(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says all
	}
	defer turn.Leave()
	endorsed, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("attest at %s: %w", member, err)
	}
	encoded, err := endorsed.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode attestation: %w", err)
	}
	var prepared gatewaypb.PreparedTransaction
	if err := proto.Unmarshal(encoded, &prepared); err != nil {
		return nil, fmt.Errorf("decode attestation: %w", err)
	}
	return prepared.GetEnvelope().GetPayload(), nil
}

// blockOf returns the block of a transaction, as the peer sent it and decoded, if it is no larger
// than most bytes.
func (c *Client) blockOf(ctx context.Context, s *session, txID string, most int) ([]byte, *common.Block, error) {
	raw, failed := c.evaluate(ctx, c.turns.fetch, s, queryChaincode, blockByTxID,
		c.own(client.WithArguments(c.cfg.Channel, txID)), grpc.MaxCallRecvMsgSize(most))
	if failed != nil {
		return nil, nil, unknown(failed.err(), txID)
	}
	block := new(common.Block)
	if err := proto.Unmarshal(raw, block); err != nil {
		return nil, nil, fmt.Errorf("decode block: %w", err)
	}
	return raw, block, nil
}
