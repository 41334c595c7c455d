package outbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// Pack is a pack of readings, in SenML CBOR, that is to be signed.
type Pack struct {
	Device  string
	Payload []byte
	Latest  time.Time // of its readings
}

// Append signs packs as the next messages of their devices, in order, and keeps the fingerprints of what they are made
// of, all in one transaction that is on the disk when it returns. It returns ErrFull if there is no room, and ErrBroken; with
// any error nothing was signed, and what the packs are made of must not be acknowledged.
func (o *Outbox) Append(packs []Pack, made []Fingerprint) error {
	if len(packs) == 0 && len(made) == 0 {
		return nil
	}
	var added Usage
	err := o.update(func(tx *bolt.Tx) error {
		added = Usage{}
		all, err := readTotals(tx)
		if err != nil {
			return err
		}
		for _, p := range packs {
			size, err := o.add(tx, p, o.usage.Bytes+added.Bytes, &all)
			if err != nil {
				return err
			}
			added.Messages++
			added.Bytes += size
		}
		return errors.Join(all.put(tx), o.seen.put(tx, made))
	}, func() {
		o.usage.Messages += added.Messages
		o.usage.Bytes += added.Bytes
		o.seen.note(made)
	})
	if err != nil {
		return fmt.Errorf("sign messages: %w", err)
	}
	for _, p := range packs {
		o.wake(p.Device)
	}
	return nil
}

// add signs one pack, counts it in all, and returns the size of its message.
func (o *Outbox) add(tx *bolt.Tx, p Pack, used int64, all *totals) (int64, error) {
	last, err := placeOf(tx, p.Device)
	if err != nil {
		return 0, err
	}
	number := last.number + 1
	if number > waymark.MaxSequence {
		return 0, waymark.Errorf(waymark.ResourceExhausted, "device %s has used all its numbers", p.Device)
	}
	signed, err := o.signer.Sign(p.Device, number, last.digest, p.Payload)
	if err != nil {
		return 0, fmt.Errorf("message %d of device %s: %w", number, p.Device, err)
	}
	size := int64(len(signed.Raw))
	if used+size > o.limit {
		return 0, ErrFull
	}
	key := keyOf(p.Device, number)
	if err := tx.Bucket([]byte(messageBucket)).Put(key, sealed.Seal([]byte(messageBucket), key, signed.Raw)); err != nil {
		return 0, err
	}
	all.sum++
	if last.digest == nil {
		all.places++
	}
	last = place{number: number, digest: signed.Digest[:], latest: max(last.latest, p.Latest.UnixMilli())}
	return size, last.put(tx, p.Device)
}
