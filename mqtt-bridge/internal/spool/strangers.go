package spool

import (
	"bytes"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// disownedAtOnce bounds the messages that one transaction moves.
const disownedAtOnce = 1000

// DevicesAfter returns the accounts of at most limit devices that come after one, by device. That of what names no device, and
// that of all ids that the registry does not know, are not among them.
func (s *Spool) DevicesAfter(device string, limit int) ([]Account, error) {
	var accounts []Account
	err := s.view(func(tx *bolt.Tx) error {
		cursor, last := tx.Bucket([]byte(accountBucket)).Cursor(), accountKey(device)
		for key, _ := cursor.Seek(last); key != nil && len(accounts) < limit; key, _ = cursor.Next() {
			if !bytes.Equal(key, last) && string(key) != strangersKey {
				accounts = append(accounts, accountAt(tx, key))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read quotas: %w", err)
	}
	return accounts, nil
}

// Disown moves what devices have in quarantine, or held, to the one account of all ids that the registry does not know, in
// one durable transaction. What is beyond that account's quota is dropped. It moves so many messages at most, and reports
// whether there may be more.
func (s *Spool) Disown(devices []string) (more bool, err error) {
	err = s.update(func(tx *bolt.Tx, u *state) error {
		moved := 0
		for _, device := range devices {
			numbers := numbersOf(tx, device, disownedAtOnce-moved)
			for _, number := range numbers {
				if err := s.disown(tx, u, device, number); err != nil {
					return err
				}
			}
			moved += len(numbers)
		}
		more = moved == disownedAtOnce
		return s.promote(tx, u)
	})
	if err != nil {
		return false, fmt.Errorf("disown: %w", err)
	}
	return more, nil
}

// Dropped is how many messages were dropped since Open: of ids that the registry does not know, beyond their quota.
func (s *Spool) Dropped() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// numbersOf returns the numbers of a device's messages that are on its own account, the oldest first.
func numbersOf(tx *bolt.Tx, device string, limit int) (numbers []uint64) {
	cursor, prefix := tx.Bucket([]byte(byDeviceBucket)).Cursor(), heldPrefix(device)
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix) && len(numbers) < limit; key, _ = cursor.Next() {
		number, ok := numberIn(key)
		if !ok || len(key) != len(prefix)+keySize {
			continue
		}
		// what is damaged names nobody, and stays where it is
		if q, found := lookUp(tx, device, number); found && q.Device == device && !q.Unregistered {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// disown moves one message, or drops it.
func (s *Spool) disown(tx *bolt.Tx, u *state, device string, number uint64) error {
	pile, key, record := locate(tx, device, number)
	size, q := int64(len(record)), decodeQuarantined(string(bucketOf(pile)), key, record)
	known := repeats(tx, q)
	u.remove(pile, number, record)
	if err := tx.Bucket(bucketOf(pile)).Delete(key); err != nil {
		return err
	}
	if err := unindex(tx, q, pile, size); err != nil {
		return err
	}
	q.Unregistered = true
	if err := s.quarantine(tx, u, q); err != nil {
		return err
	}
	if _, _, there := locate(tx, device, number); there == nil {
		return nil
	}
	return tx.Bucket([]byte(digestBucket)).Put(digestKey(device, q.Payload), encodePlace(place{number: number, repeats: known}))
}
