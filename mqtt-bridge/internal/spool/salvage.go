package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

const (
	// salvagedAtOnce bounds one transaction of a salvage, in bytes of records.
	salvagedAtOnce = 8 << 20
	// maxSalvagedKey and maxSalvagedRecord bound what is looked at: keys of the queues, and what is in quarantine.
	maxSalvagedKey    = 1 + waymark.MaxIDLength + keySize
	maxSalvagedRecord = 1 << 20
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
	unlock, err := boltfile.Lock(path)
	if err != nil {
		return r, "", fmt.Errorf("salvage spool: %w", err)
	}
	defer unlock()
	var g salvage
	if err := boltfile.Draft(path, func(db *bolt.DB) error { g.db = db; return g.run(path) }); err != nil {
		return r, "", fmt.Errorf("salvage spool: %w", err)
	}
	old = fmt.Sprintf("%s.damaged-%d", path, now.Unix())
	if err := os.Link(path, old); err != nil { // there is a spool under its name all the time
		return r, "", fmt.Errorf("keep the damaged spool: %w", err)
	}
	return g.report, old, boltfile.Adopt(path)
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
}

// salvaged is a record whose pile is known.
type salvaged struct {
	pile        int
	key, record []byte
}

func (g *salvage) run(path string) error {
	if err := g.db.Update(makeQueues); err != nil {
		return err
	}
	if err := boltfile.Scan(path, maxSalvagedKey, maxSalvagedRecord, g.element); err != nil {
		return err
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

// element takes a record that has its checksum. Of others it keeps those that can only be of a queue.
func (g *salvage) element(c boltfile.Candidate) (known bool, err error) {
	if string(c.Key) == stateKey {
		if s, err := decodeState(c.Record); err == nil && s.last >= g.stored.last {
			g.stored, g.counted = s, true
		}
		return true, nil
	}
	if pile, ok := pileOf(c.Key, c.Record); ok {
		return true, g.take(salvaged{pile: pile, key: c.Key, record: c.Record})
	}
	if !c.Bucket && queued(c) {
		g.corrupt = append(g.corrupt, Quarantined{Received: time.UnixMilli(0).UTC(), Payload: c.Record,
			Verdict: Verdict{Code: Corrupt, Detail: "the record was salvaged and does not have its checksum", Time: time.Now().UTC()}})
	}
	return false, nil
}

// queued reports whether a record can only be of a queue: its key is a number below 2^56, and names of buckets, devices and
// digests are no such keys.
func queued(c boltfile.Candidate) bool {
	return c.Counted && len(c.Key) == keySize && c.Key[0] == 0 && len(c.Record) >= sealed.Overhead+entryHead
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
