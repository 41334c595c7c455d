package boltfiletest

import (
	"bytes"
	"math/rand/v2"
	"os"
)

// Lose returns a file as a power loss may leave it in the commit that makes next of it. A commit writes pages, syncs, writes a meta
// page and syncs. So it is as the commit before left it, with any of the new pages, whole, in part or
// garbled; or with all of them, and the meta page so.
func Lose(random *rand.Rand, file, next []byte) []byte {
	size := os.Getpagesize()
	torn := make([]byte, len(next))
	copy(torn, file)
	synced := random.IntN(2) == 1 // the pages are, and the meta page is on its way
	for at := 0; at < len(next); at += size {
		changed := !bytes.Equal(torn[at:at+size], next[at:at+size])
		switch meta := at < 2*size; {
		case !changed || meta && !synced:
		case synced && !meta:
			copy(torn[at:at+size], next[at:at+size])
		default:
			tear(random, torn, next, at, size)
		}
	}
	if !synced && random.IntN(2) == 0 {
		torn = torn[:len(file)]
	}
	return torn
}

// tear writes a page of next over one of file as a disk does that loses its power in between.
func tear(random *rand.Rand, file, next []byte, at, size int) {
	const sector = 512
	switch random.IntN(4) {
	case 0: // it is not written
	case 1:
		copy(file[at:at+size], next[at:at+size])
	case 2: // to a sector
		end := at + random.IntN(size/sector+1)*sector
		copy(file[at:end], next[at:end])
	case 3:
		for i := at; i < at+size; i++ {
			file[i] = byte(random.UintN(256)) //nolint:gosec // below 256
		}
	}
}
