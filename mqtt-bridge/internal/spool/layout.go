package spool

import (
	"encoding/binary"
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// layoutVersion is of the stored layout. Version 1 had neither an index of the
// quarantine nor messages held; version 2 had no queue of statements, no shelves, and no index by
// device. Open brings both to version 3.
const layoutVersion = 3

// prepare makes the buckets that are not there, and reads the usage.
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
	s.usage = decodeUsage(meta.Get([]byte(usageKey)))
	if len(have) == 1 && have[0] == layoutVersion {
		return nil
	}
	if err := reindex(tx); err != nil {
		return fmt.Errorf("index quarantine: %w", err)
	}
	return meta.Put([]byte(layoutKey), []byte{layoutVersion})
}

func shardBucket(queue int) []byte {
	if queue == Statements {
		return []byte("statements")
	}
	return []byte("shard-" + strconv.Itoa(queue))
}

func makeBuckets(tx *bolt.Tx) error {
	names := [][]byte{[]byte(quarantineBucket), []byte(heldBucket), []byte(accountBucket), []byte(digestBucket), []byte(byDeviceBucket)}
	for queue := range queues {
		names = append(names, shardBucket(queue))
	}
	for _, shelf := range shelves() {
		names = append(names, shelf.bucket())
	}
	for _, name := range names {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

func encodeUsage(u Usage) []byte {
	return encodeNumbers(u.Messages, u.Bytes, u.QuarantineMessages, u.QuarantineBytes, u.Held, u.HeldBytes)
}

func decodeUsage(b []byte) Usage {
	if n := decodeNumbers(b, 6); n != nil {
		return Usage{Messages: n[0], Bytes: n[1], QuarantineMessages: n[2], QuarantineBytes: n[3], Held: n[4], HeldBytes: n[5]}
	}
	if n := decodeNumbers(b, 4); n != nil { // of version 1
		return Usage{Messages: n[0], Bytes: n[1], QuarantineMessages: n[2], QuarantineBytes: n[3]}
	}
	return Usage{}
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
