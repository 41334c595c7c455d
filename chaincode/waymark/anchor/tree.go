package anchor

import (
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
)

// leafKind is the first member of a message's leaf. The second one is a text, where the leaf of a
// reading has a number: neither can pass for the other.
const leafKind = "message"

// messageLeaf is a message with its place in the device's stream: what one leaf of the tree of an
// anchored window says.
type messageLeaf struct {
	_        struct{} `cbor:",toarray"`
	Kind     string
	Device   string
	Number   uint64
	Digest   attest.Digest
	Readings int64
	Root     Hash
	From     int64
	Span     int64
	Series   []Series
}

// Leaf returns the leaf of a message: an array of nine in deterministic CBOR, "message", device, number
// and the members of its line.
func Leaf(device string, number uint64, l Line) []byte {
	return encode(messageLeaf{Kind: leafKind, Device: device, Number: number,
		Digest: l.Digest, Readings: l.Readings, Root: l.Root, From: l.From, Span: l.Span, Series: l.Series})
}

// Root returns the root of an anchored window: that of the tree over the leaves of its messages, the
// first of which has number first (RFC 6962, clause 2.1).
func Root(device string, first uint64, lines []Line) []byte {
	return window.Root(leaves(device, first, lines))
}

// Path returns the inclusion proof of a message in the window of these lines, the lowest hash first. It
// returns Invalid if the window does not have that message.
func Path(device string, first uint64, lines []Line, number uint64) ([][]byte, error) {
	return window.InclusionProof(leaves(device, first, lines), number-first)
}

// VerifyPath checks that a message has this line in the window of messages first to last with this
// root. It returns Invalid if the path does not show it.
func VerifyPath(root []byte, device string, first, last, number uint64, l Line, path [][]byte) error {
	if number < first || number > last {
		return waymark.Errorf(waymark.Invalid, "message %d is not among messages %d to %d", number, first, last)
	}
	return window.VerifyInclusion(root, window.LeafHash(Leaf(device, number, l)), number-first, last-first+1, path)
}

// ReadingPath returns the inclusion proof of reading index in its message, to the root that the
// message's line has. It returns Invalid if the message does not have that reading.
func ReadingPath(device string, number uint64, readings []senml.Reading, index uint64) ([][]byte, error) {
	return window.InclusionProof(hashes(window.Leaves(device, number, readings)), index)
}

// VerifyReading checks that a reading is in the message with this line. It returns Invalid if the path
// does not show it.
func VerifyReading(l Line, leaf window.Leaf, path [][]byte) error {
	return window.VerifyInclusion(l.Root[:], leaf.Hash(), leaf.Index, uint64(l.Readings), path) //nolint:gosec // a line has at least one
}

func leaves(device string, first uint64, lines []Line) [][]byte {
	all := make([][]byte, len(lines))
	for i, l := range lines {
		all[i] = window.LeafHash(Leaf(device, first+uint64(i), l))
	}
	return all
}

func hashes(leaves []window.Leaf) [][]byte {
	all := make([][]byte, len(leaves))
	for i, l := range leaves {
		all[i] = l.Hash()
	}
	return all
}
