package spool

import (
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// Append stores the first n of messages, as many as there is room for, in one
// transaction that is on the disk when Append returns. Those with a Verdict go
// into quarantine, the others to the end of their device's queue. With no room
// for even the first it returns ErrFull or ErrQuarantineFull; on any error
// the caller must not acknowledge, and nothing was stored, unless the file was
// replaced at that very moment.
func (s *Spool) Append(messages []Message) (n int, err error) {
	var touched [queues]bool
	err = s.updateInPlace(func(tx *bolt.Tx, u *state) error {
		for n = 0; n < len(messages); n++ {
			err := s.appendOne(tx, u, messages[n])
			if n > 0 && (errors.Is(err, ErrFull) || errors.Is(err, ErrQuarantineFull)) {
				return nil
			}
			if err != nil {
				return err
			}
			touched[queueOf(messages[n])] = true
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("append to spool: %w", err)
	}
	for shard, hit := range touched {
		if hit {
			s.wake(shard)
		}
	}
	return n, nil
}

// appendOne returns ErrFull or ErrQuarantineFull, and changes nothing, if there is
// no room.
func (s *Spool) appendOne(tx *bolt.Tx, u *state, m Message) error {
	if len(m.Device) > waymark.MaxIDLength {
		return fmt.Errorf("device id of %d bytes", len(m.Device))
	}
	number := u.last + 1
	if m.Verdict == nil {
		return s.putEntry(tx, u, number, m)
	}
	if u.Bytes+u.HeldBytes+int64(len(m.Payload)) > s.limits.Bytes { // it may have to be held
		return ErrFull
	}
	err := s.quarantine(tx, u, Quarantined{Number: number, Device: m.Device, Received: m.Received, Verdict: *m.Verdict, Payload: m.Payload, Statement: m.Statement})
	if err == nil {
		u.last = number
	}
	return err
}

func (s *Spool) putEntry(tx *bolt.Tx, u *state, number uint64, m Message) error {
	queue := queueOf(m)
	bucket := bucketOf(queue)
	record := sealed.Seal(bucket, keyOf(number), encodeEntry(m))
	if u.Bytes+u.HeldBytes+int64(len(record)) > s.limits.Bytes {
		return ErrFull
	}
	u.last = number
	u.add(queue, number, record)
	return tx.Bucket(bucket).Put(keyOf(number), record)
}

// quarantine counts a message whose payload is in quarantine already, stores any
// other, or holds it if it is beyond its device's quota. One of an id that the registry
// does not know is dropped if it is beyond the quota of these, or there is no room at all. It returns
// ErrQuarantineFull, and changes nothing, if the quarantine as a whole is full.
func (s *Spool) quarantine(tx *bolt.Tx, u *state, q Quarantined) error {
	if known, err := repeated(tx, u, q); known || err != nil {
		return err
	}
	sealed, err := sealQuarantined(q)
	if err != nil {
		return err
	}
	a, size := accountOf(tx, q.Device, q.Unregistered), int64(len(sealed))
	crowded := u.QuarantineBytes+size > s.limits.QuarantineBytes
	switch {
	case a.Unregistered && (crowded || !s.limits.room(a, size)):
		u.dropped++
		return nil
	case a.Held > 0 || !s.limits.room(a, size): // in order of arrival
		return hold(tx, u, q, a)
	case crowded:
		return ErrQuarantineFull
	}
	return enter(tx, u, q, sealed, a)
}

// enter puts a sealed record into quarantine.
func enter(tx *bolt.Tx, u *state, q Quarantined, sealed []byte, a Account) error {
	u.add(quarantinePile, q.Number, sealed)
	a.Messages++
	a.Bytes += int64(len(sealed))
	if err := tx.Bucket([]byte(quarantineBucket)).Put(keyOf(q.Number), sealed); err != nil {
		return err
	}
	return index(tx, q, a)
}
