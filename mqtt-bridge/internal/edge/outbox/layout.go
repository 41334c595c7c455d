package outbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
	bolt "go.etcd.io/bbolt"
)

// The buckets. Keys of messages are the device id, a NUL, which no id has, and the number; those of
// fingerprints are a number that rises.
const (
	metaBucket    = "meta"
	streamBucket  = "streams"  // device id: where it stands
	messageBucket = "messages" // signed, not acknowledged
	damagedBucket = "damaged"  // messages whose checksum does not hold, as they were read
	seenBucket    = "seen"     // fingerprints of what was signed lately

	layoutKey = "layout"
	// layoutVersion is of the stored layout. Version 1 counted places alone.
	layoutVersion = 2
	totalsKey     = "totals"

	keySize = 8 // of a number
)

// prepare writes what a new file has.
func prepare(tx *bolt.Tx) error {
	meta, err := tx.CreateBucket([]byte(metaBucket))
	if err != nil {
		return err
	}
	for pile := range piles {
		if _, err := tx.CreateBucket(pile.bucket()); err != nil {
			return err
		}
	}
	return errors.Join(meta.Put([]byte(layoutKey), []byte{layoutVersion}), totals{}.put(tx))
}

// place is where a device stands in its chain.
type place struct {
	number uint64 // of its last message, 0 before the first
	digest []byte // of the same, nil before the first
	latest int64  // time of its latest reading, in milliseconds since 1970
}

const placeSize = 8 + 8 + attest.DigestSize

func placeOf(tx *bolt.Tx, device string) (place, error) {
	record := tx.Bucket([]byte(streamBucket)).Get([]byte(device))
	if record == nil {
		return place{}, nil
	}
	body, err := sealed.Open([]byte(streamBucket), []byte(device), record)
	if err != nil || len(body) != placeSize {
		return place{}, fmt.Errorf("the place of device %s in its chain does not have its checksum: docs/operations/edge.md says how to recover", device)
	}
	latest := int64(binary.BigEndian.Uint64(body[8:])) //nolint:gosec // as put wrote it
	return place{number: binary.BigEndian.Uint64(body), latest: latest, digest: bytes.Clone(body[16:])}, nil
}

func (p place) put(b *books, device string) error {
	body := binary.BigEndian.AppendUint64(nil, p.number)
	body = append(binary.BigEndian.AppendUint64(body, uint64(p.latest)), p.digest...) //nolint:gosec // placeOf undoes it
	return b.put(places, []byte(device), sealed.Seal([]byte(streamBucket), []byte(device), body))
}

func prefixOf(device string) []byte { return append([]byte(device), 0) }

func keyOf(device string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(prefixOf(device), number)
}

// splitKey is the inverse of keyOf.
func splitKey(key []byte) (device string, number uint64) {
	id, rest, found := bytes.Cut(key, []byte{0})
	if !found || len(rest) != keySize {
		return string(id), 0
	}
	return string(id), binary.BigEndian.Uint64(rest)
}
