package spool

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Oldest returns the oldest entries of a queue, in order of arrival: at most
// messages of them, and together at most bytes of payload, but at least one if
// there is any. Those that want, which is asked of each in order, does not accept are passed over; a nil
// want accepts all. They stay in the queue until Settle.
func (s *Spool) Oldest(shard, messages, bytes int, want func(device string) bool) ([]Entry, error) {
	p := picker{shard: shard, messages: messages, bytes: bytes, want: want}
	if err := s.view(p.pick); err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	return p.entries, nil
}

// picker takes the oldest entries of a queue.
type picker struct {
	shard, messages, bytes int
	want                   func(device string) bool
	entries                []Entry
	total                  int // bytes of their records
}

// pick returns ErrDamaged if the numbers of the queue do not rise, or if at its end some were not there.
func (p *picker) pick(tx *bolt.Tx) error {
	var last, sum uint64
	cursor := tx.Bucket(bucketOf(p.shard)).Cursor()
	for key, record := cursor.First(); key != nil; key, record = cursor.Next() {
		number, ok := numberIn(key)
		if !ok || number <= last {
			return ErrDamaged
		}
		last, sum = number, sum+number
		if !p.take(key, record) {
			return nil
		}
	}
	state, err := readState(tx)
	if err == nil && state.sums[p.shard] != sum {
		err = ErrDamaged
	}
	return err
}

// take reports whether there may be more.
func (p *picker) take(key, record []byte) bool {
	if device, ok := deviceIn(record); p.want != nil && ok && !p.want(device) {
		return true
	}
	if p.total += len(record); p.total > p.bytes && len(p.entries) > 0 {
		return false
	}
	p.entries = append(p.entries, decodeEntry(bucketOf(p.shard), key, record))
	return len(p.entries) < p.messages
}

// Settle takes entries out of a queue in one durable transaction, and puts those
// with a Verdict into quarantine, or holds them if their device's quota is used up.
// It returns ErrQuarantineFull, and changes nothing, if the quarantine is full. An entry that is not there any
// more is left out.
func (s *Spool) Settle(shard int, settlements []Settlement) error {
	err := s.update(func(tx *bolt.Tx, u *state) error {
		for _, settlement := range settlements {
			if err := s.settleOne(tx, u, shard, settlement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle in spool: %w", err)
	}
	return nil
}

func (s *Spool) settleOne(tx *bolt.Tx, u *state, shard int, settlement Settlement) error {
	name, key := bucketOf(shard), keyOf(settlement.Number)
	bucket := tx.Bucket(name)
	record := bucket.Get(key)
	if record == nil {
		return nil
	}
	if settlement.Verdict != nil {
		e := decodeEntry(name, key, record)
		q := Quarantined{Number: e.Number, Device: e.Device, Received: e.Received, Verdict: *settlement.Verdict, Payload: e.Payload,
			Statement: shard == Statements}
		if err := s.quarantine(tx, u, q); err != nil {
			return err
		}
	}
	u.remove(shard, settlement.Number, record)
	return bucket.Delete(key)
}
