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

// Proposal is a signed proposal of a member's role, which any peer can be asked to endorse.
type Proposal struct {
	network *endpoints.Network
	from    *Peer
	id      string // of the transaction
	signed  *peer.SignedProposal
}

// Propose makes and signs a proposal. Close it.
func Propose(n *endpoints.Network, member string, role waymark.Role, tx waymark.Transaction, request string) (*Proposal, error) {
	from, err := ConnectAs(n, member, role)
	if err != nil {
		return nil, err
	}
	p := &Proposal{network: n, from: from}
	if err := p.make(tx, request); err != nil {
		_ = from.Close()
		return nil, err
	}
	return p, nil
}

func (p *Proposal) make(tx waymark.Transaction, request string) error {
	contract := p.from.gateway.GetNetwork(p.from.channel).GetContract(p.from.chaincode)
	unsigned, err := contract.NewProposal(string(tx), client.WithArguments(request))
	if err != nil {
		return fmt.Errorf("make proposal: %w", err)
	}
	encoded, err := unsigned.Bytes()
	if err != nil {
		return fmt.Errorf("encode proposal: %w", err)
	}
	var proposed gateway.ProposedTransaction
	if err := proto.Unmarshal(encoded, &proposed); err != nil {
		return fmt.Errorf("decode proposal: %w", err)
	}
	p.id, p.signed = proposed.GetTransactionId(), proposed.GetProposal()
	if p.signed.Signature, err = p.from.sign(hash.SHA256(p.signed.GetProposalBytes())); err != nil {
		return fmt.Errorf("sign proposal: %w", err)
	}
	return nil
}

// TxID is the id of the transaction.
func (p *Proposal) TxID() string { return p.id }

// Close ends the connection of who proposes.
func (p *Proposal) Close() error { return p.from.Close() }

// Endorse asks the peer of a member. It fails unless that endorses.
func (p *Proposal) Endorse(ctx context.Context, member string) (*peer.ProposalResponse, error) {
	at, err := Connect(p.network, member)
	if err != nil {
		return nil, err
	}
	defer at.Close()
	response, err := peer.NewEndorserClient(at.connection).ProcessProposal(ctx, p.signed)
	if err != nil {
		return nil, fmt.Errorf("endorse at %s: %w", member, err)
	}
	if status := response.GetResponse(); status.GetStatus() != http.StatusOK || len(response.GetPayload()) == 0 {
		return nil, fmt.Errorf("the peer of %s does not endorse: %d %s", member, status.GetStatus(), status.GetMessage())
	}
	return response, nil
}

// EndorseEverywhere asks the peer of every member to endorse one and the same
// proposal of a member's role, past the gateways, and returns what each endorsed:
// result, event, read set and write set, by member. It fails unless each endorses.
func EndorseEverywhere(ctx context.Context, n *endpoints.Network, member string, role waymark.Role, tx waymark.Transaction, request string) (map[string][]byte, error) {
	proposal, err := Propose(n, member, role, tx, request)
	if err != nil {
		return nil, err
	}
	defer proposal.Close()
	payloads := map[string][]byte{}
	for _, id := range slices.Sorted(maps.Keys(n.Members)) {
		response, err := proposal.Endorse(ctx, id)
		if err != nil {
			return nil, err
		}
		payloads[id] = response.GetPayload()
	}
	return payloads, nil
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
	return submit(ctx, transaction)
}

// submit submits a transaction and returns Fabric's validation code.
func submit(ctx context.Context, transaction *client.Transaction) (string, error) {
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
