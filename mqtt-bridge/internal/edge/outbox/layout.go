package outbox

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
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
	// recoveringKey is there if the file is one that Recover made: a device without a place in it may have had one, and does not begin at number 1.
	recoveringKey = "recovering"

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

// prepareToRecover writes what a new file has that Recover makes.
func prepareToRecover(tx *bolt.Tx) error {
	return errors.Join(prepare(tx), putMark(tx, recoveringKey, nil))
}

// putMark writes a record of the bucket meta that no totals count: examine finds its checksum or its key wrong.
func putMark(tx *bolt.Tx, key string, body []byte) error {
	return tx.Bucket([]byte(metaBucket)).Put([]byte(key), sealed.Seal([]byte(metaBucket), []byte(key), body))
}

// recovering returns those of devices that have yet to be recovered, if the file is one that Recover made.
func recovering(tx *bolt.Tx, devices []string) (waiting []string) {
	if tx.Bucket([]byte(metaBucket)).Get([]byte(recoveringKey)) == nil {
		return nil
	}
	for _, d := range devices {
		if tx.Bucket([]byte(streamBucket)).Get([]byte(d)) == nil {
			waiting = append(waiting, d)
		}
	}
	return waiting
}

// place is where a device stands in its chain.
type place struct {
	number uint64 // of its last message, 0 before the first
	digest []byte // of the same, nil before the first
	latest latest // of its readings
}

// latestAt is where latest begins in a place, as JSON.
const latestAt = keySize + attest.DigestSize

func placeOf(tx *bolt.Tx, device string) (place, error) {
	record := tx.Bucket([]byte(streamBucket)).Get([]byte(device))
	if record == nil {
		return place{}, nil
	}
	body, err := sealed.Open([]byte(streamBucket), []byte(device), record)
	var known latest
	if err == nil && len(body) > latestAt {
		err = json.Unmarshal(body[latestAt:], &known)
	}
	if err != nil || len(body) <= latestAt {
		return place{}, fmt.Errorf("the place of device %s in its chain does not have its checksum: docs/operations/edge.md says how to recover", device)
	}
	return place{number: binary.BigEndian.Uint64(body), digest: bytes.Clone(body[keySize:latestAt]), latest: known}, nil
}

func (p place) put(b *books, device string) error {
	known, err := json.Marshal(p.latest)
	if err != nil {
		return err
	}
	body := append(binary.BigEndian.AppendUint64(nil, p.number), p.digest...)
	return b.put(places, []byte(device), sealed.Seal([]byte(streamBucket), []byte(device), append(body, known...)))
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
