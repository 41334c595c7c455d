package waymark

import "time"

// ClashKind tells how a device came to sign a second message with one number.
type ClashKind string

// The kinds.
const (
	// Fork is another message with a number that is taken.
	Fork ClashKind = "fork"
	// JumpBack is a fork all of whose readings are later than whatever the stream had
	// measured: so looks a device that lost its state and counts again from an older number.
	JumpBack ClashKind = "jump_back"
)

// ClashKinds returns every kind of clash.
func ClashKinds() []ClashKind { return []ClashKind{Fork, JumpBack} }

// Bounds of the clashes that a stream lists. None is ever dropped for a later one,
// so that nobody can push an old one out, and a message that is listed or past the
// bound changes nothing when it comes again.
const (
	MaxClashes   = 8 // of both kinds
	MaxJumpBacks = 4 // of them, so that a device that counts anew leaves room for forks
)

// Clash is the evidence that a device signed two messages with one number. It is
// on the ledger whatever became of the answer that said so.
type Clash struct {
	Kind     ClashKind `json:"kind"`
	Sequence uint64    `json:"sequence"`
	Key      string    `json:"key" form:"id"`            // id of the device's key that signed the message
	Digest   []byte    `json:"digest"`                   // base64 of its digest: not the recorded one's
	TxID     string    `json:"tx_id" form:"transaction"` // the first transaction that carried it; it holds the message
	Time     time.Time `json:"time"`                     // that transaction's time
}

// ClashRef names a Clash.
type ClashRef struct {
	Device   string    `json:"device"`
	Sequence uint64    `json:"sequence"`
	Kind     ClashKind `json:"kind"`
}
