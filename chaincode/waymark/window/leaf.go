package window

import (
	"github.com/fxamacker/cbor/v2"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// HashSize is the length of every hash of the tree, in bytes: SHA-256.
const HashSize = 32

// Leaf is one reading with its place in the device's stream: what one leaf of the
// tree says.
type Leaf struct {
	Device     string
	Sequence   uint64 // of the message
	Index      uint64 // of the reading in the message, from 0; records without a value do not count
	Kind       senml.Kind
	Name       string // SenML name, resolved
	Unit       string // SenML unit, resolved; empty for a text or data
	Value      int64  // in the fixed scale of the unit, waymark.ScaleOf; 0 for a text or data
	Digest     []byte // SHA-256 of a text or data; nil for any other kind
	TimeMillis int64  // since 1970
}

// Encode returns the one encoding of a leaf: an array of eight in deterministic CBOR
// (RFC 8949, clause 4.2.1): device, sequence, index, kind, name, unit, value or
// digest, time.
func (l Leaf) Encode() []byte {
	var value any = l.Value
	if l.Digest != nil {
		value = l.Digest
	}
	encoded, err := deterministic.Marshal([]any{l.Device, l.Sequence, l.Index, uint8(l.Kind), l.Name, l.Unit, value, l.TimeMillis})
	if err != nil { // texts and integers always marshal
		panic("window: encode leaf: " + err.Error())
	}
	return encoded
}

// Hash returns the leaf's hash: SHA-256 of 0x00 and its encoding.
func (l Leaf) Hash() []byte { return LeafHash(l.Encode()) }

// LeafHash returns the hash of an encoded leaf: SHA-256 of 0x00 and the encoding.
func LeafHash(encoded []byte) []byte { return rfc6962.DefaultHasher.HashLeaf(encoded) }

// Leaves returns the leaves of one message, in the order of its readings.
func Leaves(device string, sequence uint64, readings []senml.Reading) []Leaf {
	leaves := make([]Leaf, len(readings))
	for i, r := range readings {
		leaves[i] = Leaf{Device: device, Sequence: sequence, Index: uint64(i),
			Kind: r.Kind, Name: r.Name, Unit: r.Unit, Value: r.Value, TimeMillis: r.Time.UnixMilli()}
		if r.Kind == senml.Text || r.Kind == senml.Data {
			digest := r.Digest()
			leaves[i].Value, leaves[i].Digest = 0, digest[:]
		}
	}
	return leaves
}

var deterministic = mustEncoding()

func mustEncoding() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil { // the options are constant
		panic("window: " + err.Error())
	}
	return mode
}
