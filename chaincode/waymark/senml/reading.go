package senml

import (
	"crypto/sha256"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of one pack.
const (
	// MaxBytes bounds a pack: no message can carry a larger one.
	MaxBytes = waymark.MaxMessageBytes / 4 * 3
	// MaxReadings bounds the records of a pack, and the readings in them: a record
	// with a value and a sum has two.
	MaxReadings = 1000
	// MaxMembers bounds the members of a record.
	MaxMembers = 32
	// MaxUpdate bounds the update time.
	MaxUpdate = (1 << 28) * time.Second
)

// Reading is one resolved measurement of a pack (RFC 8428, clause 4.6). The kind
// says which of Value and Body it holds; the other one is empty.
type Reading struct {
	Kind  Kind
	Name  string    // base name and name joined
	Unit  string    // SenML unit symbol; "/" for a Boolean, empty for Text and Data
	Value int64     // in the scale of the unit, waymark.ScaleOf; 0 or 1 in that scale for a Boolean
	Body  string    // the text or the data
	Time  time.Time // UTC, to the millisecond
	// Update is the longest time until the sensor reports again, to the
	// millisecond, at most MaxUpdate; 0 if it does not say.
	Update time.Duration
}

// Decimal returns the value as a decimal number in its unit.
func (r Reading) Decimal() waymark.Decimal {
	return waymark.FormatScaled(r.Value, waymark.ScaleOf(r.Unit))
}

// Digest is the SHA-256 hash of the body, which stands for the value of a Text or
// Data reading wherever the body itself is not kept.
func (r Reading) Digest() [sha256.Size]byte { return sha256.Sum256([]byte(r.Body)) }
