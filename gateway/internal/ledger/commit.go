package ledger

import (
	"encoding/json"
	"time"
)

// Valid is the status of a transaction that changed the ledger. Every other
// status is the name of a Fabric validation code, as in "MVCC_READ_CONFLICT".
const Valid = "VALID"

// Unordered is the status of a transaction that the ordering service refused. It is in no
// block and has changed nothing.
const Unordered = "UNORDERED"

// Duplicate is the status of a transaction that is in no block since another of its id is: the
// block and the position are that one's. A second copy of the same transaction has it nowhere.
const Duplicate = "DUPLICATE_TXID"

// Commit says where a committed transaction stands on the ledger.
type Commit struct {
	TxID        string // 64 hexadecimal digits, lower case
	BlockNumber uint64 // the block that holds it; the first is 0
	Status      string // Valid, in an answer to a write
}

// Committed is a commit with the record that the transaction returned, as the
// JSON that the endorsers signed.
type Committed struct {
	Commit Commit
	Result json.RawMessage
	// Unfinished says that Result tells of something that is left to do, which the same
	// request does when it is made again.
	Unfinished bool
}

// Transaction is what the ledger holds about one transaction.
type Transaction struct {
	TxID        string
	Status      string // Valid, or the name of Fabric's validation code
	BlockNumber uint64
	Position    int // in the block, from 0
	Channel     string
	// Transaction is the contract function that was called, as in
	// "members:Register"; empty for a transaction of the channel itself.
	Transaction string
	Creator     Creator
	Endorsers   []string  // the MSP ids that endorsed, sorted
	Time        time.Time // as the creator claims it, UTC
	// Envelope is the signed envelope as it was ordered, from which the
	// creator's and the endorsers' signatures can be verified.
	Envelope []byte
}

// Creator is who signed a transaction.
type Creator struct {
	MSPID string
	// CertificateSHA256 is the lower-case hexadecimal SHA-256 of the creator's
	// certificate in DER form; empty if the identity is not an X.509 certificate.
	CertificateSHA256 string
}
