package outbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// seenMost is how many fingerprints are kept: half of the packet ids that there are. A broker gives them one after the
// other, so that an id that comes again within as many messages is that of the same message; and it has fewer on their way.
const seenMost = 1 << 15

// Fingerprint stands for a message of the local broker.
type Fingerprint [16]byte

// FingerprintOf returns the fingerprint of a message. It has the packet id, which a broker that sends a message again has
// to keep (MQTT 3.1.1, clause 4.4): readings without a time are often equal, and each counts.
func FingerprintOf(id uint16, topic string, payload []byte) Fingerprint {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint16(nil, id))
	h.Write([]byte(topic + "\x00")) // a topic has no NUL
	h.Write(payload)
	return Fingerprint(h.Sum(nil))
}

// Known reports whether a message of the local broker was signed lately. A broker that did not hear of our
// acknowledgement sends the message again, and says so; it must not be signed twice.
func (o *Outbox) Known(f Fingerprint) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.seen.has[f] > 0
}

// memory is the last seenMost fingerprints, as they are in the bucket.
type memory struct {
	has   map[Fingerprint]int // how often it is there
	order []Fingerprint       // oldest first
}

func newMemory() memory { return memory{has: make(map[Fingerprint]int)} }

// load returns how many are damaged.
func (m *memory) load(tx *bolt.Tx) (lost int64, err error) {
	err = tx.Bucket([]byte(seenBucket)).ForEach(func(key, record []byte) error {
		body, broken := sealed.Open([]byte(seenBucket), key, record)
		if broken != nil || len(body) != len(Fingerprint{}) {
			lost++
			body = make([]byte, len(Fingerprint{})) // it has its place, and leaves with the others
		}
		m.note([]Fingerprint{Fingerprint(body)})
		return nil
	})
	return lost, err
}

// put writes fingerprints, and deletes the oldest beyond the bound.
func (m *memory) put(b *books, made []Fingerprint) error {
	cursor := b.tx.Bucket([]byte(seenBucket)).Cursor()
	newest, _ := cursor.Last()
	number := seen.number(newest, nil)
	for _, f := range made {
		number++
		key := binary.BigEndian.AppendUint64(nil, number)
		if err := b.put(seen, key, sealed.Seal([]byte(seenBucket), key, f[:])); err != nil {
			return err
		}
	}
	for range m.excess(len(made)) {
		oldest, _ := cursor.First()
		if err := b.delete(seen, bytes.Clone(oldest)); err != nil {
			return err
		}
	}
	return nil
}

// excess is how many there are too many once more are added.
func (m *memory) excess(more int) int { return max(0, len(m.order)+more-seenMost) }

// note remembers what put wrote.
func (m *memory) note(made []Fingerprint) {
	n := m.excess(len(made))
	m.order = append(m.order, made...)
	for _, f := range made {
		m.has[f]++
	}
	for _, f := range m.order[:n] {
		if m.has[f]--; m.has[f] == 0 {
			delete(m.has, f)
		}
	}
	m.order = m.order[n:]
}
