package outbox

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// ackRetry is the wait after acknowledgements could not be written.
const ackRetry = time.Second

// Message is a signed message that waits.
type Message struct {
	Number uint64
	Raw    []byte // as it is published
}

// Pending returns messages of a device above a number, lowest first, at most limit. A message that turns out to be damaged
// is set aside, and one that is not there is boltfile.ErrDamaged. Of a device whose numbers somebody else uses there are none. It returns ErrBroken if nothing may be published.
func (o *Outbox) Pending(device string, after uint64, limit int) ([]Message, error) {
	r := reader{device: device, last: after, limit: limit}
	if err := o.read(&r); err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	if err := o.setAside(r.lost); err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return r.messages, nil
}

func (o *Outbox) read(r *reader) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.broken != nil || o.forked[r.device] {
		return o.broken
	}
	r.doomed = o.doomed
	return o.file.View(r.read)
}

// reader reads the messages of a device.
type reader struct {
	device   string
	last     uint64 // number of the last one that was read, or is known; 0 if there is none
	limit    int
	doomed   map[string]bool
	messages []Message
	lost     []record // are damaged
}

func (r *reader) read(tx *bolt.Tx) error {
	prefix, c := prefixOf(r.device), tx.Bucket([]byte(messageBucket)).Cursor()
	for key, value := c.Seek(keyOf(r.device, r.last+1)); bytes.HasPrefix(key, prefix) && len(r.messages) < r.limit; key, value = c.Next() {
		_, number := splitKey(key)
		if err := r.reach(tx, number); err != nil {
			return err
		}
		r.take(key, number, value)
	}
	if len(r.messages) == r.limit || r.last == 0 {
		return nil
	}
	stands, err := placeOf(tx, r.device)
	if err != nil {
		return err
	}
	return r.reach(tx, stands.number+1)
}

// reach goes on to a number. Those in between must have been set aside: a page that is damaged, or of before, hides others.
func (r *reader) reach(tx *bolt.Tx, number uint64) error {
	for r.last > 0 && r.last+1 < number {
		r.last++
		if tx.Bucket([]byte(damagedBucket)).Get(keyOf(r.device, r.last)) == nil {
			return fmt.Errorf("%w: message %d of device %s is not there", boltfile.ErrDamaged, r.last, r.device)
		}
	}
	return nil
}

func (r *reader) take(key []byte, number uint64, value []byte) {
	r.last = number
	body, broken := sealed.Open([]byte(messageBucket), key, value)
	switch {
	case broken == nil:
		r.messages = append(r.messages, Message{number, bytes.Clone(body)})
	case !r.doomed[string(key)]:
		r.lost = append(r.lost, record{bytes.Clone(key), sizeOf(value)})
	}
}

// Acknowledge says that a device's messages up to a number were acknowledged. Run takes them out of the outbox some
// time later; until then a restart publishes them again, which changes nothing.
func (o *Outbox) Acknowledge(device string, number uint64) {
	o.ackMu.Lock()
	defer o.ackMu.Unlock()
	o.acked[device] = max(o.acked[device], number)
	select {
	case o.kick <- struct{}{}:
	default: // it will be written with the others
	}
}

// Run writes acknowledgements until ctx ends, all that wait in one transaction, and once more then, if it can be:
// what is not written is published again. It returns an error if the outbox cannot be used any more.
func (o *Outbox) Run(ctx context.Context) error {
	for {
		select {
		case <-o.kick:
		case <-ctx.Done():
			if err := o.flush(); !Waits(err) {
				return err
			}
			return nil
		}
		err := o.flush()
		if err == nil {
			continue
		}
		if !Waits(err) {
			return err
		}
		select { // the disk is full: what is to be taken out waits
		case <-time.After(ackRetry):
		case <-ctx.Done():
		}
	}
}

// flush takes what was acknowledged out of the outbox.
func (o *Outbox) flush() error {
	o.ackMu.Lock()
	acked := o.acked
	o.acked = make(map[string]uint64)
	o.ackMu.Unlock()
	if len(acked) == 0 {
		return nil
	}
	var gone removal
	err := o.update(func(b *books) error {
		gone = removal{}
		for device, number := range acked {
			if err := o.remove(b, device, number, &gone); err != nil {
				return err
			}
		}
		return nil
	}, func() {
		o.usage.Messages -= int64(len(gone.records))
		for _, r := range gone.records {
			o.take(r.key, r.size)
		}
		for _, key := range gone.moved {
			delete(o.doomed, string(key))
		}
	})
	if err == nil {
		return nil
	}
	for device, number := range acked {
		o.Acknowledge(device, number)
	}
	return fmt.Errorf("take acknowledged messages out: %w", err)
}

// removal is what one flush comes to.
type removal struct {
	records []record
	moved   [][]byte // keys of damaged messages that could not be set aside before
}

// remove deletes a device's messages up to a number.
func (o *Outbox) remove(b *books, device string, number uint64, gone *removal) error {
	var records []record
	var moved [][]byte
	prefix, c := prefixOf(device), b.tx.Bucket([]byte(messageBucket)).Cursor()
	for key, value := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = c.Next() {
		if _, n := splitKey(key); n > number {
			break
		}
		key = bytes.Clone(key)
		if o.doomed[string(key)] {
			moved = append(moved, key)
			continue
		}
		records = append(records, record{key, sizeOf(value)})
	}
	for _, r := range records {
		if err := b.delete(messages, r.key); err != nil {
			return err
		}
	}
	for _, key := range moved {
		if err := move(b, key); err != nil {
			return err
		}
	}
	gone.records = append(gone.records, records...)
	gone.moved = append(gone.moved, moved...)
	return nil
}
