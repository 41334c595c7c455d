package blocks

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/minio/highwayhash"
)

// A record is its length (4 bytes, little-endian, the highest bit says that it has headers), its number (8), its time (8), the
// length of its subject (2), the subject, the length of its headers (4) if it has them, headers and message, and a HighwayHash of
// all but the lengths (8).
const (
	headLength = 22
	sumLength  = highwayhash.Size64
	hasHeaders = 1 << 31
	marks      = 3 << 62   // of a number: what was deleted
	maxRecord  = 256 << 10 // more than the broker's largest message, its subject and its headers
)

// reader reads the records of one file.
type reader struct {
	raw []byte
	sum hash.Hash64
}

// newReader reads the file of a stream with a number, whose key is of both.
func newReader(raw []byte, stream string, number uint32) (*reader, error) {
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, number))
	sum, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		return nil, fmt.Errorf("make checksum: %w", err)
	}
	return &reader{raw: raw, sum: sum}, nil
}

// record returns the length and the number of the record at a place; false if there is none that has its checksum.
func (r *reader) record(at int) (length int, number uint64, good bool) {
	raw := r.raw[at:]
	if len(raw) < headLength+sumLength {
		return 0, 0, false
	}
	size, subject := binary.LittleEndian.Uint32(raw), int(binary.LittleEndian.Uint16(raw[20:]))
	body := headLength + subject
	if size&hasHeaders != 0 {
		body += 4
	}
	length = int(size &^ hasHeaders)
	if length > len(raw) || length > maxRecord || body+sumLength > length {
		return 0, 0, false
	}
	end := length - sumLength
	if size&hasHeaders != 0 && !framed(raw[headLength+subject:body], raw[body:end]) {
		return 0, 0, false
	}
	r.sum.Reset()
	for _, part := range [][]byte{raw[4:20], raw[headLength : headLength+subject], raw[body:end]} {
		_, _ = r.sum.Write(part)
	}
	return length, binary.LittleEndian.Uint64(raw[4:]) &^ marks, bytes.Equal(r.sum.Sum(nil), raw[end:length])
}

// framed reports whether headers end where their length says. No checksum is over that length.
func framed(length, body []byte) bool {
	n := binary.LittleEndian.Uint32(length)
	return n <= uint32(len(body)) && bytes.HasPrefix(body[:n], []byte("NATS/1.0\r\n")) && bytes.HasSuffix(body[:n], []byte("\r\n\r\n")) //nolint:gosec // a record is at most maxRecord
}

// unfinished reports whether the file ends before what begins at a place does, as a write does that a power loss cut off.
func (r *reader) unfinished(at int) bool {
	raw := r.raw[at:]
	if len(bytes.Trim(raw, "\x00")) == 0 { // as a file system leaves what it made room for
		return true
	}
	return len(raw) < headLength || int(binary.LittleEndian.Uint32(raw)&^hasHeaders) > len(raw)
}

// next returns where the first good record is at or after a place, and the end if there is none.
func (r *reader) next(at int) int {
	for ; at < len(r.raw); at++ {
		if _, _, good := r.record(at); good {
			return at
		}
	}
	return len(r.raw)
}
