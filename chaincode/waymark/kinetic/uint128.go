package kinetic

import "math/bits"

// uint128 is an integer below 2^128.
type uint128 struct{ hi, lo uint64 }

// largest is 2^128 - 1.
var largest = uint128{1<<64 - 1, 1<<64 - 1}

// product returns a times b, which always fits.
func product(a, b uint64) uint128 {
	hi, lo := bits.Mul64(a, b)
	return uint128{hi, lo}
}

// add returns a plus b modulo 2^128, and whether that fits.
func (a uint128) add(b uint128) (uint128, bool) {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, carry := bits.Add64(a.hi, b.hi, carry)
	return uint128{hi, lo}, carry == 0
}

// plus returns a plus b, which must fit.
func (a uint128) plus(b uint128) uint128 {
	sum, _ := a.add(b)
	return sum
}

// minus returns a minus b, which must not be larger.
func (a uint128) minus(b uint128) uint128 {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return uint128{hi, lo}
}

// times returns a times b over 2^128, rounded down.
func (a uint128) times(b uint128) uint128 {
	carried, _ := bits.Mul64(a.lo, b.lo)
	low, high := product(a.lo, b.hi), product(a.hi, b.lo)
	middle, one := bits.Add64(low.lo, high.lo, 0)
	_, two := bits.Add64(middle, carried, 0)
	// The three sums together stay below 2^128: they are the product's upper half.
	return product(a.hi, b.hi).plus(uint128{lo: low.hi}).plus(uint128{lo: high.hi}).plus(uint128{lo: one + two})
}

// over returns a over d, rounded down.
func (a uint128) over(d uint64) uint128 {
	hi, rest := a.hi/d, a.hi%d
	lo, _ := bits.Div64(rest, a.lo, d)
	return uint128{hi, lo}
}

// left returns a times 2^n modulo 2^128; n is at most 64.
func (a uint128) left(n uint) uint128 {
	return uint128{a.hi<<n | a.lo>>(64-n), a.lo << n}
}

// right returns a over 2^n, rounded down.
func (a uint128) right(n uint) uint128 {
	if n >= 64 {
		return uint128{lo: a.hi >> (n - 64)}
	}
	return uint128{a.hi >> n, a.lo>>n | a.hi<<(64-n)}
}

// exceeds reports whether a is larger than b.
func (a uint128) exceeds(b uint128) bool {
	return a.hi > b.hi || a.hi == b.hi && a.lo > b.lo
}
