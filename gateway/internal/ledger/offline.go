package ledger

import (
	"encoding/json"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Unsigned is what somebody is to sign with a key that this gateway does not hold: by ECDSA,
// over the SHA-256 of Bytes.
type Unsigned struct {
	TxID string
	// Bytes is a peer.Proposal, or the common.Payload of a transaction that is endorsed.
	Bytes []byte
	// Result is the record that an endorsed transaction returns if it becomes valid.
	Result json.RawMessage
}

// Signed is what came back. All of it is from outside.
type Signed struct {
	Bytes     []byte
	Signature []byte // ASN.1 DER
	// Proved is told whose certificate signed what, once the signature is checked; whether the
	// certificate is good comes after. It may be nil.
	Proved func(by Creator, tx waymark.Transaction)
}

// Offered reads the request of a transaction that is offered to who signs for itself. Its
// errors hold a waymark.Error.
type Offered func(tx waymark.Transaction, request []byte) (waymark.Validator, error)
