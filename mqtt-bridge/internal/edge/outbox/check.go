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
	return tx.Bucket([]byte(streamBucket)).ForEach(func(device, _ []byte) error {
		p, err := placeOf(tx, string(device))
		o.latest[string(device)] = time.UnixMilli(p.latest)
		return err
	})
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
// recorded is the last number on the ledger. It returns the number that is left out. The edge must not run.
func Recover(dir, device string, recorded uint64) (uint64, error) {
	o, err := open(dir)
	if err != nil {
		return 0, err
	}
	err = o.db.Update(func(tx *bolt.Tx) error {
		known, err := placeOf(tx, device)
		if err == nil {
			recorded = max(recorded, known.number)
		}
		messages, prefix := tx.Bucket([]byte(messageBucket)), prefixOf(device)
		for c := messages.Cursor(); ; {
			key, _ := c.Seek(prefix)
			if !bytes.HasPrefix(key, prefix) {
				break
			}
			if err := messages.Delete(key); err != nil {
				return err
			}
		}
		return place{number: recorded + 1, digest: make([]byte, attest.DigestSize), latest: known.latest}.put(tx, device)
	})
	if err != nil {
		err = fmt.Errorf("recover device %s: %w", device, err)
	}
	return recorded + 1, errors.Join(err, o.db.Close())
}
