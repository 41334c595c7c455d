package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

const (
	// salvagedAtOnce bounds one transaction of a salvage, in bytes of records.
	salvagedAtOnce = 8 << 20
	// maxSalvagedKey and maxSalvagedRecord bound what is looked at: keys of the queues, and what is in quarantine.
	maxSalvagedKey    = 1 + waymark.MaxIDLength + keySize
	maxSalvagedRecord = 1 << 20
	// defaultPage is the size of a page where the file does not say it.
	defaultPage = 4096
)

// Salvage makes a new spool of what can be read of the one in dir, which no process may have open, and puts
// it in its place. The old file stays beside it under another name, which is returned.
//
// The checksum of a record covers its pile and its number, so a record is known wherever it is. All pages are
// looked at, those too that nothing leads to any more: some messages that are on the ledger come again, which
// the ledger knows, and some that were dropped from quarantine are there again. A record without its
// checksum goes into quarantine as Corrupt.
func Salvage(dir string, now time.Time) (r Report, old string, err error) {
	path := filepath.Join(dir, fileName)
	unlock, err := lock(path)
	if err != nil {
		return r, "", err
	}
	defer unlock()
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, "", fmt.Errorf("make spool: %w", err)
	}
	db, err := openFile(fresh)
	if err != nil {
		return r, "", err
	}
	g := salvage{db: db}
	if err := errors.Join(g.run(path), db.Close()); err != nil {
		return r, "", fmt.Errorf("salvage spool: %w", err)
	}
	old = fmt.Sprintf("%s.damaged-%d", path, now.Unix())
	if err := os.Link(path, old); err != nil { // there is a spool under its name all the time
		return r, "", fmt.Errorf("keep the damaged spool: %w", err)
	}
	return g.report, old, rename(fresh, path)
}

// salvage copies records from a damaged file.
type salvage struct {
	db      *bolt.DB
	report  Report
	batch   []salvaged
	bytes   int
	corrupt []Quarantined
	stored  state // the newest that was found
	counted bool  // one was found
	budget  int   // bytes that may still be read for the present page: what is in it may be anything
}

// where is what is known of the page of an element.
type where struct {
	honest bool // it has both marks of a page of records, and the element is in its table
	inside bool // it is a page in the record of a bucket
}

// salvaged is a record whose pile is known.
type salvaged struct {
	pile        int
	key, record []byte
}

func (g *salvage) run(path string) error {
	file, err := os.Open(path) //nolint:gosec // the operator's folder
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := int64(defaultPage)
	if first, second, err := readMetas(file); err == nil {
		for _, m := range []metaPage{first, second} {
			if m.holds() {
				size = m.pageSize()
			}
		}
	}
	if err := g.db.Update(makeQueues); err != nil {
		return err
	}
	for at := int64(0); at+size <= info.Size(); at += size {
		if err := g.page(file, at, size); err != nil {
			return err
		}
	}
	if err := g.flush(); err != nil {
		return err
	}
	return g.db.Update(g.finish)
}

func makeQueues(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists([]byte(metaBucket)); err != nil {
		return err
	}
	return makeBuckets(tx)
}

// page takes what it can of what may be a page of records. One of the two marks of such a page may be damaged.
func (g *salvage) page(file io.ReaderAt, at, size int64) error {
	page := make([]byte, size)
	if _, err := file.ReadAt(page, at); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	named, leaf := order.Uint64(page) == uint64(at/size), order.Uint16(page[8:]) == leafFlag //nolint:gosec // never negative
	if !named && !leaf {
		return nil
	}
	g.budget = maxPageBytes
	return g.elements(file, page, at, where{honest: named && leaf})
}

// elements goes through the heads of a page at an offset of a file: as many as it says, or as there are before
// the first record begins.
func (g *salvage) elements(file io.ReaderAt, page []byte, at int64, from where) error {
	if len(page) < pageHead+elementHead {
		return nil
	}
	said, room := int(order.Uint16(page[10:])), int(order.Uint32(page[pageHead+4:])/elementHead)
	for i := range max(said, min(room, len(page)/elementHead)) {
		head := pageHead + i*elementHead
		if head+elementHead > len(page) {
			break
		}
		found, ok := g.read(file, page[head:], at+int64(head))
		if !ok {
			continue
		}
		found.honest, found.inside = from.honest && i < said, from.inside
		if err := g.element(file, found); err != nil {
			return err
		}
	}
	return nil
}

// read returns what the head of an element, at an offset of the file, says where it is; false if that cannot be.
func (g *salvage) read(file io.ReaderAt, head []byte, at int64) (candidate, bool) {
	offset, key, value := order.Uint32(head[4:]), order.Uint32(head[8:]), order.Uint32(head[12:])
	if offset < elementHead || key == 0 || key > maxSalvagedKey || value > maxSalvagedRecord || int(key+value) > g.budget {
		return candidate{}, false
	}
	g.budget -= int(key + value)
	both, start := make([]byte, key+value), at+int64(offset)
	if _, err := file.ReadAt(both, start); err != nil { // it would be beyond the end
		return candidate{}, false
	}
	return candidate{key: both[:key:key], record: both[key:], at: start + int64(key)}, true
}

// candidate is what may be an element.
type candidate struct {
	where
	key, record []byte
	at          int64 // of the record in the file
}

// queued reports whether it can only be of a queue: its key is a number below 2^56, and names of buckets, devices and
// digests are no such keys.
func (c candidate) queued() bool {
	return c.honest && len(c.key) == keySize && c.key[0] == 0 && len(c.record) >= sealed.Overhead+entryHead
}

// element takes a record that has its checksum. Of others it keeps those that can be of a queue.
func (g *salvage) element(file io.ReaderAt, c candidate) error {
	if string(c.key) == stateKey {
		if s, err := decodeState(c.record); err == nil && s.last >= g.stored.last {
			g.stored, g.counted = s, true
		}
		return nil
	}
	if pile, ok := pileOf(c.key, c.record); ok {
		return g.take(salvaged{pile: pile, key: c.key, record: c.record})
	}
	if !c.inside && len(c.record) > bucketHead+pageHead && order.Uint16(c.record[bucketHead+8:]) == leafFlag { // a bucket with its page in it
		return g.elements(file, c.record[bucketHead:], c.at+bucketHead, where{honest: c.honest, inside: true})
	}
	if c.queued() {
		g.corrupt = append(g.corrupt, Quarantined{Received: time.UnixMilli(0).UTC(), Payload: c.record,
			Verdict: Verdict{Code: Corrupt, Detail: "the record was salvaged and does not have its checksum", Time: time.Now().UTC()}})
	}
	return nil
}

// pileOf finds the pile that a record is of, by its checksum.
func pileOf(key, record []byte) (int, bool) {
	for pile := range piles {
		if _, err := sealed.Open(bucketOf(pile), key, record); err == nil && len(key) >= keySize {
			return pile, true
		}
	}
	return 0, false
}

// take stores what was found once it is much.
func (g *salvage) take(s salvaged) error {
	g.batch = append(g.batch, s)
	if g.bytes += len(s.key) + len(s.record); g.bytes < salvagedAtOnce {
		return nil
	}
	return g.flush()
}

func (g *salvage) flush() error {
	err := g.db.Update(func(tx *bolt.Tx) error {
		for _, s := range g.batch {
			if err := tx.Bucket(bucketOf(s.pile)).Put(s.key, s.record); err != nil {
				return err
			}
		}
		return nil
	})
	g.batch, g.bytes = nil, 0
	return err
}

// finish takes out of the queues what left them for the quarantine, adds what is corrupt, and writes the
// index, the layout and the state.
func (g *salvage) finish(tx *bolt.Tx) error {
	if err := withoutMoved(tx); err != nil {
		return err
	}
	s, err := recount(tx, g.stored.last)
	if err != nil {
		return err
	}
	for _, q := range g.corrupt {
		q.Number = s.last + 1
		sealed, err := sealQuarantined(q)
		if err != nil {
			return err
		}
		s.last = q.Number
		s.add(quarantinePile, q.Number, sealed)
		if err := tx.Bucket([]byte(quarantineBucket)).Put(keyOf(q.Number), sealed); err != nil {
			return err
		}
	}
	g.report.Messages, g.report.Quarantined, g.report.Held = s.Messages, s.QuarantineMessages-int64(len(g.corrupt)), s.Held
	g.report.Corrupt = int64(len(g.corrupt))
	found := s.Messages + s.QuarantineMessages + s.Held
	g.report.Uncounted = !g.counted
	g.report.Unreadable = max(0, g.stored.Messages+g.stored.QuarantineMessages+g.stored.Held-found)
	if err := reindex(tx); err != nil {
		return err
	}
	if err := tx.Bucket([]byte(metaBucket)).Put([]byte(layoutKey), []byte{layoutVersion}); err != nil {
		return err
	}
	return writeState(tx, s)
}

// withoutMoved deletes from the queues what is in quarantine or held under the same number: that is where
// it was moved to.
func withoutMoved(tx *bolt.Tx) error {
	for _, to := range []int{quarantinePile, heldPile} {
		err := tx.Bucket(bucketOf(to)).ForEach(func(key, _ []byte) error {
			number, _ := numberIn(key)
			for queue := range queues {
				if err := tx.Bucket(bucketOf(queue)).Delete(keyOf(number)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
