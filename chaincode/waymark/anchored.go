package waymark

import "strconv"

// Bounds of what is anchored of one device.
const (
	// MaxUnchecked bounds the anchored windows that wait for their check: with so many, messages
	// are recorded in full.
	MaxUnchecked = 16
	// MaxForfeits bounds how often the check of windows is given up.
	MaxForfeits = 16
	// maxPathSteps is the length of the longest path in the tree of a window.
	maxPathSteps = 7
)

// Anchored is what of a device's stream is anchored, and how far that is checked.
type Anchored struct {
	Last uint64 `json:"last"` // number of the last anchored message
	// Unchecked are the anchored windows that wait for their check, by their numbers, oldest first.
	Unchecked []Run  `json:"unchecked" form:"unchecked"`
	Checked   uint64 `json:"checked"` // number of the last message of the last window that was checked, 0 before the first
	// Digest is base64 of the running digest of the blocks that all checks so far rest on (package
	// waymark/anchor, Checked); empty before the first.
	Digest []byte `json:"digest"`
	// LastCheck tells of the last check; absent before the first.
	LastCheck *LastCheck `json:"last_check,omitempty" metadata:",optional"`
	// Forfeited are the windows, from the first to the last each time, whose check was given up, oldest first: what they
	// had is missing for good. Who gave it up, and why, is in the transaction.
	Forfeited []Run `json:"forfeited,omitempty" metadata:",optional" form:"forfeits"`
}

// LastCheck is what the next check is held against: what the last one began with, by which the same one again is known, and by
// which block it checked its last window.
type LastCheck struct {
	Before []byte `json:"before"` // base64 of the running digest before it; empty if it was the first
	Owner  string `json:"owner"`  // of the device when its last window was recorded
	TxID   string `json:"tx_id"`  // of the transaction that recorded that window
	Block  uint64 `json:"block"`  // number of the block of that transaction, as the sender of the check says
	Hash   string `json:"hash"`   // of the header of that block, as the sender says
}

// CheckTelemetryRequest shows the messages of anchored windows that were picked: of the windows that wait
// for their check as many as it names, in their order. The sender says by which block each was recorded, which no
// chaincode knows; whoever has the blocks can tell whether that is true.
type CheckTelemetryRequest struct {
	Device  string          `json:"device" form:"id"`
	Windows []CheckedWindow `json:"windows" form:"checked"`
}

// CheckedWindow is one window with its block and its messages that were picked (package waymark/anchor, Picks).
type CheckedWindow struct {
	First     uint64         `json:"first" form:"sequence"`    // number of its first message
	Block     uint64         `json:"block" form:"block"`       // number of the block that holds its transaction
	BlockHash string         `json:"block_hash" form:"sha256"` // SHA-256 of that block's header
	Messages  []ShownMessage `json:"messages" form:"shown"`    // exactly those that were picked, lowest number first
}

// ShownMessage is a message of an anchored window.
type ShownMessage struct {
	Message string   `json:"message" form:"message"` // as in RecordRequest
	Path    []string `json:"path" form:"path"`       // hashes from its leaf to the root of the window, the lowest first
}

// Validate checks the form and the bounds of the request, not what is in the messages.
func (r CheckTelemetryRequest) Validate() error {
	if err := CheckForms(r); err != nil {
		return err
	}
	var messages []string
	for i, w := range r.Windows {
		if i > 0 && w.First <= r.Windows[i-1].First {
			return InvalidField("/windows/"+strconv.Itoa(i)+"/first", "must be above that of the window before")
		}
		for _, m := range w.Messages {
			messages = append(messages, m.Message)
		}
	}
	return validateTogether("/windows", messages)
}

// ForfeitTelemetryRequest gives up the check of all anchored windows of a device up to a message, whose
// messages are lost.
type ForfeitTelemetryRequest struct {
	Device string `json:"device" form:"id"`
	Last   uint64 `json:"last" form:"sequence"` // number of the last message of the last window, which has to wait for its check
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r ForfeitTelemetryRequest) Validate() error { return CheckForms(r) }

// CheckedEvent is the payload of EventTelemetryChecked: which windows were checked, by which blocks.
type CheckedEvent struct {
	Device string         `json:"device"`
	Checks []CheckedBlock `json:"checks"`
}

// CheckedBlock is a window that was checked, and the block that holds it, as the sender of the check
// says.
type CheckedBlock struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	Block uint64 `json:"block"`
	Hash  string `json:"hash"` // of the header of the block
}

// ForfeitedEvent is the payload of EventTelemetryForfeited.
type ForfeitedEvent struct {
	Device string `json:"device"`
	First  uint64 `json:"first"`
	Last   uint64 `json:"last"`
}
