package model

import (
	"math/big"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// sum is what some readings of one unit come to. Their sum is high * 2^32 + low, since one of large values would not
// fit: of each value the low 32 bits are added up in low, and the rest, with its sign, in high.
type sum struct {
	count, least, greatest int64
	high, low              int64
}

// sumOf is that of one reading.
func sumOf(value int64) sum {
	return sum{count: 1, least: value, greatest: value, high: value >> 32, low: value & (1<<32 - 1)}
}

// add adds the readings of another.
func (s *sum) add(o sum) {
	if s.count == 0 {
		*s = o
		return
	}
	s.count += o.count
	s.least, s.greatest = min(s.least, o.least), max(s.greatest, o.greatest)
	s.high += o.high
	s.low += o.low
}

// mean is the sum by the count, half away from zero.
func (s *sum) mean() (int64, error) {
	total := new(big.Int).Lsh(big.NewInt(s.high), 32)
	total.Add(total, big.NewInt(s.low))
	return waymark.ScaleRat(new(big.Rat).SetFrac(total, big.NewInt(s.count)), 0)
}
