package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/json"
)

// Endorsed is a transaction that is endorsed and signed, and that was not submitted yet.
type Endorsed struct {
	TxID string
	// Signed is the SHA-256 of what its creator signed. A creator that signs for itself can make
	// two transactions of one id, which differ in it.
	Signed [sha256.Size]byte
	// Envelope is the signed envelope as it will be ordered. Sent again, however often, it
	// has one effect at most.
	Envelope []byte
	// Result is the record that the transaction returns if it becomes valid, as the
	// endorsers signed it.
	Result json.RawMessage
	// Partial says that more than this transaction belongs to the request.
	Partial bool
}

// Fate is what became of a transaction.
type Fate struct {
	TxID        string
	BlockNumber uint64
	Position    int    // in the block, from 0
	Status      string // Valid, the name of Fabric's validation code, or Unordered for one in no block
}

// Journal is told what becomes of the transactions of one request, each before it matters.
type Journal interface {
	// Endorsed is called before a transaction is submitted. On an error it is not
	// submitted, and the error is the answer.
	Endorsed(ctx context.Context, tx Endorsed) error
	// Submitted is called when the ordering service has taken it, which says little; again
	// if the same envelope was sent again.
	Submitted(txID string)
	// Resolved is called when its block is known. After a fate that is not Valid another
	// Endorsed may follow, of the transaction that takes its place.
	Resolved(fate Fate)
	// Refused is called in place of Resolved when the ordering service has refused the first
	// copy that it was sent: no block has the transaction, and it is not sent again.
	Refused(txID string)
}
