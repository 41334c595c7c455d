package sparkplug

import (
	"errors"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Bounds of one payload.
const (
	MaxBytes   = 1 << 20
	MaxMetrics = 10000
	maxText    = 8 << 10 // of a name or a text value, in bytes
	maxUnit    = 256     // of a unit, in bytes: a longer one counts as none
)

var (
	errMalformed = errors.New("it is no Sparkplug B payload")
	errTooLarge  = errors.New("it is larger than the bounds allow")
)

// field is one field of a protocol buffer message: bits of a number, or bytes.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bits   uint64
	bytes  []byte
}

func (f field) varint(number protowire.Number) bool {
	return f.number == number && f.kind == protowire.VarintType
}

func (f field) block(number protowire.Number) bool {
	return f.number == number && f.kind == protowire.BytesType
}

// text returns the bytes as a text within its bounds.
func (f field) text() (string, error) {
	if len(f.bytes) > maxText || !utf8.Valid(f.bytes) {
		return "", errTooLarge
	}
	return string(f.bytes), nil
}

// fields calls visit with each field of a message, in order. Fields that are not known, and known
// ones of another wire type, are visit's to pass over, as protocol buffers have it.
func fields(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		f, n := next(b)
		if n < 0 {
			return errMalformed
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// next reads one field and returns its length, negative if it is malformed.
func next(b []byte) (field, int) {
	number, kind, tag := protowire.ConsumeTag(b)
	if tag < 0 {
		return field{}, tag
	}
	f, n := field{number: number, kind: kind}, 0
	switch b = b[tag:]; kind {
	case protowire.VarintType:
		f.bits, n = protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		var bits uint32
		bits, n = protowire.ConsumeFixed32(b)
		f.bits = uint64(bits)
	case protowire.Fixed64Type:
		f.bits, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(b)
	default: // a group, which only extensions can have
		n = protowire.ConsumeFieldValue(number, kind, b)
	}
	if n < 0 {
		return f, n
	}
	return f, tag + n
}

// float returns the number of a float or double field, false for any other.
func (f field) float() (float64, bool) {
	switch f.kind {
	case protowire.Fixed32Type:
		return float64(math.Float32frombits(uint32(f.bits))), true //nolint:gosec // next put 32 bits there
	case protowire.Fixed64Type:
		return math.Float64frombits(f.bits), true
	default:
		return 0, false
	}
}
