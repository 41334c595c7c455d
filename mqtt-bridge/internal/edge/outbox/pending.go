package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

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
// is set aside, the next time if there is no room now. It returns ErrBroken if nothing may be published.
func (o *Outbox) Pending(device string, after uint64, limit int) ([]Message, error) {
	messages, damaged, err := o.read(device, after, limit)
	if err != nil || len(damaged) == 0 {
		return messages, err
	}
	err = o.update(func(tx *bolt.Tx) error {
		for _, key := range damaged {
			if err := setAside(tx, key); err != nil {
				return err
			}
		}
		return nil
	}, func() { o.usage.Damaged += int64(len(damaged)) })
	if errors.Is(err, ErrFull) {
		return messages, nil
	}
	return messages, err
}

func (o *Outbox) read(device string, after uint64, limit int) (messages []Message, damaged [][]byte, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.broken != nil {
		return nil, nil, o.broken
	}
	prefix := prefixOf(device)
	err = o.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket([]byte(messageBucket)).Cursor()
		for key, record := c.Seek(keyOf(device, after+1)); bytes.HasPrefix(key, prefix) && len(messages) < limit; key, record = c.Next() {
			body, broken := sealed.Open([]byte(messageBucket), key, record)
			if broken != nil {
				damaged = append(damaged, bytes.Clone(key))
				continue
			}
			_, number := splitKey(key)
			messages = append(messages, Message{number, bytes.Clone(body)})
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read outbox: %w", err)
	}
	return messages, damaged, nil
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

// Run writes acknowledgements until ctx ends, all that wait in one transaction, and once more then, if there is room:
// what is not written is published again. It returns ErrBroken if the outbox is.
func (o *Outbox) Run(ctx context.Context) error {
	for {
		select {
		case <-o.kick:
		case <-ctx.Done():
			if err := o.flush(); !errors.Is(err, ErrFull) {
				return err
			}
			return nil
		}
		err := o.flush()
		if errors.Is(err, ErrBroken) {
			return err
		}
		if err == nil {
			continue
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
	var gone Usage
	err := o.update(func(tx *bolt.Tx) error {
		gone = Usage{}
		for device, number := range acked {
			if err := remove(tx, device, number, &gone); err != nil {
				return err
			}
		}
		return nil
	}, func() {
		o.usage.Messages -= gone.Messages
		o.usage.Bytes -= gone.Bytes
	})
	if err == nil {
		return nil
	}
	for device, number := range acked {
		o.Acknowledge(device, number)
	}
	return fmt.Errorf("take acknowledged messages out: %w", err)
}

// remove deletes a device's messages up to a number, and counts them.
func remove(tx *bolt.Tx, device string, number uint64, gone *Usage) error {
	messages, prefix := tx.Bucket([]byte(messageBucket)), prefixOf(device)
	var keys [][]byte
	c := messages.Cursor()
	for key, record := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, record = c.Next() {
		if _, n := splitKey(key); n > number {
			break
		}
		gone.Messages++
		gone.Bytes += int64(len(record) - sealed.Overhead)
		keys = append(keys, bytes.Clone(key))
	}
	for _, key := range keys {
		if err := messages.Delete(key); err != nil {
			return err
		}
	}
	return nil
}
