package boltfile

import (
	"encoding/binary"
	"fmt"
	"io"
)

// What follows reads bbolt's file as it is on the disk, without bbolt: bbolt trusts its pages, and one that
// is damaged ends the process or hides what hangs below it. The format is that of bbolt 1.x (version 2 of
// its file), in the byte order of the machine.

const (
	pageHead    = 16 // id (8), flags (2), count (2), further pages (4)
	elementHead = 16
	branchFlag  = 1
	leafFlag    = 2
	bucketFlag  = 1 // of an element: its value is a bucket
	bucketHead  = 16
	// maxPageBytes bounds one page with those that continue it: four of the largest records fit many times.
	maxPageBytes = 16 << 20
)

var order = binary.NativeEndian

// pageFile is a file of pages.
type pageFile struct {
	file     io.ReaderAt
	pageSize int64
	pages    uint64 // ids are below it
}

// element is a record, a bucket or, in a branch, a page below.
type element struct {
	key, value []byte
	bucket     bool
	child      uint64 // of a branch
}

// page returns a page as it is on the disk, with those that continue it.
func (f *pageFile) page(id uint64) ([]byte, error) {
	if id < 2 || id >= f.pages {
		return nil, fmt.Errorf("page %d is not in the file of %d", id, f.pages)
	}
	head := make([]byte, pageHead)
	if _, err := f.file.ReadAt(head, int64(id)*f.pageSize); err != nil { //nolint:gosec // below pages
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	further := uint64(order.Uint32(head[12:]))
	size := int64(further+1) * f.pageSize //nolint:gosec // 32 bits and a page
	if order.Uint64(head) != id || id+further >= f.pages || size > maxPageBytes {
		return nil, fmt.Errorf("page %d does not say that it is that page", id)
	}
	bytes := make([]byte, size)
	if _, err := f.file.ReadAt(bytes, int64(id)*f.pageSize); err != nil { //nolint:gosec // below pages
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	return bytes, nil
}

// elementsOf takes a page apart.
func elementsOf(page []byte) (elements []element, branch bool, err error) {
	if len(page) < pageHead {
		return nil, false, fmt.Errorf("a page of %d bytes", len(page))
	}
	flags, count := order.Uint16(page[8:]), int(order.Uint16(page[10:]))
	if flags != branchFlag && flags != leafFlag {
		return nil, false, fmt.Errorf("a page of kind %x", flags)
	}
	for i := range count {
		e, err := elementOf(page, pageHead+i*elementHead, flags == branchFlag)
		if err != nil {
			return nil, false, err
		}
		elements = append(elements, e)
	}
	return elements, flags == branchFlag, nil
}

// elementOf reads the element whose head is at an offset of a page.
func elementOf(page []byte, at int, branch bool) (element, error) {
	if at+elementHead > len(page) {
		return element{}, fmt.Errorf("the head of an element is not in its page")
	}
	head := page[at : at+elementHead]
	if branch {
		key, err := cut(page, at, order.Uint32(head), order.Uint32(head[4:]))
		return element{key: key, child: order.Uint64(head[8:])}, err
	}
	size := order.Uint32(head[8:])
	both, err := cut(page, at, order.Uint32(head[4:]), size+order.Uint32(head[12:]))
	if err != nil || int(size) > len(both) || order.Uint32(head) > bucketFlag {
		return element{}, fmt.Errorf("an element is not in its page")
	}
	return element{key: both[:size:size], value: both[size:], bucket: order.Uint32(head) == bucketFlag}, nil
}

// cut returns size bytes of a page, at an offset from another.
func cut(page []byte, at int, offset, size uint32) ([]byte, error) {
	start := int64(at) + int64(offset)
	end := start + int64(size)
	if end > int64(len(page)) {
		return nil, fmt.Errorf("an element is not in its page")
	}
	return page[start:end:end], nil
}
