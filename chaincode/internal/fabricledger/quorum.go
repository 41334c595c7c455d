package fabricledger

import (
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"google.golang.org/protobuf/proto"
)

// quorumPolicy encodes a quorum as Fabric's signature policy: Need of the peers
// of Members, and each of Always. statebased.NewStateEP can only say "all of", so it is
// built here. The encoding is deterministic: repeated fields only, in the order given.
func quorumPolicy(q ledger.Quorum) ([]byte, error) {
	if err := q.Validate(); err != nil {
		return nil, fmt.Errorf("protect: %w", err)
	}
	var principals []*msp.MSPPrincipal
	var signers []*common.SignaturePolicy
	for i, member := range slices.Concat(q.Members, q.Always) {
		role, err := proto.Marshal(&msp.MSPRole{MspIdentifier: member, Role: msp.MSPRole_PEER})
		if err != nil {
			return nil, fmt.Errorf("encode endorser: %w", err)
		}
		principals = append(principals, &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: role})
		signers = append(signers, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(i)}})
	}
	some, always := signers[:len(q.Members)], signers[len(q.Members):]
	rule := outOf(q.Need, some)
	if len(always) > 0 {
		rule = outOf(len(always)+1, append(slices.Clone(always), rule))
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(&common.SignaturePolicyEnvelope{Rule: rule, Identities: principals})
}

func outOf(need int, rules []*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: int32(need), Rules: rules}, //nolint:gosec // a handful
	}}
}
