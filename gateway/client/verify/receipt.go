package verify

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
)

// Format names the form of receipts that this package reads.
const Format = "waymark-receipt-1"

// maxReceipt bounds a receipt, in bytes: the largest block of Fabric's defaults, and what
// peers of some dozen members say of one transaction, fit.
const maxReceipt = 512 << 20

// Receipt is what a stranger needs to check what became of a transaction, as a gateway answers
// it to GET /v1/transactions/{tx_id}/receipt. Its parts are Fabric's own messages, in base64.
type Receipt struct {
	Format      string `json:"format"` // Format
	TxID        string `json:"tx_id" form:"transaction"`
	Channel     string `json:"channel"`
	BlockNumber uint64 `json:"block_number"`
	Position    int    `json:"position"` // in the block, from 0
	Status      string `json:"status"`   // as the gateway's own peer has it: VALID, or the name of Fabric's validation code
	// Block is a common.Block: header, all envelopes, and the metadata with the orderers' signatures.
	Block []byte `json:"block"`
	// Consenters are the orderers by the configuration in force at the block, by id. Under BFT
	// signatures name them by it; under Raft a signature brings its certificate, and there are none here.
	Consenters []Consenter `json:"consenters"`
	// Attestations are what peers say of the transaction's validity, which orderers do not sign: by
	// member, of those whose peer answered.
	Attestations []Attestation `json:"attestations"`
}

// Consenter is an orderer that may sign blocks.
type Consenter struct {
	ID          uint32 `json:"id"`
	MSPID       string `json:"msp_id" form:"id"`
	Certificate []byte `json:"certificate"` // PEM
}

// Attestation is what the peer of one member says of a transaction.
type Attestation struct {
	MSPID string `json:"msp_id"` // of the member that was asked
	// Payload is a common.Payload as a transaction has it that is ready to be signed: the
	// proposal to qscc:GetTransactionByID, its result (a peer.ProcessedTransaction with the
	// envelope and the validation code), and the peer's endorsement of both. It was never
	// submitted.
	Payload []byte `json:"payload"`
}

// Read reads a receipt. It takes one text only that every reader of JSON reads alike: a name that
// is unknown, there twice, or in other case is an error, as is anything that follows.
func Read(r io.Reader) (Receipt, error) {
	var receipt Receipt
	if err := json.UnmarshalRead(io.LimitReader(r, maxReceipt), &receipt, json.RejectUnknownMembers(true)); err != nil {
		return Receipt{}, fmt.Errorf("read receipt: %w", err)
	}
	if receipt.Format != Format {
		return Receipt{}, fmt.Errorf("read receipt: its format is %q, not %q", receipt.Format, Format)
	}
	return receipt, nil
}
