package verify

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/gateway/client/transaction"
	"google.golang.org/protobuf/proto"
)

// The query that peers attest.
const (
	queryChaincode  = "qscc"
	transactionByID = "GetTransactionByID"
)

// attested returns the peers that say that the transaction has the status, and those of which
// the status is another. It fails unless the first are of more members than may lie.
func (t Trust) attested(r Receipt, envelope *common.Envelope) (agree, differ []Signer, err error) {
	count := newTally(1)
	for _, a := range r.Attestations {
		who, status, err := t.attestation(a, r, envelope)
		if err != nil {
			continue // it counts for nothing
		}
		for _, s := range who {
			if status == r.Status {
				count.add(s)
			} else {
				differ = append(differ, s.Signer)
			}
		}
	}
	if need := faulty(len(t.Members)) + 1; len(count.signers) < need {
		return nil, nil, fmt.Errorf("peers of %d members say that the transaction is %s, and of %d must", len(count.signers), r.Status, need)
	}
	return count.signers, differ, nil
}

// attestation returns the peers that made one, and the status that they tell.
func (t Trust) attestation(a Attestation, r Receipt, envelope *common.Envelope) ([]signer, string, error) {
	said, err := transaction.Parse(a.Payload)
	if err != nil {
		return nil, "", err
	}
	status, err := told(said, r, envelope)
	if err != nil {
		return nil, "", err
	}
	var who []signer
	for _, e := range said.Endorsements {
		s, err := t.serialized(e.Endorser, rolePeer)
		if err == nil && s.Member == a.MSPID && transaction.Verify(s.key, said.Signed(e), e.Signature) == nil {
			who = append(who, s)
		}
	}
	if len(who) == 0 {
		return nil, "", fmt.Errorf("no peer of %s signed it", a.MSPID)
	}
	return who, status, nil
}

// told is the status that was endorsed, if it is that of the receipt's transaction.
func told(said transaction.Transaction, r Receipt, envelope *common.Envelope) (string, error) {
	if !asks(said, r) || said.Status != http.StatusOK || said.Ran != queryChaincode {
		return "", errors.New("it answers another question")
	}
	var processed peer.ProcessedTransaction
	if err := proto.Unmarshal(said.Result, &processed); err != nil {
		return "", fmt.Errorf("decode attested transaction: %w", err)
	}
	if !proto.Equal(processed.GetTransactionEnvelope(), envelope) {
		return "", errors.New("it is of another envelope")
	}
	return peer.TxValidationCode(processed.GetValidationCode()).String(), nil
}

// asks reports whether what was endorsed is the question for the receipt's transaction.
func asks(said transaction.Transaction, r Receipt) bool {
	return said.Channel == r.Channel && said.Chaincode == queryChaincode && len(said.Args) == 3 &&
		said.Function() == transactionByID && string(said.Args[1]) == r.Channel && string(said.Args[2]) == r.TxID
}
