package ledger

// Proof is what a stranger needs to check what became of a transaction: the block as it was
// ordered, who may have signed it, and what peers say of its validity. All of it is Fabric's
// own messages, in protocol buffers.
type Proof struct {
	TxID        string `json:"tx_id"`
	Channel     string `json:"channel"`
	BlockNumber uint64 `json:"block_number"`
	Position    int    `json:"position"` // in the block, from 0
	Status      string `json:"status"`   // as this member's peer has it: Valid, or the name of Fabric's validation code
	// Block is a common.Block: header, all envelopes, and the metadata with the signatures of
	// the orderers.
	Block []byte `json:"block"`
	// Consenters are the orderers by the configuration in force at the block, by id. Under
	// BFT the block's signatures name them by it; under Raft a signature brings its
	// certificate, and there are none here.
	Consenters []Consenter `json:"consenters"`
	// Attestations are what peers say of the transaction, by member; of those whose peer
	// answered.
	Attestations []Attestation `json:"attestations"`
}

// Consenter is an orderer that may sign blocks.
type Consenter struct {
	ID          uint32 `json:"id"`
	MSPID       string `json:"msp_id"`
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
