package client

import (
	"encoding/json"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// What a caller signs with a key of its own. Package signing does all of it, and compares what
// it signs with what was asked for.

// ProposalRequest asks for the proposal of a transaction.
type ProposalRequest struct {
	Transaction waymark.Transaction `json:"transaction"`                    // as in "devices:Suspend"
	Request     json.RawMessage     `json:"request"`                        // of the vocabulary, whole
	Certificate string              `json:"certificate" form:"certificate"` // PEM, of this member
}

// Proposal is what is to be signed first.
type Proposal struct {
	TxID     string `json:"tx_id" form:"transaction"`
	Proposal []byte `json:"proposal"`             // a peer.Proposal
	Digest   string `json:"digest" form:"sha256"` // its SHA-256 in hexadecimal, which ECDSA signs
}

// EndorsementRequest is a signed proposal.
type EndorsementRequest struct {
	Proposal  []byte `json:"proposal"`
	Signature []byte `json:"signature"` // ASN.1 DER, of either S
}

// Endorsed is what is to be signed then.
type Endorsed struct {
	TxID        string          `json:"tx_id" form:"transaction"`
	Transaction []byte          `json:"transaction"`          // a common.Payload
	Digest      string          `json:"digest" form:"sha256"` // its SHA-256 in hexadecimal, which ECDSA signs
	Result      json.RawMessage `json:"result"`               // the record as it will stand, if it becomes valid
}

// SubmissionRequest is a signed transaction.
type SubmissionRequest struct {
	Transaction []byte `json:"transaction"`
	Signature   []byte `json:"signature"` // ASN.1 DER, of either S
}
