package spool

import (
	"bytes"
	"encoding/binary"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// heldBucket has what should be in quarantine but is beyond its device's quota. It
// is as durable as the rest, and its bytes count against the spool's.
const heldBucket = "held"

// heldKey sorts by device, then by arrival.
func heldKey(device string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(heldPrefix(device), number)
}

func heldPrefix(device string) []byte {
	return append([]byte{byte(len(device))}, device...) //nolint:gosec // appendOne bounds it
}

// isHeldKey reports whether a key is of the device with a prefix.
func isHeldKey(key, prefix []byte) bool {
	return len(key) == len(prefix)+keySize && bytes.HasPrefix(key, prefix)
}

// hold keeps q until its device's quarantine has room.
func hold(tx *bolt.Tx, u *state, q Quarantined, a Account) error {
	body, err := encodeQuarantined(q)
	if err != nil {
		return err
	}
	key := heldKey(q.Device, q.Number)
	record := sealed.Seal([]byte(heldBucket), key, body)
	u.add(heldPile, q.Number, record)
	a.Held++
	a.HeldBytes += int64(len(record))
	if err := tx.Bucket([]byte(heldBucket)).Put(key, record); err != nil {
		return err
	}
	return index(tx, q, a)
}

// promote moves what is held into quarantine, as far as there is room now: each
// device's oldest first.
func (s *Spool) promote(tx *bolt.Tx, u *state) error {
	cursor := tx.Bucket([]byte(heldBucket)).Cursor()
	for key, record := cursor.First(); key != nil; {
		device := string(key[1 : len(key)-keySize])
		moved, err := s.promoteOne(tx, u, key, record)
		if err != nil {
			return err
		}
		if moved { // the cursor is not to be relied on after a change
			key, record = cursor.Seek(heldPrefix(device))
			continue
		}
		key, record = cursor.Seek(heldKey(device, 1<<64-1)) // the next device
	}
	return nil
}

func (s *Spool) promoteOne(tx *bolt.Tx, u *state, key, record []byte) (bool, error) {
	device, number := string(key[1:len(key)-keySize]), binary.BigEndian.Uint64(key[len(key)-keySize:])
	q := decodeQuarantined(heldBucket, key, record)
	q.Device, q.Number = device, number // known from the key even if the record is damaged
	known := repeats(tx, q)
	sealed, err := sealQuarantined(q)
	if err != nil {
		return false, err
	}
	a := accountOf(tx, device, false)
	if !s.limits.room(a, int64(len(sealed))) || u.QuarantineBytes+int64(len(sealed)) > s.limits.QuarantineBytes {
		return false, nil
	}
	u.remove(heldPile, number, record)
	a.Held--
	a.HeldBytes -= int64(len(record))
	a.Repeats += int64(known) //nolint:gosec // each was counted
	if err := tx.Bucket([]byte(heldBucket)).Delete(key); err != nil {
		return false, err
	}
	if err := enter(tx, u, q, sealed, a); err != nil {
		return false, err
	}
	return true, tx.Bucket([]byte(digestBucket)).Put(digestKey(q.Device, q.Payload), encodePlace(place{number: number, repeats: known}))
}
