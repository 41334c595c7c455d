package transaction

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Transaction is a proposal with what its endorsers say of it.
type Transaction struct {
	Proposal
	Status       int32  // of the chaincode: 200 if all is well
	Result       []byte // what the chaincode answered
	Ran          string // the chaincode that the endorsers ran
	Response     []byte // the peer.ProposalResponsePayload that they signed
	Endorsements []Endorsement
}

// Endorsement is one peer's signature over Response and Endorser.
type Endorsement struct {
	Endorser  []byte // its serialized identity
	Signature []byte
}

// Signed is what the endorser signed.
func (t Transaction) Signed(e Endorsement) []byte {
	return bytes.Join([][]byte{t.Response, e.Endorser}, nil)
}

// Parse takes apart the payload of a transaction's envelope: the bytes that the creator
// signs. It fails unless the endorsers' response is to the very proposal that it holds.
func Parse(payload []byte) (Transaction, error) {
	var outer common.Payload
	var tx peer.Transaction
	if err := decode(payload, &outer); err != nil {
		return Transaction{}, err
	}
	if err := decode(outer.GetData(), &tx); err != nil {
		return Transaction{}, err
	}
	if n := len(tx.GetActions()); n != 1 {
		return Transaction{}, fmt.Errorf("it has %d actions", n)
	}
	if !bytes.Equal(tx.GetActions()[0].GetHeader(), outer.GetHeader().GetSignatureHeader()) {
		return Transaction{}, errors.New("its action is signed by another")
	}
	var action peer.ChaincodeActionPayload
	if err := decode(tx.GetActions()[0].GetPayload(), &action); err != nil {
		return Transaction{}, err
	}
	p, err := parse(outer.GetHeader(), action.GetChaincodeProposalPayload())
	if err != nil {
		return Transaction{}, err
	}
	t := Transaction{Proposal: p, Response: action.GetAction().GetProposalResponsePayload()}
	for _, e := range action.GetAction().GetEndorsements() {
		t.Endorsements = append(t.Endorsements, Endorsement{Endorser: e.GetEndorser(), Signature: e.GetSignature()})
	}
	hash := hashOf(outer.GetHeader(), action.GetChaincodeProposalPayload())
	return t, t.respond(hash)
}

// hashOf is the hash by which a response names its proposal.
func hashOf(header *common.Header, payload []byte) []byte {
	sum := sha256.Sum256(bytes.Join([][]byte{header.GetChannelHeader(), header.GetSignatureHeader(), payload}, nil))
	return sum[:]
}

// respond reads the response, which must be to the proposal of that hash.
func (t *Transaction) respond(hash []byte) error {
	var response peer.ProposalResponsePayload
	var action peer.ChaincodeAction
	if err := decode(t.Response, &response); err != nil {
		return err
	}
	if err := decode(response.GetExtension(), &action); err != nil {
		return err
	}
	if !bytes.Equal(response.GetProposalHash(), hash) {
		return errors.New("what was endorsed is another proposal")
	}
	t.Status, t.Result, t.Ran = action.GetResponse().GetStatus(), action.GetResponse().GetPayload(), action.GetChaincodeId().GetName()
	return nil
}

// Of reports whether the transaction is of this very proposal.
func (t Transaction) Of(p Proposal) bool {
	mine, err := t.Marshal()
	other, failed := p.Marshal()
	return err == nil && failed == nil && bytes.Equal(mine, other)
}
