package outbox

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// forkedPrefix is before the device in the keys, of the bucket meta, of devices whose numbers somebody else uses. The value is such a number.
const forkedPrefix = "forked/"

// Fork notes that somebody else has used a number of a device: nothing may be signed for it or published until it was recovered, also after a
// restart. It returns an error if that cannot be written, and holds until the restart all the same.
func (o *Outbox) Fork(device string, number uint64) error {
	o.mu.Lock()
	o.forked[device] = true
	o.mu.Unlock()
	return o.update(func(b *books) error {
		return putMark(b.tx, forkedPrefix+device, binary.BigEndian.AppendUint64(nil, number))
	}, func() {})
}

// Forked reports whether somebody else uses a device's numbers.
func (o *Outbox) Forked(device string) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.forked[device]
}

// Forks returns all devices whose numbers somebody else uses, in order.
func (o *Outbox) Forks() []string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Sorted(maps.Keys(o.forked))
}

func (o *Outbox) loadForks(tx *bolt.Tx) {
	c := tx.Bucket([]byte(metaBucket)).Cursor()
	for key, _ := c.Seek([]byte(forkedPrefix)); bytes.HasPrefix(key, []byte(forkedPrefix)); key, _ = c.Next() {
		o.forked[string(key[len(forkedPrefix):])] = true
	}
}
