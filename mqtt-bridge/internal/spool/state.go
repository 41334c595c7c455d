package spool

import (
	"encoding/binary"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// The state of the spool is a record of its own, written by each transaction: what there is, so that what is
// missing is noticed, whichever page it was lost with.
const (
	metaBucket = "meta"
	layoutKey  = "layout"
	stateKey   = "state"
	// The piles are the queues, then the quarantine and what is held.
	piles          = queues + 2
	quarantinePile = queues
	heldPile       = queues + 1
)

// ErrDamaged says that the file is not as it was written: nothing is stored any more until a person has looked
// at it. `mqtt-bridge spool salvage` makes a new one of what can be read.
var ErrDamaged = boltfile.ErrDamaged

// state is what a transaction leaves behind.
type state struct {
	Usage
	last uint64 // the highest number that was given
	// sums are of the numbers of each pile's messages, modulo 2^64: another than that of what
	// is found says that something cannot be.
	sums [piles]uint64
	// dropped are messages of ids that the registry does not know, of this transaction alone. It is not stored.
	dropped int64
	// moved are the bytes that this transaction moved, nil if nobody counts them. They are not stored.
	moved *moves
}

func (s state) encode() []byte {
	body := encodeNumbers(s.Messages, s.Bytes, s.QuarantineMessages, s.QuarantineBytes, s.Held, s.HeldBytes)
	body = binary.BigEndian.AppendUint64(body, s.last)
	for _, sum := range s.sums {
		body = binary.BigEndian.AppendUint64(body, sum)
	}
	return sealed.Seal([]byte(metaBucket), []byte(stateKey), body)
}

// decodeState returns ErrDamaged for what is no state.
func decodeState(record []byte) (state, error) {
	var s state
	body, err := sealed.Open([]byte(metaBucket), []byte(stateKey), record)
	if err != nil || len(body) != (7+piles)*keySize {
		return s, ErrDamaged
	}
	n := decodeNumbers(body[:6*keySize], 6)
	s.Usage = Usage{Messages: n[0], Bytes: n[1], QuarantineMessages: n[2], QuarantineBytes: n[3], Held: n[4], HeldBytes: n[5]}
	s.last = binary.BigEndian.Uint64(body[6*keySize:])
	for i := range s.sums {
		s.sums[i] = binary.BigEndian.Uint64(body[(7+i)*keySize:])
	}
	return s, nil
}

// readState returns the state that a transaction begins with.
func readState(tx *bolt.Tx) (state, error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return state{}, ErrDamaged
	}
	return decodeState(meta.Get([]byte(stateKey)))
}

// writeState ends a transaction.
func writeState(tx *bolt.Tx, s state) error {
	return tx.Bucket([]byte(metaBucket)).Put([]byte(stateKey), s.encode())
}

// add counts a record that comes to a pile, remove one that leaves it.
func (s *state) add(pile int, number uint64, record []byte) {
	messages, bytes := s.counts(pile)
	*messages, *bytes, s.sums[pile] = *messages+1, *bytes+int64(len(record)), s.sums[pile]+number
	s.note(pile, record, 1)
}

func (s *state) remove(pile int, number uint64, record []byte) {
	messages, bytes := s.counts(pile)
	*messages, *bytes, s.sums[pile] = *messages-1, *bytes-int64(len(record)), s.sums[pile]-number
	s.note(pile, record, -1)
}

func (s *state) note(pile int, record []byte, sign int) {
	if s.moved == nil {
		return
	}
	if device, waits := whose(pile, record); waits {
		(*s.moved)[device] += int64(sign * len(record))
	}
}

func (s *state) counts(pile int) (messages, bytes *int64) {
	switch pile {
	case quarantinePile:
		return &s.QuarantineMessages, &s.QuarantineBytes
	case heldPile:
		return &s.Held, &s.HeldBytes
	}
	return &s.Messages, &s.Bytes
}

// bucketOf is where a pile is stored.
func bucketOf(pile int) []byte {
	switch pile {
	case quarantinePile:
		return []byte(quarantineBucket)
	case heldPile:
		return []byte(heldBucket)
	}
	return shardBucket(pile)
}

// numberIn returns the number in a pile's key: its last 8 bytes; false for what is no key.
func numberIn(key []byte) (uint64, bool) {
	if len(key) < keySize {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[len(key)-keySize:]), true
}

// recount finds the state of what is there. The highest number is not lower than last.
func recount(tx *bolt.Tx, last uint64) (state, error) {
	s := state{last: last}
	for pile := range piles {
		err := tx.Bucket(bucketOf(pile)).ForEach(func(key, record []byte) error {
			number, ok := numberIn(key)
			if !ok {
				return ErrDamaged
			}
			s.add(pile, number, record)
			s.last = max(s.last, number)
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	return s, nil
}
