package outbox

import (
	"encoding/binary"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// pile is a bucket whose records are counted.
type pile int

const (
	places pile = iota
	messages
	damaged
	seen
	piles // how many there are
)

func (p pile) bucket() []byte {
	return []byte([piles]string{streamBucket, messageBucket, damagedBucket, seenBucket}[p])
}

// number is what a record adds to its pile's sum: the number of a place, or that at the end of the key.
func (p pile) number(key, record []byte) uint64 {
	if p == places {
		key = record[min(len(record), sealed.Overhead):min(len(record), sealed.Overhead+keySize)]
	}
	if len(key) < keySize {
		return 0
	}
	return binary.BigEndian.Uint64(key[len(key)-keySize:])
}

// tally is how many records a pile has, and the sum of their numbers modulo 2^64: another than that of what
// is found says that something cannot be.
type tally struct{ count, sum uint64 }

// totals are a record of their own that changes with every other one, so that what is not found, or of before, is
// noticed, whichever page it was lost with: a device without a place would begin at number 1.
type totals [piles]tally

func (t *totals) add(p pile, key, record []byte) {
	t[p].count, t[p].sum = t[p].count+1, t[p].sum+p.number(key, record)
}

func (t *totals) remove(p pile, key, record []byte) {
	t[p].count, t[p].sum = t[p].count-1, t[p].sum-p.number(key, record)
}

func (t totals) put(tx *bolt.Tx) error {
	var body []byte
	for _, each := range t {
		body = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(body, each.count), each.sum)
	}
	return tx.Bucket([]byte(metaBucket)).Put([]byte(totalsKey), sealed.Seal([]byte(metaBucket), []byte(totalsKey), body))
}

// decodeTotals returns ErrDamaged for what are no totals.
func decodeTotals(record []byte) (t totals, err error) {
	body, err := sealed.Open([]byte(metaBucket), []byte(totalsKey), record)
	if err != nil || len(body) != len(t)*2*keySize {
		return t, errMissing
	}
	for i := range t {
		t[i] = tally{count: binary.BigEndian.Uint64(body[2*i*keySize:]), sum: binary.BigEndian.Uint64(body[(2*i+1)*keySize:])}
	}
	return t, nil
}

// recount finds the totals of what there is.
func recount(tx *bolt.Tx) (t totals, err error) {
	for p := range piles {
		err := tx.Bucket(p.bucket()).ForEach(func(key, record []byte) error {
			t.add(p, key, record)
			return nil
		})
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// books change records, and the totals with them, within one transaction.
type books struct {
	tx  *bolt.Tx
	all totals
}

func openBooks(tx *bolt.Tx) (*books, error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return nil, boltfile.ErrDamaged
	}
	all, err := decodeTotals(meta.Get([]byte(totalsKey)))
	return &books{tx: tx, all: all}, err
}

func (b *books) put(p pile, key, record []byte) error {
	bucket := b.tx.Bucket(p.bucket())
	if old := bucket.Get(key); old != nil {
		b.all.remove(p, key, old)
	}
	b.all.add(p, key, record)
	return bucket.Put(key, record)
}

func (b *books) delete(p pile, key []byte) error {
	bucket := b.tx.Bucket(p.bucket())
	if old := bucket.Get(key); old != nil {
		b.all.remove(p, key, old)
	}
	return bucket.Delete(key)
}

// close writes the totals.
func (b *books) close() error { return b.all.put(b.tx) }
