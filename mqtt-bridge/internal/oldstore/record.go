package oldstore

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
	marks      = 3 << 62   // of a number: that of what was taken out
	maxRecord  = 256 << 10 // more than the broker's largest message, its subject and its headers
)

// record is one of a file.
type record struct {
	length  int
	number  uint64
	removes bool  // it says that the message with the number was taken out
	time    int64 // ns since 1970
	subject string
	headers string
	payload []byte // of the file
}

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

// record reads the record at a place, if there is one that has its checksum.
func (r *reader) record(at int) (one record, good bool) {
	raw := r.raw[at:]
	if len(raw) < headLength+sumLength {
		return one, false
	}
	size, subject := binary.LittleEndian.Uint32(raw), int(binary.LittleEndian.Uint16(raw[20:]))
	body, headed := headLength+subject, size&hasHeaders != 0
	if headed {
		body += 4
	}
	length := int(size &^ hasHeaders)
	if length > len(raw) || length > maxRecord || body+sumLength > length {
		return one, false
	}
	end, headers := length-sumLength, 0
	if headed {
		if headers, good = framed(raw[headLength+subject:body], raw[body:end]); !good {
			return one, false
		}
	}
	r.sum.Reset()
	for _, part := range [][]byte{raw[4:20], raw[headLength : headLength+subject], raw[body:end]} {
		_, _ = r.sum.Write(part)
	}
	number := binary.LittleEndian.Uint64(raw[4:])
	return record{length: length, number: number &^ marks, removes: number&marks != 0,
		time:    int64(binary.LittleEndian.Uint64(raw[12:])), //nolint:gosec // a time that is no time is refused nowhere, and shown
		subject: string(raw[headLength : headLength+subject]), headers: string(raw[body : body+headers]), payload: raw[body+headers : end],
	}, bytes.Equal(r.sum.Sum(nil), raw[end:length])
}

// framed returns how long headers are that end where their length says. No checksum is over that length.
func framed(length, body []byte) (n int, good bool) {
	n = int(binary.LittleEndian.Uint32(length))
	return n, n <= len(body) && bytes.HasPrefix(body[:n], []byte("NATS/1.0\r\n")) && bytes.HasSuffix(body[:n], []byte("\r\n\r\n"))
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
		if _, good := r.record(at); good {
			return at
		}
	}
	return len(r.raw)
}
