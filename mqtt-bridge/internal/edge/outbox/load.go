package outbox

import (
	"bytes"
	"fmt"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// load learns what there is, and sets aside what is damaged.
func (o *Outbox) load() error {
	var lost []record
	err := o.file.View(func(tx *bolt.Tx) (err error) {
		b, err := openBooks(tx)
		if err != nil {
			return err
		}
		o.usage.Damaged = int64(b.all[damaged].count) //nolint:gosec // as many as there are records
		o.loadForks(tx)
		if err := o.loadPlaces(tx); err != nil {
			return err
		}
		if lost, err = o.loadMessages(tx); err != nil {
			return err
		}
		o.usage.Forgotten, err = o.seen.load(tx)
		return err
	})
	if err != nil {
		return err
	}
	return o.setAside(lost)
}

func (o *Outbox) loadPlaces(tx *bolt.Tx) error {
	return tx.Bucket([]byte(streamBucket)).ForEach(func(device, _ []byte) error {
		p, err := placeOf(tx, string(device))
		o.latest[string(device)] = p.latest.times()
		o.numbers[string(device)] = p.number
		return err
	})
}

// loadMessages counts messages, and returns those that are damaged.
func (o *Outbox) loadMessages(tx *bolt.Tx) (lost []record, err error) {
	err = tx.Bucket([]byte(messageBucket)).ForEach(func(key, value []byte) error {
		device, number := splitKey(key)
		if number == 0 || number > o.numbers[device] {
			return fmt.Errorf("message %d of device %s is beyond the device's place in its chain: the file is an older copy, or damaged", number, device)
		}
		o.usage.Messages++
		o.usage.Bytes += sizeOf(value)
		o.bytes[device] += sizeOf(value)
		switch _, broken := sealed.Open([]byte(messageBucket), key, value); {
		case broken != nil:
			lost = append(lost, record{bytes.Clone(key), sizeOf(value)})
		case o.ready[device] == nil:
			o.usage.Unlisted++
		}
		return nil
	})
	return lost, err
}

// record is a message in the file.
type record struct {
	key  []byte
	size int64 // of the message
}

// sizeOf is the size of the message of a record.
func sizeOf(value []byte) int64 { return int64(len(value)) - sealed.Overhead }

// setAside moves damaged messages to where they can be looked at. The number of one stays a gap on the ledger, as of every
// message that is lost: signed anew it could be a second message of that number. While nothing can be written they stay where they are,
// and are passed over.
func (o *Outbox) setAside(lost []record) error {
	if len(lost) == 0 {
		return nil
	}
	err := o.update(func(b *books) error {
		for _, r := range lost {
			if err := move(b, r.key); err != nil {
				return err
			}
		}
		return nil
	}, func() {})
	if err != nil && !Waits(err) {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range lost {
		o.usage.Damaged++
		o.usage.Messages--
		o.take(r.key, r.size)
		if err != nil {
			o.doomed[string(r.key)] = true
		}
	}
	return nil
}

// take counts the bytes of a message no more. To be called with o.mu.
func (o *Outbox) take(key []byte, size int64) {
	device, _ := splitKey(key)
	o.usage.Bytes -= size
	if o.bytes[device] -= size; o.bytes[device] == 0 {
		delete(o.bytes, device)
	}
}

// move sets one message aside.
func move(b *books, key []byte) error {
	value := bytes.Clone(b.tx.Bucket([]byte(messageBucket)).Get(key))
	if err := b.put(damaged, key, value); err != nil {
		return err
	}
	return b.delete(messages, key)
}
