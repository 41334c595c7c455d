package fabricledger

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"google.golang.org/protobuf/proto"
)

// quorumPolicy encodes a quorum as Fabric's signature policy: Need of the peers
// of Members. statebased.NewStateEP can only say "all of", so it is built here.
// The encoding is deterministic: repeated fields only, in the order given.
func quorumPolicy(q ledger.Quorum) ([]byte, error) {
	if err := q.Validate(); err != nil {
		return nil, fmt.Errorf("protect: %w", err)
	}
	var principals []*msp.MSPPrincipal
	var signers []*common.SignaturePolicy
	for i, member := range q.Members {
		role, err := proto.Marshal(&msp.MSPRole{MspIdentifier: member, Role: msp.MSPRole_PEER})
		if err != nil {
			return nil, fmt.Errorf("encode endorser: %w", err)
		}
		principals = append(principals, &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: role})
		signers = append(signers, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(i)}})
	}
	rule := &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: int32(q.Need), Rules: signers}, //nolint:gosec // a handful
	}}
	return proto.MarshalOptions{Deterministic: true}.Marshal(&common.SignaturePolicyEnvelope{Rule: rule, Identities: principals})
}
