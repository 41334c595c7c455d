package audit

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

// EndorseEverywhere asks the peer of every member to endorse one and the same
// proposal of a member's role, past the gateways, and returns what each endorsed:
// result, event, read set and write set, by member. It fails unless each endorses.
func EndorseEverywhere(ctx context.Context, n *endpoints.Network, member string, role waymark.Role, tx waymark.Transaction, request string) (map[string][]byte, error) {
	from, err := ConnectAs(n, member, role)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	proposal, err := from.proposal(tx, request)
	if err != nil {
		return nil, err
	}
	payloads := map[string][]byte{}
	for _, id := range slices.Sorted(maps.Keys(n.Members)) {
		p, err := Connect(n, id)
		if err != nil {
			return nil, err
		}
		response, err := peer.NewEndorserClient(p.connection).ProcessProposal(ctx, proposal)
		_ = p.Close()
		if err != nil {
			return nil, fmt.Errorf("endorse at %s: %w", id, err)
		}
		if status := response.GetResponse(); status.GetStatus() != http.StatusOK || len(response.GetPayload()) == 0 {
			return nil, fmt.Errorf("the peer of %s does not endorse: %d %s", id, status.GetStatus(), status.GetMessage())
		}
		payloads[id] = response.GetPayload()
	}
	return payloads, nil
}

// proposal makes and signs a proposal.
func (p *Peer) proposal(tx waymark.Transaction, request string) (*peer.SignedProposal, error) {
	contract := p.gateway.GetNetwork(p.channel).GetContract(p.chaincode)
	unsigned, err := contract.NewProposal(string(tx), client.WithArguments(request))
	if err != nil {
		return nil, fmt.Errorf("make proposal: %w", err)
	}
	encoded, err := unsigned.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode proposal: %w", err)
	}
	var proposed gateway.ProposedTransaction
	if err := proto.Unmarshal(encoded, &proposed); err != nil {
		return nil, fmt.Errorf("decode proposal: %w", err)
	}
	signed := proposed.GetProposal()
	if signed.Signature, err = p.sign(hash.SHA256(signed.GetProposalBytes())); err != nil {
		return nil, fmt.Errorf("sign proposal: %w", err)
	}
	return signed, nil
}

// SubmitEndorsedBy submits a transaction endorsed by just these members, and
// returns Fabric's validation code. It goes round the gateway service's own
// choice of endorsers, as a member with altered software would.
func SubmitEndorsedBy(ctx context.Context, n *endpoints.Network, member string, role waymark.Role, tx waymark.Transaction, request string, endorsers ...string) (string, error) {
	p, err := ConnectAs(n, member, role)
	if err != nil {
		return "", err
	}
	defer p.Close()
	contract := p.gateway.GetNetwork(p.channel).GetContract(p.chaincode)
	proposal, err := contract.NewProposal(string(tx), client.WithArguments(request), client.WithEndorsingOrganizations(endorsers...))
	if err != nil {
		return "", fmt.Errorf("make proposal: %w", err)
	}
	transaction, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("endorse: %w", err)
	}
	commit, err := transaction.SubmitWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("submit: %w", err)
	}
	status, err := commit.StatusWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("commit status: %w", err)
	}
	return status.Code.String(), nil
}
