package boltfile

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
)

// bbolt's file begins with two meta pages. A commit writes its pages, syncs, writes the older of the two
// with the number of the transaction and the root of the tree, and syncs again: so a power loss at any
// point leaves one that holds.

const (
	metaSize    = 64
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	noFreelist  = 1<<64 - 1
	minPage     = 1 << 10
	maxPage     = 1 << 16
)

// metaPage is one of the two.
type metaPage struct {
	offset int64  // of bytes in the file
	bytes  []byte // metaSize of them
}

func (m metaPage) pageSize() int64     { return int64(order.Uint32(m.bytes[8:])) }
func (m metaPage) root() uint64        { return order.Uint64(m.bytes[16:]) }
func (m metaPage) freelist() uint64    { return order.Uint64(m.bytes[32:]) }
func (m metaPage) pages() uint64       { return order.Uint64(m.bytes[40:]) }
func (m metaPage) transaction() uint64 { return order.Uint64(m.bytes[48:]) }

func (m metaPage) holds() bool {
	h := fnv.New64a()
	_, _ = h.Write(m.bytes[:56]) // a hash never fails
	return m.pageSize() >= minPage && m.pageSize() <= maxPage && order.Uint32(m.bytes) == metaMagic && order.Uint32(m.bytes[4:]) == metaVersion && order.Uint64(m.bytes[56:]) == h.Sum64()
}

// mend puts one flipped bit right, wherever it is, and reports whether there was one. The page was whole
// once: with any other bit flipped the checksum would not hold.
func (m metaPage) mend() bool {
	for bit := range metaSize * 8 {
		m.bytes[bit/8] ^= 1 << (bit % 8)
		if m.holds() {
			return true
		}
		m.bytes[bit/8] ^= 1 << (bit % 8)
	}
	return false
}

// readMetas reads both meta pages. The second is where the page size says, which is looked for if the
// first does not hold.
func readMetas(file *os.File) (first, second metaPage, err error) {
	first, err = readMeta(file, pageHead)
	if err != nil {
		return first, second, err
	}
	for size := int64(minPage); size <= maxPage; size <<= 1 {
		m, err := readMeta(file, size+pageHead)
		if err != nil {
			break // the end of the file
		}
		if fits := first.holds() && size == first.pageSize(); fits || m.holds() && size == m.pageSize() {
			return first, m, nil
		}
		if size == int64(os.Getpagesize()) {
			second = m
		}
	}
	if second.bytes == nil {
		return first, second, errors.New("the file is cut")
	}
	return first, second, nil
}

func readMeta(file *os.File, offset int64) (metaPage, error) {
	m := metaPage{offset: offset, bytes: make([]byte, metaSize)}
	if _, err := file.ReadAt(m.bytes, offset); err != nil {
		return m, fmt.Errorf("read meta page: %w", err)
	}
	return m, nil
}

// settleMetas returns the meta page that counts, with both as they are, or as they were before a bit
// flipped, on the disk. They are written even if nothing is wrong with them. After a sync that failed the kernel
// holds as written what is not on the disk, and a second sync says nothing of that. Only what is written again is
// synced again; and that is enough, since what a meta page points to was synced before it was first written.
//
// torn says that one of them does not hold and cannot be mended: the transaction that it was of is lost.
func settleMetas(file *os.File) (m metaPage, mended, torn bool, err error) {
	first, second, err := readMetas(file)
	if err != nil {
		return m, false, false, err
	}
	for _, each := range []metaPage{first, second} {
		if !each.holds() {
			bit := each.mend()
			mended, torn = mended || bit, torn || !bit
		}
	}
	m, ok := newer(first, second)
	if !ok {
		return m, false, torn, errors.New("neither of its two meta pages holds")
	}
	return m, mended, torn, writeMetas(file, first, second)
}

// newer returns the one of the later transaction of those that hold, or false if none does.
func newer(first, second metaPage) (metaPage, bool) {
	if !second.holds() || first.holds() && first.transaction() > second.transaction() {
		return first, first.holds()
	}
	return second, true
}

func writeMetas(file *os.File, metas ...metaPage) error {
	for _, m := range metas {
		if !m.holds() {
			continue
		}
		if _, err := file.WriteAt(m.bytes, m.offset); err != nil {
			return fmt.Errorf("write meta page: %w", err)
		}
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}
