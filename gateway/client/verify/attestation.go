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
	if n := len(r.Attestations); n > maxSigners {
		return nil, nil, fmt.Errorf("there are %d, and no consortium has more than %d members", n, maxSigners)
	}
	count := newTally(1)
	for _, a := range r.Attestations {
		who, status, err := t.attestation(a, r, envelope)
		switch {
		case err != nil: // it counts for nothing
		case status == r.Status:
			count.add(who)
		default:
			differ = append(differ, who.Signer)
		}
	}
	if need := faulty(len(t.Members)) + 1; len(count.signers) < need {
		return nil, nil, fmt.Errorf("peers of %d members say that the transaction is %s, and of %d must", len(count.signers), r.Status, need)
	}
	return count.signers, differ, nil
}

// attestation returns the peer that made one, and the status that it tells.
func (t Trust) attestation(a Attestation, r Receipt, envelope *common.Envelope) (who signer, status string, err error) {
	said, err := transaction.Parse(a.Payload)
	if err != nil {
		return signer{}, "", err
	}
	if len(said.Endorsements) != 1 {
		return signer{}, "", fmt.Errorf("%d peers signed it, and not one", len(said.Endorsements))
	}
	if status, err = told(said, r, envelope); err != nil {
		return signer{}, "", err
	}
	e := said.Endorsements[0]
	if who, err = t.serialized(e.Endorser, rolePeer); err != nil {
		return signer{}, "", err
	}
	if who.Member != a.MSPID {
		return signer{}, "", fmt.Errorf("no peer of %s signed it", a.MSPID)
	}
	return who, status, transaction.Verify(who.key, said.Signed(e), e.Signature)
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
