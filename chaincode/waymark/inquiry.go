package waymark

import (
	"regexp"
	"strconv"
)

// Inquiry is what a device asks of a bridge: what became of its message of a number. It travels as
// the payload of a signed message of kind attest.Inquiry, and never to the ledger.
type Inquiry struct {
	Number uint64 `json:"number"` // the sequence number of the message
	// Hash is of the bytes that were published, the first DigestPrefix bytes of their SHA-256 in lower-case hex. By it
	// a bridge knows a message of which it cannot read the number. May be absent.
	Hash string `json:"hash,omitempty"`
}

// Validate checks the form of the inquiry.
func (i Inquiry) Validate() error {
	if i.Hash != "" {
		return first(ValidateSequence("/number", i.Number), validateDigest("/hash", i.Hash))
	}
	return ValidateSequence("/number", i.Number)
}

// ParseInquiry reads the payload of an inquiry: one JSON object with the members of Inquiry, letter
// for letter, each once, and none that is null. It returns Invalid.
func ParseInquiry(payload []byte) (Inquiry, error) {
	var i Inquiry
	if err := readStatement(payload, "the inquiry's payload", &i, "number", "hash"); err != nil {
		return Inquiry{}, err
	}
	return i, i.Validate()
}

// CommitState is what became of a message.
type CommitState string

// The states.
const (
	CommitRecorded    CommitState = "recorded"    // the ledger has a message of this number: Digest says which
	CommitQuarantined CommitState = "quarantined" // the bridge's operator has a message of this number, with a reason: Digest says which
	CommitUnreadable  CommitState = "unreadable"  // the bridge's operator has what was published, which no ledger will ever read: Digest is the hash of the inquiry
	CommitUnknown     CommitState = "unknown"     // neither the ledger nor the bridge's quarantine has it, yet
)

// CommitStates returns every state of a message.
func CommitStates() []CommitState {
	return []CommitState{CommitRecorded, CommitQuarantined, CommitUnreadable, CommitUnknown}
}

// CommitReceipt is a bridge's answer to an Inquiry. It travels as the payload of a message of kind
// attest.Commit, which the bridge signs. What the ledger has, its transaction shows.
type CommitReceipt struct {
	Device string      `json:"device"`
	Number uint64      `json:"number"` // that was asked for
	State  CommitState `json:"state"`
	// Digest is of what is recorded or in quarantine, and absent of what is unknown: the first DigestPrefix bytes of that message's
	// digest, as many as the ledger keeps, in lower-case hex. By it a device knows whether its own is meant. Of what is unreadable it is
	// the hash of the inquiry.
	Digest string `json:"digest,omitempty"`
	// TxID and Block are of what is recorded, and absent of all else: the transaction that recorded it and its block.
	TxID  string `json:"tx_id,omitempty"`
	Block uint64 `json:"block,omitempty"`
	// Code is why it is in quarantine or unreadable, an id; absent of all else.
	Code string `json:"code,omitempty"`
	At   int64  `json:"at"` // seconds since 1970, when the bridge says it
}

// Validate checks the form of the receipt, and that it has what its state asks for and no more.
func (r CommitReceipt) Validate() error {
	return first(ValidateID("/device", r.Device), ValidateSequence("/number", r.Number), validateSeconds("/at", r.At), r.validateState())
}

func (r CommitReceipt) validateState() error {
	placed, coded := r.TxID != "" || r.Block != 0, r.Code != ""
	switch r.State {
	case CommitRecorded:
		if !coded {
			return first(validateDigest("/digest", r.Digest), validateTxID("/tx_id", r.TxID), ValidateSequence("/block", r.Block))
		}
	case CommitQuarantined, CommitUnreadable:
		if !placed {
			return first(validateDigest("/digest", r.Digest), ValidateID("/code", r.Code))
		}
	case CommitUnknown:
		if !placed && !coded && r.Digest == "" {
			return nil
		}
	}
	return InvalidField("/state", "must be %s with digest, tx_id and block, %s or %s with digest and code, or %s with none of them",
		CommitRecorded, CommitQuarantined, CommitUnreadable, CommitUnknown)
}

var digestPattern = regexp.MustCompile(`^[0-9a-f]{` + strconv.Itoa(2*DigestPrefix) + `}$`)

func validateDigest(pointer, text string) error {
	if digestPattern.MatchString(text) {
		return nil
	}
	return InvalidField(pointer, "must be %d lower-case hexadecimal digits", 2*DigestPrefix)
}

// ParseCommitReceipt reads the payload of a commit receipt: one JSON object with the members of
// CommitReceipt, letter for letter, each once, and none that is null. It returns Invalid.
func ParseCommitReceipt(payload []byte) (CommitReceipt, error) {
	var r CommitReceipt
	if err := readStatement(payload, "the commit receipt's payload", &r, "device", "number", "state", "digest", "tx_id", "block", "code", "at"); err != nil {
		return CommitReceipt{}, err
	}
	return r, r.Validate()
}
