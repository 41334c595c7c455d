package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format names the form of receipts that this package reads.
const Format = "waymark-receipt-1"

// maxReceipt bounds a receipt, in bytes: the largest block of Fabric's defaults, and what
// peers of some dozen members say of one transaction, fit.
const maxReceipt = 512 << 20

// Receipt is what a gateway answers to GET /v1/transactions/{tx_id}/receipt. Its parts are
// Fabric's own messages, in base64.
type Receipt struct {
	Format      string `json:"format"`
	TxID        string `json:"tx_id"`
	Channel     string `json:"channel"`
	BlockNumber uint64 `json:"block_number"`
	Position    int    `json:"position"` // in the block, from 0
	Status      string `json:"status"`   // VALID, or the name of Fabric's validation code
	// Block is a common.Block: header, all envelopes, and the orderers' signatures.
	Block []byte `json:"block"`
	// Consenters are the orderers that signatures name by number.
	Consenters []Consenter `json:"consenters"`
	// Attestations are what peers say of the transaction's validity, which orderers do not sign.
	Attestations []Attestation `json:"attestations"`
}

// Consenter is an orderer that may sign blocks.
type Consenter struct {
	ID          uint32 `json:"id"`
	MSPID       string `json:"msp_id"`
	Certificate []byte `json:"certificate"` // PEM
}

// Attestation is what the peer of one member says: the payload (common.Payload) of a
// transaction that asks qscc for ours, which was endorsed and never submitted.
type Attestation struct {
	MSPID   string `json:"msp_id"`
	Payload []byte `json:"payload"`
}

// Read reads a receipt.
func Read(r io.Reader) (Receipt, error) {
	limited := &io.LimitedReader{R: r, N: maxReceipt}
	var receipt Receipt
	d := json.NewDecoder(limited)
	d.DisallowUnknownFields()
	if err := d.Decode(&receipt); err != nil {
		return Receipt{}, fmt.Errorf("read receipt: %w", err)
	}
	if receipt.Format != Format {
		return Receipt{}, fmt.Errorf("read receipt: its format is %q, not %q", receipt.Format, Format)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Receipt{}, errors.New("read receipt: something follows it")
	}
	return receipt, nil
}
