package model

import (
	"encoding/binary"
	"errors"
)

// sample is a reading without what those of a row have in common.
type sample struct {
	at       int64 // milliseconds since 1970
	sequence int64 // of the message
	n        int64 // in the message, from 0
	value    int64 // in the scale of the unit
}

// packedForm is the first byte of readings that are packed. Another form has another one.
const packedForm = 1

// errPacked is of a row that no gateway of this version wrote.
var errPacked = errors.New("a row of readings is damaged")

// pack returns samples in their order as a row keeps them: for each the differences to the one before, in varints, of time, message, place and value.
// The first one's differ from a sample of zeros; the next reading of a message differs by 0 in its place. Differences wrap around, and so none overflows.
func pack(all []sample) []byte {
	packed := make([]byte, 1, 1+8*(len(all)+2))
	packed[0] = packedForm
	var before sample
	for _, s := range all {
		packed = binary.AppendVarint(packed, s.at-before.at)
		packed = binary.AppendVarint(packed, s.sequence-before.sequence)
		packed = binary.AppendVarint(packed, s.n-before.next(s.sequence))
		packed = binary.AppendVarint(packed, s.value-before.value)
		before = s
	}
	return packed
}

// next is the place that a reading of a message is expected to have behind another.
func (s sample) next(sequence int64) int64 {
	if sequence == s.sequence {
		return s.n + 1
	}
	return 0
}

// unpack gives each sample to visit, in their order.
func unpack(packed []byte, visit func(sample)) error {
	if len(packed) == 0 || packed[0] != packedForm {
		return errPacked
	}
	var s sample
	for packed = packed[1:]; len(packed) > 0; {
		var of [4]int64
		for i := range of {
			difference, n := binary.Varint(packed)
			if n <= 0 {
				return errPacked
			}
			of[i], packed = difference, packed[n:]
		}
		sequence := s.sequence + of[1]
		s = sample{at: s.at + of[0], sequence: sequence, n: s.next(sequence) + of[2], value: s.value + of[3]}
		visit(s)
	}
	return nil
}
