package ledger

import (
	"crypto/sha256"
	"time"
)

// Block is what a block did to the records of the chaincode.
type Block struct {
	Number uint64 // of the first one 0
	// Hash is the SHA-256 of its header, and Previous that of the block before, empty in block 0.
	Hash, Previous []byte
	// Transactions are those that called the chaincode or wrote its records, in their order; those
	// that are not Valid changed nothing.
	Transactions []BlockTransaction
}

// BlockTransaction is a transaction of the chaincode in a block.
type BlockTransaction struct {
	TxID     string
	Position int       // in the block, from 0
	Status   string    // Valid, or the name of Fabric's validation code
	Member   string    // MSP id of its creator
	Time     time.Time // as the creator claims it, UTC
	Function string    // as in "members:Register"; empty if another chaincode wrote the records
	Request  string    // its one argument: JSON, or of telemetry:Record what package recording reads; empty without one
	Result   []byte    // JSON, as its endorsers signed it
	Event    *Event    // nil if it emitted none
	Writes   []Write   // of public records, in the order of their keys
	// Private are what it changed in members' private collections, of which no more is in a block.
	Private []PrivateWrite
}

// Event is what a transaction told.
type Event struct {
	Name    string
	Payload []byte // JSON
}

// Write is the new value of a record.
type Write struct {
	Key   string
	Value []byte // nil if the record is deleted
}

// PrivateWrite is that a record in the private collection of a member was put or removed.
type PrivateWrite struct {
	Member string // MSP id
	Key    [sha256.Size]byte
}
