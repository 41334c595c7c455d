package anchor

import (
	"crypto/sha256"
	"encoding/binary"
)

// SampleOneIn is the chance of each message to be picked: one in so many.
const SampleOneIn = 32

// sampleName begins what is hashed for a pick.
const sampleName = "waymark-sample-1"

// Picks returns the numbers of those messages of an anchored window that have to be shown, lowest
// first; often there are none. block is the hash of the header of the block that holds the transaction tx,
// which recorded the window with messages first to last of the device: nobody knows it when the window is endorsed.
//
// Message first+i is picked if the first 8 bytes of SHA-256("waymark-sample-1", block, tx, device, first,
// i), as a big-endian number, are below 2^64/SampleOneIn. Before each of the six stands its length as 8 bytes, big-endian;
// first and i are 8 bytes, big-endian, too.
func Picks(block []byte, tx, device string, first, last uint64) []uint64 {
	prefix := make([]byte, 0, 256)
	for _, part := range [][]byte{[]byte(sampleName), block, []byte(tx), []byte(device), binary.BigEndian.AppendUint64(nil, first)} {
		prefix = appendPart(prefix, part)
	}
	var picks []uint64
	for n := first; n <= last; n++ {
		sum := sha256.Sum256(appendPart(prefix[:len(prefix):len(prefix)], binary.BigEndian.AppendUint64(nil, n-first)))
		if binary.BigEndian.Uint64(sum[:8]) < 1<<63/SampleOneIn*2 {
			picks = append(picks, n)
		}
	}
	return picks
}

func appendPart(to, part []byte) []byte {
	return append(binary.BigEndian.AppendUint64(to, uint64(len(part))), part...)
}
