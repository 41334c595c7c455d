package waymark

import (
	"slices"
	"time"
)

// MaxWindowMessages bounds the messages that one window summarises.
const MaxWindowMessages = 100

// DigestPrefix is how many bytes of each message's digest a window keeps: so many that
// not even the device itself can make two messages that agree in them.
const DigestPrefix = 16

// Window summarises an unbroken run of messages of one device, signed with one key,
// that one transaction recorded. The messages themselves are in that transaction.
type Window struct {
	Device string `json:"device" form:"id"`
	// Owner is the member that owned the device when the window was recorded: what it
	// measured then stays that member's. Empty in a window of before owners were kept.
	Owner string `json:"owner" form:"maybe_id"`
	// Key is the id of the device's key that signed the messages; with Recorded.Time it
	// says whether the key was to be trusted. Empty in a window of before keys were kept.
	Key string `json:"key" form:"id"`
	// Edge is the device that held that key and signed with it, for this one; absent if the device did.
	Edge     string    `json:"edge,omitempty" metadata:",optional" form:"id"`
	Shipment string    `json:"shipment" form:"maybe_id"` // that the device witnessed then, or empty
	First    uint64    `json:"first"`                    // sequence number of the first message
	Last     uint64    `json:"last"`                     // and of the last, inclusive
	Readings int       `json:"readings"`                 // of every kind
	From     time.Time `json:"from"`                     // time of the earliest reading
	To       time.Time `json:"to"`                       // time of the latest reading
	Series   []Series  `json:"series"`
	// Sealed counts the readings of private classes, of which the ledger has the seals.
	Sealed []SealedSeries `json:"sealed,omitempty" metadata:",optional"`
	// SealedIn are the numbers of the messages that hold them, lowest first.
	SealedIn []uint64 `json:"sealed_in,omitempty" metadata:",optional"`
	// Digests is base64 of the first DigestPrefix bytes of each message's digest, in
	// order: what tells a repeated message from another with the same number. A window
	// without Root has 8 bytes of each.
	Digests []byte `json:"digests"`
	// Root is base64 of the root of the Merkle tree over the readings (RFC 6962), message
	// by message, reading by reading; package waymark/window makes and checks proofs.
	// Empty in a window of before roots were kept. Root and Digests are empty too in an answer
	// that withholds or coarsens a class: by them it could be guessed.
	Root []byte `json:"root"`
	// Body is the hash of the bundle that the signed messages are in, in the owner's store; absent if they are in
	// the block. Then the messages are anchored, and Root is over one leaf for each of them (package waymark/anchor).
	Body string `json:"body,omitempty" metadata:",optional" form:"sha256"`
	// Disputed says that the key has been revoked back to a time before the window was
	// recorded: whoever had the key may have signed it.
	Disputed bool  `json:"disputed"`
	Recorded Stamp `json:"recorded"`
	// Withheld, Coarsened and Obligations are of an answer, never of the record: the data
	// classes that the policies keep from the caller, whose series are left out, those
	// whose series are rounded, with sums of the rounded mean, and what the caller is obliged to.
	Withheld    []DataClass  `json:"withheld,omitempty" metadata:",optional"`
	Coarsened   []DataClass  `json:"coarsened,omitempty" metadata:",optional"`
	Obligations []Obligation `json:"obligations,omitempty" metadata:",optional"`
}

// Series summarises the numbers and booleans of one measurement, as integers in the
// fixed scale of its unit (ScaleOf). Sums, texts and data are in no series.
type Series struct {
	Name string `json:"name" form:"measurement"` // SenML name, as in "temperature"
	Unit string `json:"unit"`                    // SenML unit, as in "Cel"
	// Class is the data class as the owner had it when the window was recorded.
	Class DataClass `json:"class" form:"maybe_id"`
	Count int64     `json:"count"`
	Min   int64     `json:"min"`
	Max   int64     `json:"max"`
	// Sum adds up over windows, unless Overflow says that it does not fit: it is then
	// the bound of int64 on its side, and no sum.
	Sum      int64 `json:"sum"`
	Overflow bool  `json:"overflow,omitempty" metadata:",optional"`
}

// SealedSeries counts the sealed readings of one measurement.
type SealedSeries struct {
	Name  string    `json:"name" form:"measurement"` // SenML name of the measurement
	Class DataClass `json:"class" form:"id"`
	Count int       `json:"count"`
}

// SealedClasses returns the classes of the sealed readings, sorted, each once.
func (w Window) SealedClasses() []DataClass {
	classes := make([]DataClass, 0, len(w.Sealed))
	for _, s := range w.Sealed {
		classes = append(classes, s.Class)
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}

// SealedClass returns the class of the sealed readings of a measurement, empty if the
// window has none.
func (w Window) SealedClass(name string) DataClass {
	for _, s := range w.Sealed {
		if s.Name == name {
			return s.Class
		}
	}
	return ""
}
