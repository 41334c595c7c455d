package kinetic

// Minimum and Maximum bound the temperatures that have a rate of their own, in
// centi-degrees Celsius. Colder ones count as Minimum, so that a mean is never too low;
// hotter ones count as more than any limit.
const (
	Minimum = -100_00
	Maximum = 100_00
)

// The rate of ageing at a temperature of T kelvins is E = exp(-10000/T): an activation
// energy of 83.144 kJ/mol over the gas constant, 8.3144 J/(mol K), is 10000 K. It is kept
// as the integer nearest to 2^102 E, which is below 2^64 up to Maximum and so cannot
// overflow 128 bits over any time that an int64 of milliseconds holds.
const rateBits = 102

// exponentBits is the number of binary digits that an exponent of two is kept with.
const exponentBits = 106

// Constants of the derivation, rounded to nearest.
var (
	// 2^exponentBits times 2000000/ln(2): exp(-10000/T) is 2^-x where x is 2000000/ln(2)
	// over T in half centi-kelvins.
	exponent = uint128{0xb01c3853bd97c4d0, 0xcc0069fe797ea7b7}
	// 2^128 ln(2).
	ln2 = uint128{0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af}
	// 1 in the scale of the series, 2^127.
	one = uint128{1 << 63, 0}
)

// terms of the exponential series: ln(2)^29/29! is below 2^-115.
const terms = 28

// halfStep returns a temperature in half centi-kelvins, the unit of rate.
func halfStep(centiCelsius int64) uint64 { return uint64(2 * (273_15 + centiCelsius)) } //nolint:gosec // of a temperature from Minimum to Maximum

// rate returns the integer nearest to 2^102 exp(-10000/T) for T of so many half
// centi-kelvins between Minimum and Maximum. It splits the exponent of two into
// whole and fraction, and sums the series of exp(-fraction ln 2).
func rate(halfCentiKelvins uint64) uint64 {
	x := exponent.over(halfCentiKelvins)
	whole := uint(x.hi >> (exponentBits - 64))
	z := ln2.times(x.left(128 - exponentBits))
	sum := one
	for k := uint64(terms); k > 0; k-- {
		sum = one.minus(z.times(sum).over(k))
	}
	drop := 127 - rateBits + whole
	return sum.plus(one.right(128 - drop)).right(drop).lo // the half makes it the nearest
}
