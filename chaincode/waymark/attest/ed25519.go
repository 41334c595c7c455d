package attest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/binary"

	"filippo.io/edwards25519"
)

// An Ed25519 signature holds if it satisfies the equation with the cofactor,
// [8][S]B = [8]R + [8][k]A (RFC 8032, clause 5.1.7), alone as together with others. What
// crypto/ed25519 takes, which asks for [S]B = R + [k]A, this takes too. What only the
// equation with the cofactor takes, nobody but the holder of the key can make.

// edwardsKey is an Ed25519 public key.
type edwardsKey struct {
	encoded [ed25519.PublicKeySize]byte
	point   *edwards25519.Point // nil if encoded is no point of the curve
}

func newEdwardsKey(encoded []byte) *edwardsKey {
	k := &edwardsKey{encoded: [ed25519.PublicKeySize]byte(encoded)}
	if point, err := new(edwards25519.Point).SetBytes(encoded); err == nil {
		k.point = point
	}
	return k
}

// equation is a signature by a key, as far as its parts are well formed: [s]B = r + [k]A.
type equation struct {
	key  *edwardsKey
	r    *edwards25519.Point
	s, k *edwards25519.Scalar
	// text is R and S as they came.
	text [ed25519.SignatureSize]byte
}

// equationOf reads a signature. It reports false for one that cannot hold: S must be below
// the order of the group and R the one encoding of its point.
func equationOf(key *edwardsKey, content, signature []byte) (equation, bool) {
	if len(signature) != ed25519.SignatureSize || key.point == nil || !canonicalPoint(signature[:32]) {
		return equation{}, false
	}
	e := equation{key: key, text: [ed25519.SignatureSize]byte(signature)}
	var err error
	if e.r, err = new(edwards25519.Point).SetBytes(signature[:32]); err != nil {
		return equation{}, false
	}
	if e.s, err = new(edwards25519.Scalar).SetCanonicalBytes(signature[32:]); err != nil {
		return equation{}, false
	}
	h := sha512.New()
	h.Write(signature[:32])
	h.Write(key.encoded[:])
	h.Write(content)
	e.k, err = new(edwards25519.Scalar).SetUniformBytes(h.Sum(nil))
	return e, err == nil
}

// canonicalPoint reports whether an encoding is the one of its point (RFC 8032, clause
// 5.1.3): y is below the prime 2^255 - 19, and an x of zero, which only y = 1 and y = -1
// have, is not negative.
func canonicalPoint(encoded []byte) bool {
	y := [32]byte(encoded)
	negative := y[31]&0x80 != 0
	y[31] &= 0x7f
	reduced := y[0] < 0xed || y[31] != 0x7f || !bytes.Equal(y[1:31], bytes.Repeat([]byte{0xff}, 30))
	one := [32]byte{1}
	minusOne := [32]byte(append(append([]byte{0xec}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f))
	return reduced && (!negative || y != one && y != minusOne)
}

// holds checks one equation.
func (e equation) holds() bool {
	minusS := new(edwards25519.Scalar).Negate(e.s)
	sum := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(e.k, e.key.point, minusS)
	return smallOrder(sum.Add(sum, e.r))
}

// smallOrder reports whether a point times the cofactor is nothing.
func smallOrder(p *edwards25519.Point) bool {
	return new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1
}

// together is how many signatures are checked by one sum: more would save next to nothing,
// and one that does not hold costs as many checks of one.
const together = 64

// hold checks equations and returns of each whether it holds. Those of one key should be
// neighbours: a key costs a sum as much as a signature does.
func hold(equations []equation) []bool {
	held := make([]bool, len(equations))
	for from := 0; from < len(equations); from += together {
		some := equations[from:min(from+together, len(equations))]
		all := len(some) > 1 && holdTogether(some)
		for i, e := range some {
			held[from+i] = all || e.holds()
		}
	}
	return held
}

// holdTogether checks that the sum of equations holds, each times a factor of 128 bits of
// its own. Factors follow from all that is checked, so that endorsers agree and nobody can
// choose signatures whose faults cancel out.
func holdTogether(equations []equation) bool {
	factors := factorsOf(equations)
	base := edwards25519.NewScalar()
	scalars, points := []*edwards25519.Scalar{base}, []*edwards25519.Point{edwards25519.NewGeneratorPoint()}
	keys := map[*edwardsKey]*edwards25519.Scalar{}
	for i, e := range equations {
		z := factors[i]
		base.MultiplyAdd(z, e.s, base)
		scalars, points = append(scalars, z), append(points, e.r)
		known := keys[e.key]
		if known == nil {
			known = edwards25519.NewScalar()
			keys[e.key] = known
			scalars, points = append(scalars, known), append(points, e.key.point)
		}
		known.MultiplyAdd(z, e.k, known)
	}
	base.Negate(base)
	return smallOrder(new(edwards25519.Point).VarTimeMultiScalarMult(scalars, points))
}

// batchDomain begins what factors are made of.
const batchDomain = "waymark-ed25519-batch-1"

// factorsOf makes the factors: 16 bytes each of SHA-512(SHA-512(domain, then key, R, S and k
// of each signature), count), four of each hash.
func factorsOf(equations []equation) []*edwards25519.Scalar {
	h := sha512.New()
	h.Write([]byte(batchDomain))
	for _, e := range equations {
		h.Write(e.key.encoded[:])
		h.Write(e.text[:])
		h.Write(e.k.Bytes())
	}
	seed := binary.BigEndian.AppendUint64(h.Sum(nil), 0)
	factors := make([]*edwards25519.Scalar, len(equations))
	var some [sha512.Size]byte
	for i := range factors {
		if i%4 == 0 {
			binary.BigEndian.PutUint64(seed[sha512.Size:], uint64(i/4))
			some = sha512.Sum512(seed)
		}
		var z [32]byte
		copy(z[:16], some[i%4*16:])
		factors[i], _ = new(edwards25519.Scalar).SetCanonicalBytes(z[:]) // 128 bits are below the order
	}
	return factors
}
