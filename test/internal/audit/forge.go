package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

// Submit submits a payload, result and write set, with the endorsements of responses,
// whatever it was that these endorsed, and returns Fabric's validation code. No client
// that means well would: it takes a transaction together only if all payloads are the same.
func (p *Proposal) Submit(ctx context.Context, payload []byte, responses ...*peer.ProposalResponse) (string, error) {
	encoded, err := p.assemble(payload, responses)
	if err != nil {
		return "", err
	}
	transaction, err := p.from.gateway.NewTransaction(encoded)
	if err != nil {
		return "", fmt.Errorf("make transaction: %w", err)
	}
	return submit(ctx, transaction)
}

// assemble puts a transaction together, to be signed by who proposed it.
func (p *Proposal) assemble(payload []byte, responses []*peer.ProposalResponse) ([]byte, error) {
	var proposal peer.Proposal
	var header common.Header
	if err := unmarshal(p.signed.GetProposalBytes(), &proposal); err != nil {
		return nil, err
	}
	if err := unmarshal(proposal.GetHeader(), &header); err != nil {
		return nil, err
	}
	action := &peer.ChaincodeActionPayload{ChaincodeProposalPayload: proposal.GetPayload(),
		Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: payload}}
	for _, r := range responses {
		action.Action.Endorsements = append(action.Action.Endorsements, r.GetEndorsement())
	}
	encoded, err := proto.Marshal(action)
	if err == nil {
		encoded, err = proto.Marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Header: header.GetSignatureHeader(), Payload: encoded}}})
	}
	if err == nil {
		encoded, err = proto.Marshal(&common.Payload{Header: &header, Data: encoded})
	}
	if err == nil {
		encoded, err = proto.Marshal(&gateway.PreparedTransaction{TransactionId: p.id, Envelope: &common.Envelope{Payload: encoded}})
	}
	if err != nil {
		return nil, fmt.Errorf("assemble transaction: %w", err)
	}
	return encoded, nil
}

// ValidationCode asks a member's own peer what became of a transaction, and waits until
// it is in a block there.
func ValidationCode(ctx context.Context, n *endpoints.Network, member, txID string) (string, error) {
	p, err := Connect(n, member)
	if err != nil {
		return "", err
	}
	defer p.Close()
	for {
		answer, err := p.Contract("qscc").EvaluateWithContext(ctx, "GetTransactionByID", client.WithArguments(p.channel, txID))
		if err == nil {
			var processed peer.ProcessedTransaction
			err := unmarshal(answer, &processed)
			return peer.TxValidationCode(processed.GetValidationCode()).String(), err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("ask %s for transaction %.8s: %w", member, txID, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
