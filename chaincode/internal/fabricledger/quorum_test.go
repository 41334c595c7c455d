package fabricledger

import (
	"bytes"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
)

func TestQuorumPolicy(t *testing.T) {
	q := ledger.Quorum{Need: 2, Members: []string{"auditor", "carrier", "producer"}}
	encoded, err := quorumPolicy(q)
	if err != nil {
		t.Fatal(err)
	}
	again, err := quorumPolicy(q)
	if err != nil || !bytes.Equal(encoded, again) {
		t.Errorf("another encoding of the same quorum (%v)", err)
	}
	var envelope common.SignaturePolicyEnvelope
	if err := proto.Unmarshal(encoded, &envelope); err != nil {
		t.Fatal(err)
	}
	rule := envelope.GetRule().GetNOutOf()
	if envelope.GetVersion() != 0 || rule.GetN() != 2 || len(rule.GetRules()) != 3 || len(envelope.GetIdentities()) != 3 {
		t.Fatalf("policy %v", &envelope)
	}
	for i, member := range q.Members {
		if by := rule.GetRules()[i].GetSignedBy(); by != int32(i) {
			t.Errorf("rule %d is signed by %d", i, by)
		}
		principal := envelope.GetIdentities()[i]
		var role msp.MSPRole
		if err := proto.Unmarshal(principal.GetPrincipal(), &role); err != nil {
			t.Fatal(err)
		}
		if principal.GetPrincipalClassification() != msp.MSPPrincipal_ROLE || role.GetMspIdentifier() != member || role.GetRole() != msp.MSPRole_PEER {
			t.Errorf("principal %d is %v of %s", i, role.GetRole(), role.GetMspIdentifier())
		}
	}
}

func TestQuorumPolicyRefusesTheImpossible(t *testing.T) {
	for _, q := range []ledger.Quorum{{}, {Need: 0, Members: []string{"a"}}, {Need: 2, Members: []string{"a"}}, {Need: -1, Members: []string{"a"}},
		{Need: 1, Members: []string{"\xff"}},
		{Need: 1, Members: []string{"a"}, Always: []string{"a"}}} {
		if encoded, err := quorumPolicy(q); err == nil {
			t.Errorf("%+v became %x", q, encoded)
		}
	}
}

// TestQuorumPolicyWithThoseThatAlwaysEndorse: each of them, and so many of the others.
func TestQuorumPolicyWithThoseThatAlwaysEndorse(t *testing.T) {
	encoded, err := quorumPolicy(ledger.Quorum{Need: 2, Members: []string{"auditor", "producer", "retailer"}, Always: []string{"carrier"}})
	if err != nil {
		t.Fatal(err)
	}
	var envelope common.SignaturePolicyEnvelope
	if err := proto.Unmarshal(encoded, &envelope); err != nil {
		t.Fatal(err)
	}
	rule := envelope.GetRule().GetNOutOf()
	if rule.GetN() != 2 || len(rule.GetRules()) != 2 || rule.GetRules()[0].GetSignedBy() != 3 || len(envelope.GetIdentities()) != 4 {
		t.Fatalf("policy %v", &envelope)
	}
	if others := rule.GetRules()[1].GetNOutOf(); others.GetN() != 2 || len(others.GetRules()) != 3 {
		t.Errorf("of the others %v", others)
	}
}
