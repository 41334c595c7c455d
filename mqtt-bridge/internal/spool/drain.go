package spool

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Oldest returns the oldest entries of a queue, in order of arrival: at most
// messages of them, and together at most bytes of payload, but at least one if
// there is any. Those of devices that want does not accept are passed over; a nil
// want accepts all. They stay in the queue until Settle.
func (s *Spool) Oldest(shard, messages, bytes int, want func(device string) bool) ([]Entry, error) {
	var entries []Entry
	err := s.db.View(func(tx *bolt.Tx) error {
		name, total := shardBucket(shard), 0
		cursor := tx.Bucket(name).Cursor()
		for key, record := cursor.First(); key != nil && len(entries) < messages; key, record = cursor.Next() {
			if len(key) != keySize {
				return fmt.Errorf("key of %d bytes in %s: the file is damaged", len(key), name)
			}
			if device, ok := deviceIn(record); want != nil && ok && !want(device) {
				continue
			}
			e := decodeEntry(name, key, record)
			if total += len(record); total > bytes && len(entries) > 0 {
				break
			}
			entries = append(entries, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	return entries, nil
}

// Settle takes entries out of a queue in one durable transaction, and puts those
// with a Verdict into quarantine, or holds them if their device's quota is used up.
// It returns ErrQuarantineFull, and changes nothing, if the quarantine is full. An entry that is not there any
// more is left out.
func (s *Spool) Settle(shard int, settlements []Settlement) error {
	err := s.update(func(tx *bolt.Tx, u *Usage) error {
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

func (s *Spool) settleOne(tx *bolt.Tx, u *Usage, shard int, settlement Settlement) error {
	name, key := shardBucket(shard), keyOf(settlement.Number)
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
	u.Messages--
	u.Bytes -= int64(len(record))
	return bucket.Delete(key)
}
