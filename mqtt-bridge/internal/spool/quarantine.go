package spool

import (
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// MaxListed bounds one page of List.
const MaxListed = 1000

// List returns quarantined messages whose number is above after, lowest first,
// at most limit (and at most MaxListed). The next page is after the last number.
func (s *Spool) List(after uint64, limit int) ([]Quarantined, error) {
	listed := []Quarantined{}
	err := s.view(func(tx *bolt.Tx) error {
		cursor := tx.Bucket([]byte(quarantineBucket)).Cursor()
		for key, record := cursor.Seek(keyOf(after + 1)); key != nil && len(listed) < min(limit, MaxListed); key, record = cursor.Next() {
			listed = append(listed, withRepeats(tx, key, record))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", err)
	}
	return listed, nil
}

// Quarantined returns one message, or ErrNoSuchMessage.
func (s *Spool) Quarantined(number uint64) (Quarantined, error) {
	var q Quarantined
	err := s.view(func(tx *bolt.Tx) error {
		record := tx.Bucket([]byte(quarantineBucket)).Get(keyOf(number))
		if record == nil {
			return ErrNoSuchMessage
		}
		q = withRepeats(tx, keyOf(number), record)
		return nil
	})
	if err != nil {
		return q, fmt.Errorf("read quarantine: %w", err)
	}
	return q, nil
}

// Drop deletes one message for good. It returns ErrNoSuchMessage.
func (s *Spool) Drop(number uint64) error {
	err := s.update(func(tx *bolt.Tx, u *state) error { return s.takeOut(tx, u, number) })
	if err != nil {
		return fmt.Errorf("drop from quarantine: %w", err)
	}
	return nil
}

// Replay moves one message to the end of its device's queue. It returns
// ErrNoSuchMessage, ErrNotReplayable or ErrFull.
func (s *Spool) Replay(number uint64) error {
	q, err := s.Quarantined(number)
	if err != nil {
		return err
	}
	if q.Code == Corrupt {
		return ErrNotReplayable
	}
	again := Message{Device: q.Device, Received: time.Now(), Payload: q.Payload, Statement: q.Statement}
	err = s.update(func(tx *bolt.Tx, u *state) error {
		if err := s.takeOut(tx, u, number); err != nil {
			return err
		}
		return s.appendOne(tx, u, again)
	})
	if err != nil {
		return fmt.Errorf("replay from quarantine: %w", err)
	}
	s.wake(queueOf(again))
	return nil
}

// Withdraw moves one waiting message into quarantine, by its number, and returns it with its verdict. It returns
// ErrNoSuchMessage if it does not wait (any more).
func (s *Spool) Withdraw(number uint64) (e Entry, verdict *Verdict, err error) {
	verdict = &Verdict{Code: Withdrawn, Detail: "an operator took it out of the queue", Time: time.Now().UTC()}
	err = s.update(func(tx *bolt.Tx, u *state) error {
		for shard := range queues {
			name := bucketOf(shard)
			if record := tx.Bucket(name).Get(keyOf(number)); record != nil {
				e = decodeEntry(name, keyOf(number), record)
				return s.settleOne(tx, u, shard, Settlement{Number: number, Verdict: verdict})
			}
		}
		return ErrNoSuchMessage
	})
	if err != nil {
		return e, verdict, fmt.Errorf("withdraw from spool: %w", err)
	}
	return e, verdict, nil
}

func withRepeats(tx *bolt.Tx, key, record []byte) Quarantined {
	q := decodeQuarantined(quarantineBucket, key, record)
	q.Repeats = repeats(tx, q)
	return q
}

// takeOut removes a message from quarantine and lets held ones move up.
func (s *Spool) takeOut(tx *bolt.Tx, u *state, number uint64) error {
	bucket := tx.Bucket([]byte(quarantineBucket))
	record := bucket.Get(keyOf(number))
	if record == nil {
		return ErrNoSuchMessage
	}
	size := int64(len(record))
	_, damage := sealed.Open([]byte(quarantineBucket), keyOf(number), record)
	q := decodeQuarantined(quarantineBucket, keyOf(number), record)
	u.remove(quarantinePile, number, record)
	if err := bucket.Delete(keyOf(number)); err != nil {
		return err
	}
	if damage != nil { // nobody can say whose it was
		if err := reindex(tx); err != nil {
			return err
		}
	} else if err := unindex(tx, q, quarantinePile, size); err != nil {
		return err
	}
	return s.promote(tx, u)
}

// unindex takes a message that left the quarantine, or those held, out of the index.
func unindex(tx *bolt.Tx, q Quarantined, pile int, size int64) error {
	digests, key := tx.Bucket([]byte(digestBucket)), digestKey(q.Device, q.Payload)
	known := int64(0)
	if at, found := decodePlace(digests.Get(key)); found && at.number == q.Number {
		known = int64(at.repeats) //nolint:gosec // each was counted
		if err := digests.Delete(key); err != nil {
			return err
		}
	}
	if err := tx.Bucket([]byte(byDeviceBucket)).Delete(heldKey(q.Device, q.Number)); err != nil {
		return err
	}
	a := accountOf(tx, q.Device, q.Unregistered)
	if pile == heldPile {
		a.Held, a.HeldBytes = a.Held-1, a.HeldBytes-size
	} else {
		a.Messages, a.Bytes = a.Messages-1, a.Bytes-size
		a.Repeats = max(0, a.Repeats-known) // those of ids that the registry does not know are not counted
	}
	return putAccount(tx, a)
}
