package main

import (
	"fmt"
	"math/big"
)

// plain are a signature as RFC 8032 makes it, and what differs from it in one thing.
func (s signing) plain() {
	nonce := s.nonce()
	r := s.times(nonce, s.base)
	answer := s.answer(r.encode(), s.key.encode(), nonce)
	s.judge("plain", "as RFC 8032 makes it", s.key, r, answer)
	s.judge("another S", "S is one more", s.key, r, new(big.Int).Add(answer, big.NewInt(1)))
	s.judge("S of zero", "", s.key, r, big.NewInt(0))
	s.judge("another R", "R is the base", s.key, s.base, answer)
	s.judge("another key", "the key is the base", s.base, r, answer)
	zero := big.NewInt(0)
	s.judge("R is nothing", "a nonce of zero, which gives the key away, and holds", s.key, s.nothing(), s.answer(s.nothing().encode(), s.key.encode(), zero))
}

// twisted have a part of small order: in R, in the key, in both.
func (s signing) twisted() {
	nonce := s.nonce()
	for n := int64(1); n < 8; n++ {
		part := s.times(big.NewInt(n), s.torsion)
		r := s.add(s.times(nonce, s.base), part)
		s.judge(fmt.Sprintf("torsion %d in R", n), "R has a part of small order, which the cofactor takes away", s.key, r, s.answer(r.encode(), s.key.encode(), nonce))
		s.judge(fmt.Sprintf("R of small order %d", n), "R has no other part", s.key, part, s.answer(part.encode(), s.key.encode(), big.NewInt(0)))
		key, plain := s.add(s.key, part), s.times(nonce, s.base)
		s.judge(fmt.Sprintf("torsion %d in the key", n), "without the cofactor it would hold for some contents", key, plain, s.answer(plain.encode(), key.encode(), nonce))
		s.judge(fmt.Sprintf("torsion %d in both", n), "", key, r, s.answer(r.encode(), key.encode(), nonce))
	}
	r := s.add(s.times(nonce, s.base), s.torsion)
	answer := s.answer(r.encode(), s.key.encode(), nonce)
	s.judge("torsion and another S", "the cofactor takes nothing else away", s.key, r, new(big.Int).Add(answer, big.NewInt(8)))
}

// badR have an R that is not the one encoding of a point, and an S that would hold if it were read as one.
func (s signing) badR() {
	key, zero := s.key.encode(), big.NewInt(0)
	for _, bad := range []struct {
		name, about string
		r           []byte
	}{
		{"R is nothing, above the prime", "y is p + 1", encodeCoordinates(new(big.Int).Add(s.p, big.NewInt(1)), 0)},
		{"R is nothing, with a sign", "x is zero, and has none", encodeCoordinates(big.NewInt(1), 1)},
		{"R is nothing, with both", "", encodeCoordinates(new(big.Int).Add(s.p, big.NewInt(1)), 1)},
		{"R of order 2, with a sign", "y is -1, x is zero", encodeCoordinates(new(big.Int).Sub(s.p, big.NewInt(1)), 1)},
		{"R of order 4, above the prime", "y is p", encodeCoordinates(s.p, 0)},
		{"R of order 4, above the prime, with a sign", "y is p, and x is negative", encodeCoordinates(s.p, 1)},
	} {
		s.refuse(bad.name, bad.about, key, bad.r, littleEndian(s.answer(bad.r, key, zero)))
	}
	none := s.noPoint()
	s.refuse("R is no point", "no x has this y", key, none, littleEndian(s.answer(none, key, zero)))
}

// badS have an S that is not below the order, and whose equation holds.
func (s signing) badS() {
	nonce := s.nonce()
	r := s.times(nonce, s.base)
	answer := s.answer(r.encode(), s.key.encode(), nonce)
	for n := int64(1); n < 16; n += 7 {
		more := new(big.Int).Mul(s.order, big.NewInt(n))
		s.refuse(fmt.Sprintf("S with the order %d times more", n), "the equation holds, and S has a second form", s.key.encode(), r.encode(), littleEndian(more.Add(more, answer)))
	}
	one := make([]byte, 32)
	one[0] = 1
	s.refuse("S is the order", "", s.key.encode(), one, littleEndian(s.order))
}

// smallKeys have a key by which anybody can sign: S is zero, and R of small order.
func (s signing) smallKeys() {
	for n := int64(0); n < 8; n++ {
		key := s.times(big.NewInt(n), s.torsion)
		s.judge(fmt.Sprintf("key of small order %d", n), "it holds for any content: that is why such a key is refused", key, s.nothing(), big.NewInt(0))
	}
}

// keys are keys as they are registered.
func (s signing) keys() {
	add := func(name, about string, key []byte, code string) {
		s.file.Keys = append(s.file.Keys, keyVector{name, about, fmt.Sprintf("%x", key), code})
	}
	add("plain", "", s.key.encode(), "")
	add("the base", "", s.base.encode(), "")
	for n := int64(0); n < 8; n++ {
		part := s.times(big.NewInt(n), s.torsion)
		add(fmt.Sprintf("small order %d", n), "anybody can sign", part.encode(), "invalid")
		if n > 0 {
			add(fmt.Sprintf("torsion %d", n), "a part of small order is no harm", s.add(s.key, part).encode(), "")
		}
	}
	add("no point", "no x has this y", s.noPoint(), "invalid")
	for _, sign := range []uint{0, 1} {
		add(fmt.Sprintf("nothing above the prime, sign %d", sign), "", encodeCoordinates(new(big.Int).Add(s.p, big.NewInt(1)), sign), "invalid")
		add(fmt.Sprintf("above the prime, sign %d", sign), "a point of large order in its second encoding", s.above(sign), "invalid")
	}
	add("nothing with a sign", "", encodeCoordinates(big.NewInt(1), 1), "invalid")
}

// noPoint encodes the least y that no point has.
func (s signing) noPoint() []byte {
	for y := int64(2); ; y++ {
		if _, ok := s.at(big.NewInt(y), 0); !ok {
			return encodeCoordinates(big.NewInt(y), 0)
		}
	}
}

// above encodes a point of large order by a y that is not below the prime.
func (s signing) above(sign uint) []byte {
	for y := int64(2); ; y++ {
		if a, ok := s.at(big.NewInt(y), sign); ok && !s.small(a) {
			return encodeCoordinates(new(big.Int).Add(s.p, big.NewInt(y)), sign)
		}
	}
}
