package main

import (
	"crypto/sha512"
	"math/big"
	"slices"
)

// point is a point of curve edwards25519 (RFC 8032, clause 5.1) by its two coordinates: slow, and plain.
type point struct{ x, y *big.Int }

// edwards has the constants of the curve.
type edwards struct {
	p, d, order *big.Int
	base        point
}

func newEdwards() edwards {
	c := edwards{
		p:     new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19)),
		order: new(big.Int).Lsh(big.NewInt(1), 252),
	}
	rest, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	c.order.Add(c.order, rest)
	c.d = c.over(big.NewInt(-121665), big.NewInt(121666))
	c.base, _ = c.at(c.over(big.NewInt(4), big.NewInt(5)), 0)
	return c
}

// over is a / b in the field.
func (c edwards) over(a, b *big.Int) *big.Int {
	q := new(big.Int).ModInverse(b, c.p)
	q.Mul(q, a)
	return q.Mod(q, c.p)
}

// at is the point of this y whose x has this lowest bit, if there is one: x^2 = (y^2 - 1) / (d y^2 + 1).
func (c edwards) at(y *big.Int, bit uint) (point, bool) {
	square := new(big.Int).Mul(y, y)
	above := new(big.Int).Sub(square, big.NewInt(1))
	below := new(big.Int).Mul(square, c.d)
	x := new(big.Int).ModSqrt(c.over(above, below.Add(below, big.NewInt(1))), c.p)
	if x == nil {
		return point{}, false
	}
	if x.Bit(0) != bit {
		x.Sub(c.p, x)
		x.Mod(x, c.p)
	}
	return point{x, new(big.Int).Mod(y, c.p)}, true
}

// add is the sum of two points, by the one formula that holds for all.
func (c edwards) add(a, b point) point {
	xx, yy := new(big.Int).Mul(a.x, b.x), new(big.Int).Mul(a.y, b.y)
	xy, yx := new(big.Int).Mul(a.x, b.y), new(big.Int).Mul(a.y, b.x)
	e := new(big.Int).Mul(xx, yy)
	e.Mul(e, c.d).Mod(e, c.p)
	one := big.NewInt(1)
	return point{
		c.over(xy.Add(xy, yx), new(big.Int).Add(one, e)),
		c.over(yy.Add(yy, xx), new(big.Int).Sub(one, e)),
	}
}

// nothing is the neutral point.
func (c edwards) nothing() point { return point{big.NewInt(0), big.NewInt(1)} }

// times is n times a point.
func (c edwards) times(n *big.Int, a point) point {
	sum := c.nothing()
	for i := n.BitLen() - 1; i >= 0; i-- {
		if sum = c.add(sum, sum); n.Bit(i) == 1 {
			sum = c.add(sum, a)
		}
	}
	return sum
}

func (a point) is(b point) bool { return a.x.Cmp(b.x) == 0 && a.y.Cmp(b.y) == 0 }

// small reports whether a point times the cofactor is nothing.
func (c edwards) small(a point) bool { return c.times(big.NewInt(8), a).is(c.nothing()) }

// order8 is a point of order 8: what the first points times the order of the base leave.
func (c edwards) order8() point {
	for y := int64(2); ; y++ {
		if a, ok := c.at(big.NewInt(y), 0); ok {
			if a = c.times(c.order, a); !c.times(big.NewInt(4), a).is(c.nothing()) {
				return a
			}
		}
	}
}

// encode is the one encoding of a point (clause 5.1.2).
func (a point) encode() []byte { return encodeCoordinates(a.y, a.x.Bit(0)) }

// encodeCoordinates also writes a y that is not below the prime, and a sign that its x has not.
func encodeCoordinates(y *big.Int, sign uint) []byte {
	encoded := littleEndian(y)
	if sign == 1 {
		encoded[31] |= 0x80
	}
	return encoded
}

func littleEndian(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

func fromLittleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// secret is a private key: the number that is multiplied, and the prefix of which nonces are made (clause 5.1.5).
func secret(seed []byte) (*big.Int, []byte) {
	h := sha512.Sum512(seed)
	h[0] &= 0xf8
	h[31] = h[31]&0x7f | 0x40
	return fromLittleEndian(h[:32]), h[32:]
}

// hashed is SHA-512 of all parts as a number below the order.
func (c edwards) hashed(parts ...[]byte) *big.Int {
	h := sha512.Sum512(slices.Concat(parts...))
	n := fromLittleEndian(h[:])
	return n.Mod(n, c.order)
}
