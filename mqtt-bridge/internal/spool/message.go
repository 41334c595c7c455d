package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Shards is the number of queues. It is part of the stored layout: a device's
// queue is a hash of its id modulo Shards, so changing it needs a migration.
const Shards = 8

// Statements is the queue of what devices say apart from their streams: receipts of commands, and
// presences. It is in the order of arrival, too.
const Statements = Shards

// queues counts those of the shards and that of the statements.
const queues = Shards + 1

// Code is why a message is in quarantine: a code of the ledger's, or one of the
// bridge's own.
type Code = waymark.Code

// The bridge's own codes.
const (
	Unreadable  Code = "unreadable"   // it is no message that Waymark can read
	WrongDevice Code = "wrong_device" // it names another device than the topic it came on
	TooLarge    Code = "too_large"    // it is longer than waymark.MaxMessageBytes
	Corrupt     Code = "corrupt"      // the spool's checksum does not hold; the bytes are kept as they were read
	Stuck       Code = "stuck"        // the gateway fails at it again and again, while others succeed
	Withdrawn   Code = "withdrawn"    // an operator took it out of the queue
)

// Message is what arrived over MQTT.
type Message struct {
	Device   string    // from the topic; at most waymark.MaxIDLength bytes
	Received time.Time // when the bridge received it
	Payload  []byte    // exactly as published
	// Statement says that it is of no stream, and so belongs to the queue of Statements.
	Statement bool
	Verdict   *Verdict // set if it is to go into quarantine at once
}

// Verdict is why a message is in quarantine.
type Verdict struct {
	Code     Code      `json:"code"`
	Detail   string    `json:"detail"`            // for a person
	Reasons  []string  `json:"reasons,omitempty"` // ids of the rules that decided
	Time     time.Time `json:"time"`              // when it was decided
	Attempts int       `json:"attempts"`          // how often it was submitted, 0 if never
	// Unregistered says that the registry does not know the device: it counts against the quota of all such ids.
	Unregistered bool `json:"unregistered,omitempty"`
	// Whole is the SHA-256 of what was published, in hex, if the payload is only its beginning.
	Whole string `json:"whole,omitempty"`
}

// Undisclosed reports whether the message is on the ledger, and only waits until every
// holder of what it discloses has it. Sent again it is a duplicate and goes on from there.
func (v Verdict) Undisclosed() bool {
	return v.Code == waymark.Unavailable && slices.Contains(v.Reasons, waymark.ReasonUndisclosed)
}

// Entry is a message that waits in a queue.
type Entry struct {
	Number   uint64 // of arrival, rising
	Device   string
	Received time.Time
	Payload  []byte
	Corrupt  bool // the checksum does not hold: Payload is the whole record, the rest is unknown
}

// Settlement ends the wait of one entry: it is on the ledger (Verdict nil) or
// goes into quarantine.
type Settlement struct {
	Number  uint64
	Verdict *Verdict
}

// Quarantined is a message in quarantine.
type Quarantined struct {
	Number   uint64    `json:"number"` // of arrival; names it in every command
	Device   string    `json:"device"`
	Received time.Time `json:"received"`
	Verdict
	Payload   []byte `json:"payload"`             // base64 in JSON
	Repeats   uint64 `json:"repeats,omitempty"`   // how often the device sent the very same since
	Statement bool   `json:"statement,omitempty"` // it is of the queue of Statements
}

// Hash is the SHA-256 of what was published, in hex.
func (q Quarantined) Hash() string {
	if q.Whole != "" {
		return q.Whole
	}
	sum := sha256.Sum256(q.Payload)
	return hex.EncodeToString(sum[:])
}

// Usage is how full the spool is.
type Usage struct {
	Messages           int64 // waiting
	Bytes              int64 // of the waiting messages
	QuarantineMessages int64
	QuarantineBytes    int64
	Held               int64 // beyond their devices' quota of the quarantine
	HeldBytes          int64 // of these; they count against the spool
}

// queueOf returns the queue of a message.
func queueOf(m Message) int {
	if m.Statement {
		return Statements
	}
	return ShardOf(m.Device)
}

// ShardOf returns the queue of a device's stream.
func ShardOf(device string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(device)) // a hash never fails
	return int(h.Sum32() % Shards)
}
