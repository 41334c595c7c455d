package boltfile

import (
	"fmt"
	"io"
	"os"
)

// defaultPage is the size of a page where the file does not say it.
const defaultPage = 4096

// Candidate is what may be a record of a damaged file.
type Candidate struct {
	Key, Record []byte
	// Counted says that its page has both marks of a page of records, and counts it among them.
	Counted bool
	// Bucket says that it may be a bucket with its page inside.
	Bucket bool

	inside bool  // the page in the record of a bucket has it
	at     int64 // of the record in the file
}

// Scan looks for records wherever they may be in a file that is damaged, also in pages to which nothing leads any more. visit is told of
// each that may be one, with a key of at most maxKey bytes and a record of at most maxRecord, and says whether it knows it; of those that it
// does not know some are made up of other bytes. The file must be locked.
func Scan(path string, maxKey, maxRecord uint32, visit func(c Candidate) (known bool, err error)) error {
	file, err := os.Open(path) //nolint:gosec // the operator's folder
	if err != nil {
		return fmt.Errorf("scan file: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("scan file: %w", err)
	}
	s := scanner{file: file, maxKey: maxKey, maxRecord: maxRecord, visit: visit}
	size := pageSizeOf(file)
	for at := int64(0); at+size <= info.Size(); at += size {
		if err := s.page(at, size); err != nil {
			return err
		}
	}
	return nil
}

func pageSizeOf(file *os.File) int64 {
	size := int64(defaultPage)
	if first, second, err := readMetas(file); err == nil {
		for _, m := range []metaPage{first, second} {
			if m.holds() {
				size = m.pageSize()
			}
		}
	}
	return size
}

type scanner struct {
	file              io.ReaderAt
	maxKey, maxRecord uint32
	visit             func(c Candidate) (bool, error)
	budget            int // bytes that may still be read for the present page: what is in it may be anything
}

// page takes what it can of what may be a page of records. One of the two marks of such a page may be damaged.
func (s *scanner) page(at, size int64) error {
	page := make([]byte, size)
	if _, err := s.file.ReadAt(page, at); err != nil {
		return fmt.Errorf("scan file: %w", err)
	}
	named, leaf := order.Uint64(page) == uint64(at/size), order.Uint16(page[8:]) == leafFlag //nolint:gosec // never negative
	if !named && !leaf {
		return nil
	}
	s.budget = maxPageBytes
	return s.elements(page, Candidate{Counted: named && leaf, at: at})
}

// elements goes through the heads of a page: as many as it says, or as there are before the first record begins. from says
// where the page is in the file, and what is to be said of each of them.
func (s *scanner) elements(page []byte, from Candidate) error {
	if len(page) < pageHead+elementHead {
		return nil
	}
	said, room := int(order.Uint16(page[10:])), int(order.Uint32(page[pageHead+4:])/elementHead)
	for i := range max(said, min(room, len(page)/elementHead)) {
		head := pageHead + i*elementHead
		if head+elementHead > len(page) {
			break
		}
		c, ok := s.read(page[head:], from.at+int64(head))
		if !ok {
			continue
		}
		c.Counted, c.inside = from.Counted && i < said, from.inside
		if err := s.element(c); err != nil {
			return err
		}
	}
	return nil
}

// read returns what the head of an element, at an offset of the file, says where it is; false if that cannot be.
func (s *scanner) read(head []byte, at int64) (Candidate, bool) {
	offset, key, value := order.Uint32(head[4:]), order.Uint32(head[8:]), order.Uint32(head[12:])
	if offset < elementHead || key == 0 || key > s.maxKey || value > s.maxRecord || int(key+value) > s.budget {
		return Candidate{}, false
	}
	s.budget -= int(key + value)
	both, start := make([]byte, key+value), at+int64(offset)
	if _, err := s.file.ReadAt(both, start); err != nil { // it would be beyond the end
		return Candidate{}, false
	}
	return Candidate{Key: both[:key:key], Record: both[key:], at: start + int64(key)}, true
}

// element tells of a candidate, and of those inside if it may be a bucket.
func (s *scanner) element(c Candidate) error {
	c.Bucket = !c.inside && len(c.Record) > bucketHead+pageHead && order.Uint16(c.Record[bucketHead+8:]) == leafFlag
	known, err := s.visit(c)
	if err != nil || known || !c.Bucket {
		return err
	}
	return s.elements(c.Record[bucketHead:], Candidate{Counted: c.Counted, inside: true, at: c.at + bucketHead})
}
