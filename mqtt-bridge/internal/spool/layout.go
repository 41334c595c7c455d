package spool

import (
	"encoding/binary"
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// layoutVersion is of the stored layout. Version 1 had neither an index of the
// quarantine nor messages held; version 2 had no queue of statements, no shelves, and no index by
// device; version 3 no state with a checksum. Open brings them to version 4.
const layoutVersion = 4

// prepare makes what is not there in a new file or one of an older layout, and reads the state.
func (s *Spool) prepare(tx *bolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
	if err != nil {
		return err
	}
	have := meta.Get([]byte(layoutKey))
	if len(have) == 1 && have[0] > layoutVersion || len(have) > 1 {
		return fmt.Errorf("its layout is version %x, this program knows %d", have, layoutVersion)
	}
	if err := makeBuckets(tx); err != nil {
		return err
	}
	if len(have) == 0 || have[0] < layoutVersion {
		return s.migrate(tx, meta)
	}
	s.state, err = readState(tx)
	return err
}

// migrate finds what an older layout does not say, or a new file.
func (s *Spool) migrate(tx *bolt.Tx, meta *bolt.Bucket) (err error) {
	if s.state, err = recount(tx, meta.Sequence()); err != nil {
		return fmt.Errorf("count what is stored: %w", err)
	}
	if err := reindex(tx); err != nil {
		return fmt.Errorf("index quarantine: %w", err)
	}
	if err := meta.Put([]byte(layoutKey), []byte{layoutVersion}); err != nil {
		return err
	}
	return writeState(tx, s.state)
}

func shardBucket(queue int) []byte {
	if queue == Statements {
		return []byte("statements")
	}
	return []byte("shard-" + strconv.Itoa(queue))
}

// buckets are the names of all that the layout has but of meta.
func buckets() [][]byte {
	names := [][]byte{[]byte(accountBucket), []byte(digestBucket), []byte(byDeviceBucket)}
	for pile := range piles {
		names = append(names, bucketOf(pile))
	}
	for _, shelf := range shelves() {
		names = append(names, shelf.bucket())
	}
	return names
}

func makeBuckets(tx *bolt.Tx) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

func encodeNumbers(numbers ...int64) []byte {
	var b []byte
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // never negative
	}
	return b
}

// decodeNumbers returns nil if there are not exactly count of them.
func decodeNumbers(b []byte, count int) []int64 {
	if len(b) != count*keySize {
		return nil
	}
	numbers := make([]int64, count)
	for i := range numbers {
		numbers[i] = int64(binary.BigEndian.Uint64(b[i*keySize:])) //nolint:gosec // written by encodeNumbers
	}
	return numbers
}
