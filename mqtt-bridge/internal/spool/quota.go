package spool

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// The quarantine's index: what each device has in quarantine, and which payloads
// are there. It is written in the transactions that change the quarantine, and can
// be made anew from it.
const (
	accountBucket = "quarantine-devices" // device -> account
	digestBucket  = "quarantine-digests" // digest of device and payload -> place
	// byDeviceBucket has a key of device and number for each message that is in quarantine or held.
	byDeviceBucket = "quarantine-by-device"
)

// Account is what one device has in quarantine.
type Account struct {
	Device string `json:"device"`
	// Unregistered says that it is the one account of all ids that the registry does not know; Device is empty then.
	Unregistered bool `json:"unregistered,omitempty"`

	Messages  int64 `json:"messages"`   // in quarantine
	Repeats   int64 `json:"repeats"`    // how often these came again
	Bytes     int64 `json:"bytes"`      // of their records
	Held      int64 `json:"held"`       // messages beyond the quota; they move into quarantine when there is room
	HeldBytes int64 `json:"held_bytes"` // of their records, which count against the spool
	Full      bool  `json:"full"`       // the quota is used up
}

// place says where a payload is, and how often it came again.
type place struct {
	number  uint64
	repeats uint64
}

// accountKey is never empty, unlike a device.
func accountKey(device string) []byte { return append([]byte{'d'}, device...) }

// strangersKey is of the account of all ids that the registry does not know.
const strangersKey = "u"

func digestKey(device string, payload []byte) []byte {
	h := sha256.New()
	_, _ = h.Write([]byte{byte(len(device))}) //nolint:gosec // appendOne bounds it; a hash never fails
	_, _ = h.Write([]byte(device))
	_, _ = h.Write(payload)
	return h.Sum(nil)
}

func (a Account) key() []byte {
	if a.Unregistered {
		return []byte(strangersKey)
	}
	return accountKey(a.Device)
}

func accountOf(tx *bolt.Tx, device string, unregistered bool) Account {
	a := Account{Device: device}
	if unregistered {
		a = Account{Unregistered: true}
	}
	return a.read(tx)
}

// accountAt returns the account with a key that is there.
func accountAt(tx *bolt.Tx, key []byte) Account {
	return accountOf(tx, string(key[1:]), string(key) == strangersKey)
}

func (a Account) read(tx *bolt.Tx) Account {
	key := a.key()
	if n := decodeAccount(key, tx.Bucket([]byte(accountBucket)).Get(key)); n != nil {
		a.Messages, a.Bytes, a.Held, a.HeldBytes, a.Repeats = n[0], n[1], n[2], n[3], n[4]
	}
	return a
}

func putAccount(tx *bolt.Tx, a Account) error {
	bucket, key := tx.Bucket([]byte(accountBucket)), a.key()
	if a.Messages == 0 && a.Held == 0 {
		return bucket.Delete(key)
	}
	return bucket.Put(key, sealed.Seal([]byte(accountBucket), key, encodeNumbers(a.Messages, a.Bytes, a.Held, a.HeldBytes, a.Repeats)))
}

// decodeAccount returns messages, bytes, held, held bytes and repeats, or nil for what is no account. Those of before repeats were counted
// have none.
func decodeAccount(key, record []byte) []int64 {
	body, err := sealed.Open([]byte(accountBucket), key, record)
	if err != nil {
		return nil
	}
	if len(body) == 4*keySize {
		body = append(body, make([]byte, keySize)...)
	}
	return decodeNumbers(body, 5)
}

// room reports whether a record of size bytes is within the quota: each time that a payload came counts as a message, as it costs
// the ledger one. A quota of 0 is none, and one message is within any quota, however large it is.
func (l Limits) room(a Account, size int64) bool {
	messages, bytes := l.DeviceMessages, l.DeviceBytes
	if a.Unregistered {
		messages, bytes = l.UnregisteredMessages, l.UnregisteredBytes
	}
	return a.Messages == 0 || (messages == 0 || a.Messages+a.Repeats < messages) && (bytes == 0 || a.Bytes+size <= bytes)
}

func (l Limits) full(a Account) bool { return a.Held > 0 || !l.room(a, 1) }

// OverQuota reports whether a device has used up its quota of the quarantine.
func (s *Spool) OverQuota(device string) (bool, error) {
	var full bool
	err := s.view(func(tx *bolt.Tx) error {
		full = s.limits.full(accountOf(tx, device, false))
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read quota: %w", err)
	}
	return full, nil
}

// Devices returns the accounts of all devices with something in quarantine, by device, and last the one of all ids that
// the registry does not know.
func (s *Spool) Devices() ([]Account, error) {
	accounts := []Account{}
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(accountBucket)).ForEach(func(key, _ []byte) error {
			a := accountAt(tx, key)
			a.Full = s.limits.full(a)
			accounts = append(accounts, a)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read quotas: %w", err)
	}
	return accounts, nil
}

// repeated counts q if its very payload is in quarantine or held already, and
// reports whether it is. A record that is damaged does not count as there. One that is on
// the ledger by now, and undisclosed, has that verdict from now on.
func repeated(tx *bolt.Tx, u *state, q Quarantined) (bool, error) {
	bucket, key := tx.Bucket([]byte(digestBucket)), digestKey(q.Device, q.Payload)
	at, found := decodePlace(bucket.Get(key))
	if !found {
		return false, nil
	}
	there, found := lookUp(tx, q.Device, at.number)
	if !found || there.Device != q.Device || !bytes.Equal(there.Payload, q.Payload) {
		return false, nil
	}
	if q.Undisclosed() && !there.Undisclosed() {
		there.Verdict = q.Verdict
		if err := rewrite(tx, u, there); err != nil {
			return false, err
		}
	}
	at.repeats++
	if err := bucket.Put(key, encodePlace(at)); err != nil {
		return true, err
	}
	return true, countRepeat(tx, there)
}

// countRepeat counts that what is in quarantine came again. Beyond the quota, and with ids that the registry does not know, it makes no difference.
func countRepeat(tx *bolt.Tx, there Quarantined) error {
	if pile, _, _ := locate(tx, there.Device, there.Number); pile == heldPile || there.Unregistered {
		return nil
	}
	a := accountOf(tx, there.Device, false)
	a.Repeats++
	return putAccount(tx, a)
}

// rewrite stores anew a message that is in quarantine or held.
func rewrite(tx *bolt.Tx, u *state, q Quarantined) error {
	body, err := encodeQuarantined(q)
	if err != nil {
		return err
	}
	a := accountOf(tx, q.Device, q.Unregistered)
	pile, key, old := locate(tx, q.Device, q.Number)
	total, own := &u.QuarantineBytes, &a.Bytes
	if pile == heldPile {
		total, own = &u.HeldBytes, &a.HeldBytes
	}
	bucket, record := tx.Bucket(bucketOf(pile)), sealed.Seal(bucketOf(pile), key, body)
	grown := int64(len(record) - len(old))
	*total, *own = *total+grown, *own+grown
	if err := bucket.Put(key, record); err != nil {
		return err
	}
	return putAccount(tx, a)
}

// lookUp finds a message in quarantine or among those held.
func lookUp(tx *bolt.Tx, device string, number uint64) (Quarantined, bool) {
	pile, key, record := locate(tx, device, number)
	if record == nil {
		return Quarantined{}, false
	}
	return decodeQuarantined(string(bucketOf(pile)), key, record), true
}

// locate finds the record of a message in quarantine or among those held, nil if it is in neither.
func locate(tx *bolt.Tx, device string, number uint64) (pile int, key, record []byte) {
	key = keyOf(number)
	if record = tx.Bucket([]byte(quarantineBucket)).Get(key); record != nil {
		return quarantinePile, key, record
	}
	key = heldKey(device, number)
	return heldPile, key, tx.Bucket([]byte(heldBucket)).Get(key)
}

// repeats returns how often the payload of q came again since it is in quarantine.
func repeats(tx *bolt.Tx, q Quarantined) uint64 {
	if at, found := decodePlace(tx.Bucket([]byte(digestBucket)).Get(digestKey(q.Device, q.Payload))); found && at.number == q.Number {
		return at.repeats
	}
	return 0
}

// reindex makes the index anew. How often payloads came again is forgotten.
func reindex(tx *bolt.Tx) error {
	for _, name := range []string{accountBucket, digestBucket, byDeviceBucket} {
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	err := tx.Bucket([]byte(quarantineBucket)).ForEach(func(key, record []byte) error {
		q := decodeQuarantined(quarantineBucket, key, record)
		a := accountOf(tx, q.Device, q.Unregistered)
		a.Messages, a.Bytes = a.Messages+1, a.Bytes+int64(len(record))
		return index(tx, q, a)
	})
	if err != nil {
		return err
	}
	return tx.Bucket([]byte(heldBucket)).ForEach(func(key, record []byte) error {
		q := decodeQuarantined(heldBucket, key, record)
		a := accountOf(tx, q.Device, false)
		a.Held, a.HeldBytes = a.Held+1, a.HeldBytes+int64(len(record))
		return index(tx, q, a)
	})
}

func index(tx *bolt.Tx, q Quarantined, a Account) error {
	if err := tx.Bucket([]byte(digestBucket)).Put(digestKey(q.Device, q.Payload), encodePlace(place{number: q.Number})); err != nil {
		return err
	}
	if err := tx.Bucket([]byte(byDeviceBucket)).Put(heldKey(q.Device, q.Number), nil); err != nil {
		return err
	}
	return putAccount(tx, a)
}

// QuarantinedOf calls visit with a device's messages that are in quarantine or held, the last that
// came first, until it returns false: at most so many, whose records have at most so many bytes together, but at least one.
func (s *Spool) QuarantinedOf(device string, messages, bytes int, visit func(Quarantined) bool) error {
	err := s.view(func(tx *bolt.Tx) error {
		cursor, prefix := tx.Bucket([]byte(byDeviceBucket)).Cursor(), heldPrefix(device)
		key, _ := cursor.Seek(heldKey(device, 1<<64-1))
		if key == nil {
			key, _ = cursor.Last()
		} else {
			key, _ = cursor.Prev()
		}
		for total := 0; isHeldKey(key, prefix) && messages > 0; messages-- {
			pile, at, record := locate(tx, device, binary.BigEndian.Uint64(key[len(prefix):]))
			if total += len(record); total > bytes && total > len(record) {
				return nil
			}
			if record != nil && !visit(decodeQuarantined(string(bucketOf(pile)), at, record)) {
				return nil
			}
			key, _ = cursor.Prev()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read quarantine: %w", err)
	}
	return nil
}

func encodePlace(p place) []byte {
	return binary.BigEndian.AppendUint64(keyOf(p.number), p.repeats)
}

func decodePlace(b []byte) (place, bool) {
	if len(b) != 2*keySize {
		return place{}, false
	}
	return place{number: binary.BigEndian.Uint64(b), repeats: binary.BigEndian.Uint64(b[keySize:])}, true
}
