package waymark

import (
	"strconv"
	"strings"
	"time"
)

// Limits of one batch.
const (
	// MaxBatchMessages bounds the messages in one transaction.
	MaxBatchMessages = 500
	// MaxMessageBytes bounds one signed message as it travels in JSON.
	MaxMessageBytes = 32 << 10
	// MaxBatchBytes bounds the sum of the messages of one transaction.
	MaxBatchBytes = 4 << 20
	// MaxBatchReadings bounds the readings of one transaction, which every endorser works
	// through. One message never has as many: a batch that has is to be split.
	MaxBatchReadings = 20000
	// MaxSequence is the largest sequence number: exact in any JSON reader (RFC 8259, clause 6).
	MaxSequence = 1<<53 - 1
)

// RecordRequest is a batch of signed messages, of any devices, in the order in
// which each device sent its own. A message is a JWS compact text (it has dots)
// or a COSE_Sign1 as base64url without padding (it has none). In the place of consecutive messages
// that the gateway of the device's owner anchors there can be their run (package waymark/anchor), as
// base64url without padding.
type RecordRequest struct {
	Messages []string `json:"messages" form:"messages"`
	// Body is the hash of the bundle that has the messages of all the runs; absent if there is no run.
	Body string `json:"body,omitempty" metadata:",optional" form:"sha256"`
}

// Validate checks the form and the bounds of the batch, not what is in the
// messages: a bad message has its own outcome and costs no other its place.
func (r RecordRequest) Validate() error {
	for i, m := range r.Messages {
		if strings.Contains(m, "~") {
			return InvalidField("/messages/"+strconv.Itoa(i), "has disclosures after it, which must not become part of a block: leave out all from the first ~")
		}
	}
	if err := CheckForms(r); err != nil {
		return err
	}
	return validateTogether("/messages", r.Messages)
}

// Outcome is what became of one message of a batch.
type Outcome string

// The outcomes.
const (
	Recorded  Outcome = "recorded"  // this transaction records it
	Duplicate Outcome = "duplicate" // a replay: an earlier transaction had recorded this very message; TxID names that one
	// Rejected is not recorded; Code, Detail and Reasons say why, and whether that can
	// change. A number that is taken by another message has code already_exists and
	// reason ReasonFork or ReasonJumpBack, and is noted in the stream's Clashes.
	Rejected Outcome = "rejected"
)

// Outcomes returns every outcome.
func Outcomes() []Outcome { return []Outcome{Recorded, Duplicate, Rejected} }

// MessageResult is the outcome of one message, in the place it had in the batch; of a run that of all its
// messages, with the number of the first. A gateway
// adds, to a message that is on the ledger, code unavailable with ReasonUndisclosed if a
// member could not be given what it discloses: sent again later it goes on from there.
type MessageResult struct {
	Device   string   `json:"device"`   // empty if the message could not be read
	Sequence uint64   `json:"sequence"` // 0 if the message could not be read
	Outcome  Outcome  `json:"outcome"`
	TxID     string   `json:"tx_id" form:"maybe_transaction"` // the transaction that recorded it; empty if rejected
	Code     Code     `json:"code,omitempty" metadata:",optional"`
	Detail   string   `json:"detail,omitempty" metadata:",optional"`
	Reasons  []string `json:"reasons,omitempty" metadata:",optional"`
}

// Recording is a RecordResult as telemetry:Record answers it and the ledger keeps it: package recording makes the one of the other. Of an entry that the transaction
// recorded nothing is said.
type Recording struct {
	Entries int          `json:"entries"`                               // how many the request has
	Others  []OtherEntry `json:"others,omitempty" metadata:",optional"` // those that were not recorded, by their place
}

// OtherEntry is an entry of a request that the transaction did not record.
type OtherEntry struct {
	Entry  int           `json:"entry"` // its place, from 0
	Result MessageResult `json:"result"`
}

// RecordResult has one result per message, in the order of the batch.
type RecordResult struct {
	Results []MessageResult `json:"results" form:"results"`
}

// WindowQuery asks for the window that holds one message.
type WindowQuery struct {
	Device   string `json:"device" form:"id"`
	Sequence uint64 `json:"sequence" form:"sequence"`
	Purpose  string `json:"purpose,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the query.
func (q WindowQuery) Validate() error { return CheckForms(q) }

// ValidateSequence checks a sequence number: 1 to MaxSequence.
func ValidateSequence(pointer string, n uint64) error {
	if n < 1 || n > MaxSequence {
		return InvalidField(pointer, "must be 1 to %d", uint64(MaxSequence))
	}
	return nil
}

// Stream is where a device's stream of messages stands.
type Stream struct {
	Device string `json:"device" form:"id"`
	Last   uint64 `json:"last"`             // highest recorded sequence number, 0 before the first
	Digest []byte `json:"digest"`           // base64 of the SHA-256 digest of that message
	Gaps   []Gap  `json:"gaps" form:"gaps"` // numbers below Last that were never recorded, lowest first
	// Measured says what the device has measured so far, sorted by name and unit.
	Measured []Measured `json:"measured" form:"measured"`
	// Clashes are the first authentic messages whose number another message had
	// taken, oldest first, at most MaxClashes.
	Clashes []Clash `json:"clashes" form:"clashes"`
	// MoreClashes says that there was at least one more than the list may hold.
	MoreClashes bool `json:"more_clashes"`
	// Anchored says which messages are anchored; absent if none ever was.
	Anchored *Anchored `json:"anchored,omitempty" metadata:",optional"`
}

// Measured says when a device last reported a measurement.
type Measured struct {
	Name string `json:"name" form:"measurement"` // SenML name, as in "temperature"
	Unit string `json:"unit"`                    // empty for sums, texts and data
	Last uint64 `json:"last"`                    // highest sequence number of a message that held it
	// Latest is the latest time of such a reading, by the device's clock.
	Latest time.Time `json:"latest"`
}

// MaxMeasured bounds the different measurements of one device.
const MaxMeasured = 32

// Gap is a run of missing sequence numbers, with the digests that the messages
// on both sides pin, so that only the true messages fit in.
type Gap struct {
	First  uint64 `json:"first"`
	Last   uint64 `json:"last"`
	Before []byte `json:"before"` // digest of message First-1
	After  []byte `json:"after"`  // the previous-digest that message Last+1 claims
}

// MaxGaps bounds the open gaps of one device's stream. A message that would
// open one more is rejected until older gaps are filled.
const MaxGaps = 64
