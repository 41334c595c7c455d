package spool

import (
	"fmt"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// Shelf is a small durable table beside the queues: what the bridge must know again after a restart
// besides messages. What a key and a value are is its user's business; the user bounds how many there are.
type Shelf string

// The shelves.
const (
	ShelfCommands Shelf = "commands" // that are open
	ShelfFollowed Shelf = "followed" // how far each stream of events was read
	ShelfPresence Shelf = "presence" // when each device was seen
)

func shelves() []Shelf { return []Shelf{ShelfCommands, ShelfFollowed, ShelfPresence} }

func (s Shelf) bucket() []byte { return []byte("shelf-" + string(s)) }

// Change puts a value on a shelf, or takes it off.
type Change struct {
	Shelf Shelf
	Key   string // 1 to 32768 bytes
	Value []byte // nil takes it off
}

// Write makes all changes in one transaction that is on the disk when Write returns, or none.
func (s *Spool) Write(changes []Change) error {
	err := s.update(func(tx *bolt.Tx, _ *state) error {
		for _, c := range changes {
			if err := c.write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write to shelf: %w", err)
	}
	return nil
}

func (c Change) write(tx *bolt.Tx) error {
	bucket, key := tx.Bucket(c.Shelf.bucket()), []byte(c.Key)
	if c.Value == nil {
		return bucket.Delete(key)
	}
	return bucket.Put(key, sealed.Seal(c.Shelf.bucket(), key, c.Value))
}

// Each calls visit with all that is on a shelf, by key. A value whose checksum does not hold is
// passed over, and counted in damaged.
func (s *Spool) Each(shelf Shelf, visit func(key string, value []byte) error) (damaged int, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(shelf.bucket()).ForEach(func(key, record []byte) error {
			if value, broken := sealed.Open(shelf.bucket(), key, record); broken == nil {
				return visit(string(key), append([]byte(nil), value...))
			}
			damaged++
			return nil
		})
	})
	if err != nil {
		return damaged, fmt.Errorf("read shelf: %w", err)
	}
	return damaged, nil
}
