// Package sealed is the form of records on the disk: CRC-32C (4 bytes, big endian) over bucket, key and body,
// then the body. bbolt does not check its data pages; and with bucket and key covered, a record that turns up in another
// place is found, too.
package sealed

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Overhead is how many bytes a record has before its body.
const Overhead = 4

// ErrChecksum says that a record is not what was sealed.
var ErrChecksum = errors.New("checksum does not hold")

// Seal makes the record of a body.
func Seal(bucket, key, body []byte) []byte {
	record := make([]byte, Overhead, Overhead+len(body))
	binary.BigEndian.PutUint32(record, checksum(bucket, key, body))
	return append(record, body...)
}

// Open returns the body of a record, within its bytes, or ErrChecksum.
func Open(bucket, key, record []byte) ([]byte, error) {
	if len(record) < Overhead {
		return nil, ErrChecksum
	}
	body := record[Overhead:]
	if binary.BigEndian.Uint32(record) != checksum(bucket, key, body) {
		return nil, ErrChecksum
	}
	return body, nil
}

func checksum(bucket, key, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, bucket)
	sum = crc32.Update(sum, table, key)
	return crc32.Update(sum, table, body)
}
