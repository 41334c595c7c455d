package waymark

import "time"

// MessageQuery asks where the ledger has a device's message.
type MessageQuery struct {
	Device   string `json:"device" form:"id"`
	Sequence uint64 `json:"sequence" form:"sequence"`
}

// Validate checks the form of the query.
func (q MessageQuery) Validate() error { return CheckForms(q) }

// RecordedMessage says which message of a number the ledger has, and where. Of what is in it nothing is told.
type RecordedMessage struct {
	Device   string `json:"device" form:"id"`
	Sequence uint64 `json:"sequence" form:"sequence"`
	Key      string `json:"key" form:"id"` // of the device's keys, the one that signed it
	// Digest is the message's, in lower-case hexadecimal: the DigestPrefix bytes that the ledger keeps of it.
	Digest      string    `json:"digest"`
	TxID        string    `json:"tx_id" form:"transaction"` // that recorded it
	BlockNumber uint64    `json:"block_number"`             // of that transaction
	Recorded    time.Time `json:"recorded"`                 // that transaction's time
}
