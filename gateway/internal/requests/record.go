package requests

import (
	"encoding/json"
	"errors"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Digest is the SHA-256 of what was asked for.
type Digest [32]byte

// State is how far a kept request has come.
type State string

// The states. Only what is Pending belongs to a gateway process.
const (
	Pending State = "pending" // its last transaction may yet take effect
	Done    State = "done"    // it took effect, and has an answer
	Failed  State = "failed"  // it changed nothing, or not all that it should; its key is free
)

// Record is a kept request.
type Record struct {
	ID        string // 32 hexadecimal digits
	Caller    string
	Operation string // of the API
	Key       string // the caller's, or empty
	Digest    Digest
	Gateway   string // the process that works on it while it is Pending
	State     State
	TxID      string // of its last transaction
	// Whole says that the last transaction makes the answer: if it is valid, the request is
	// done. Else more was to follow.
	Whole  bool
	Answer Answer         // of one that is Done; while it is Pending, what Done will be without the block
	Error  *waymark.Error // of one that Failed
}

// Answer is what a caller is told of a write that took effect.
type Answer struct {
	Status   int    // of HTTP
	Location string // of what was created, or empty
	Commit   ledger.Commit
	Result   json.RawMessage
}

// Step is a transaction that a kept request is about to submit.
type Step struct {
	ledger.Endorsed
	Whole    bool
	Location string // of the answer, if it is Whole
}

// End is how a request ended.
type End struct {
	State  State
	Fate   *ledger.Fate // of the last transaction, if it is known
	Answer Answer
	Error  *waymark.Error
	Free   bool // the key of one that is Done, since the same request is to be made again
	// Answered says that nobody waits for this: it is on the disk a little later. After a crash
	// before that the request is Pending, and the ledger says how it ended.
	Answered bool
}

// Transaction is what is kept of one transaction.
type Transaction struct {
	TxID       string
	Fate       *ledger.Fate // nil while it is not known
	ReplacedBy string       // the transaction that took its place, or empty
	Request    Record
}

// What a store answers besides the failures of its database.
var (
	// ErrTaken says that the caller's key is that of another request.
	ErrTaken = errors.New("the key is taken")
	// ErrKept says that the transaction is that of another request.
	ErrKept = errors.New("the transaction is kept already")
	// ErrDisplaced says that another request has another transaction of the same id.
	ErrDisplaced = errors.New("another transaction of the same id is kept")
	// ErrLost says that another process works on the request now.
	ErrLost = errors.New("another process has taken the request over")
)
