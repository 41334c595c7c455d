package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// check reads every record, counts the messages and sets the damaged ones aside.
func (o *Outbox) check(tx *bolt.Tx) error {
	if err := o.checkPlaces(tx); err != nil {
		return err
	}
	var damaged [][]byte
	err := tx.Bucket([]byte(messageBucket)).ForEach(func(key, record []byte) error {
		body, broken := sealed.Open([]byte(messageBucket), key, record)
		if errors.Is(broken, sealed.ErrChecksum) {
			damaged = append(damaged, bytes.Clone(key))
			return nil
		}
		device, number := splitKey(key)
		if last, err := placeOf(tx, device); err != nil || number > last.number {
			return fmt.Errorf("message %d of device %s is beyond the device's place in its chain: the file is an older copy, or damaged", number, device)
		}
		o.usage.Messages++
		o.usage.Bytes += int64(len(body))
		if o.ready[device] == nil {
			o.usage.Unlisted++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range damaged {
		if err := setAside(tx, key); err != nil {
			return err
		}
	}
	if err := o.seen.load(tx); err != nil {
		return err
	}
	return tx.Bucket([]byte(damagedBucket)).ForEach(func([]byte, []byte) error { o.usage.Damaged++; return nil })
}

func (o *Outbox) checkPlaces(tx *bolt.Tx) error {
	if err := tx.Bucket([]byte(streamBucket)).ForEach(func(device, _ []byte) error {
		p, err := placeOf(tx, string(device))
		o.latest[string(device)] = time.UnixMilli(p.latest)
		return err
	}); err != nil {
		return err
	}
	return checkTotals(tx)
}

// checkTotals returns errMissing unless what there is comes to the totals. Of a place without its checksum only that it is there
// is known.
func checkTotals(tx *bolt.Tx) error {
	stored, err := readTotals(tx)
	if err != nil {
		return err
	}
	found, all, err := survey(tx)
	if err == nil && (found.places != stored.places || all && found.sum != stored.sum) {
		return errMissing
	}
	return err
}

// survey returns the totals of what there is, and whether all of it has its checksum.
func survey(tx *bolt.Tx) (found totals, all bool, err error) {
	all = true
	err = tx.Bucket([]byte(streamBucket)).ForEach(func(device, _ []byte) error {
		p, err := placeOf(tx, string(device))
		all = all && err == nil
		found.places++
		found.sum += p.number
		return nil
	})
	return found, all, err
}

// setAside moves a damaged message to where it can be looked at. Its number stays a gap on the ledger, as of every
// message that is lost: signed anew it could be a second message of that number.
func setAside(tx *bolt.Tx, key []byte) error {
	messages := tx.Bucket([]byte(messageBucket))
	if err := tx.Bucket([]byte(damagedBucket)).Put(key, bytes.Clone(messages.Get(key))); err != nil {
		return err
	}
	return messages.Delete(key)
}

// Recover puts a device's place behind what the ledger has of it, as docs/device-protocol.md, section 10, has it for a
// device that lost its place: one number is left out, since it may have been used, and so is every message that waits.
// recorded is the last number on the ledger. It returns the number that is left out. The edge must not run. A file in which
// places are missing cannot be recovered: nobody knows of which devices.
func Recover(dir, device string, recorded uint64) (uint64, error) {
	o, err := open(dir)
	if err != nil {
		return 0, err
	}
	err = o.db.Update(func(tx *bolt.Tx) (err error) {
		recorded, err = recoverPlace(tx, device, recorded)
		return err
	})
	if err != nil {
		err = fmt.Errorf("recover device %s: %w", device, err)
	}
	return recorded + 1, errors.Join(err, o.db.Close())
}

// recoverPlace returns the number before the one that is left out.
func recoverPlace(tx *bolt.Tx, device string, recorded uint64) (uint64, error) {
	if err := checkTotals(tx); err != nil {
		return 0, err
	}
	known, err := placeOf(tx, device)
	if err == nil {
		recorded = max(recorded, known.number)
	}
	if err := drop(tx, device); err != nil {
		return 0, err
	}
	next := place{number: recorded + 1, digest: make([]byte, attest.DigestSize), latest: known.latest}
	if err := next.put(tx, device); err != nil {
		return 0, err
	}
	found, _, err := survey(tx)
	return recorded, errors.Join(err, found.put(tx))
}

// drop deletes the messages of a device.
func drop(tx *bolt.Tx, device string) error {
	messages, prefix := tx.Bucket([]byte(messageBucket)), prefixOf(device)
	for c := messages.Cursor(); ; {
		key, _ := c.Seek(prefix)
		if !bytes.HasPrefix(key, prefix) {
			return nil
		}
		if err := messages.Delete(key); err != nil {
			return err
		}
	}
}
