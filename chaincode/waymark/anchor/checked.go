package anchor

import (
	"crypto/sha256"
	"encoding/binary"
)

// checkedName begins what is hashed for a running digest.
const checkedName = "waymark-checked-1"

// Checked returns the running digest of the blocks that the checks of a device rest on, after one more
// window: SHA-256("waymark-checked-1", before, first, block, hash). before is the digest so far, empty at
// first; first the number of the window's first message; block and hash the number of the block that holds the
// window's transaction, and the hash of its header. Before each of the five stands its length as 8 bytes, big-endian; numbers
// are 8 bytes, big-endian, too. Whoever has the blocks comes to the same digest.
func Checked(before []byte, first, block uint64, hash []byte) []byte {
	var all []byte
	for _, part := range [][]byte{[]byte(checkedName), before, binary.BigEndian.AppendUint64(nil, first), binary.BigEndian.AppendUint64(nil, block), hash} {
		all = appendPart(all, part)
	}
	sum := sha256.Sum256(all)
	return sum[:]
}
