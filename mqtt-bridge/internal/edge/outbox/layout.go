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

	layoutKey     = "layout"
	layoutVersion = 1
	totalsKey     = "totals"

	firstCommit = 2 // number of the first transaction of a file that bbolt has made
)

func prepare(tx *bolt.Tx) error {
	for _, name := range []string{metaBucket, streamBucket, messageBucket, damagedBucket, seenBucket} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	meta := tx.Bucket([]byte(metaBucket))
	switch have := meta.Get([]byte(layoutKey)); {
	case have == nil && tx.ID() == firstCommit:
		return errors.Join(meta.Put([]byte(layoutKey), []byte{layoutVersion}), totals{}.put(tx))
	case have == nil:
		return errMissing
	case !bytes.Equal(have, []byte{layoutVersion}):
		return fmt.Errorf("its layout is version %x, this program knows %d", have, layoutVersion)
	}
	return nil
}

// errMissing says that what was written is not there: a page of the file is damaged, or of before.
var errMissing = errors.New("places of devices in their chains are missing, so the file is damaged: docs/operations/edge.md says how to recover")

// totals are a record of their own that changes with every place, so that a place that is not found, or of before, is
// noticed: a device without one begins at number 1.
type totals struct {
	places uint64 // how many there are
	sum    uint64 // of their numbers
}

func readTotals(tx *bolt.Tx) (totals, error) {
	body, err := sealed.Open([]byte(metaBucket), []byte(totalsKey), tx.Bucket([]byte(metaBucket)).Get([]byte(totalsKey)))
	if err != nil || len(body) != 16 {
		return totals{}, errMissing
	}
	return totals{places: binary.BigEndian.Uint64(body), sum: binary.BigEndian.Uint64(body[8:])}, nil
}

func (t totals) put(tx *bolt.Tx) error {
	body := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, t.places), t.sum)
	return tx.Bucket([]byte(metaBucket)).Put([]byte(totalsKey), sealed.Seal([]byte(metaBucket), []byte(totalsKey), body))
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

func (p place) put(tx *bolt.Tx, device string) error {
	body := binary.BigEndian.AppendUint64(nil, p.number)
	body = append(binary.BigEndian.AppendUint64(body, uint64(p.latest)), p.digest...) //nolint:gosec // placeOf undoes it
	return tx.Bucket([]byte(streamBucket)).Put([]byte(device), sealed.Seal([]byte(streamBucket), []byte(device), body))
}

func prefixOf(device string) []byte { return append([]byte(device), 0) }

func keyOf(device string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(prefixOf(device), number)
}

// splitKey is the inverse of keyOf.
func splitKey(key []byte) (device string, number uint64) {
	id, rest, found := bytes.Cut(key, []byte{0})
	if !found || len(rest) != 8 {
		return string(id), 0
	}
	return string(id), binary.BigEndian.Uint64(rest)
}
