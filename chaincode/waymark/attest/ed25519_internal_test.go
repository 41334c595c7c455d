package attest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"fmt"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

// signedText is a signature by a key over a content.
type signedText struct {
	key                ed25519.PublicKey
	content, signature []byte
}

// read makes the equations of what can hold at all, each key read once.
func read(texts []signedText) []equation {
	keys := map[string]*edwardsKey{}
	var equations []equation
	for _, s := range texts {
		if keys[string(s.key)] == nil {
			keys[string(s.key)] = newEdwardsKey(s.key)
		}
		if e, ok := equationOf(keys[string(s.key)], s.content, s.signature); ok {
			equations = append(equations, e)
		}
	}
	return equations
}

// signer makes a private key of a number.
func signer(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func signs(private ed25519.PrivateKey, content string) signedText {
	public, _ := private.Public().(ed25519.PublicKey)
	return signedText{public, []byte(content), ed25519.Sign(private, []byte(content))}
}

// twisted is a valid signature for the equation with the cofactor alone: R has a part of order 8.
func twisted(t testing.TB, private ed25519.PrivateKey, content string) signedText {
	torsion, err := new(edwards25519.Point).SetBytes(order8)
	if err != nil {
		t.Fatal(err)
	}
	expanded := sha512.Sum512(private.Seed())
	secret, err := new(edwards25519.Scalar).SetBytesWithClamping(expanded[:32])
	if err != nil {
		t.Fatal(err)
	}
	nonce := sha512.Sum512(append(expanded[32:], content...))
	r, err := new(edwards25519.Scalar).SetUniformBytes(nonce[:])
	if err != nil {
		t.Fatal(err)
	}
	point := new(edwards25519.Point).ScalarBaseMult(r)
	encoded := point.Add(point, torsion).Bytes()
	public, _ := private.Public().(ed25519.PublicKey)
	sum := sha512.Sum512(append(append(bytes.Clone(encoded), public...), content...))
	k, err := new(edwards25519.Scalar).SetUniformBytes(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	s := new(edwards25519.Scalar).MultiplyAdd(k, secret, r)
	return signedText{public, []byte(content), append(encoded, s.Bytes()...)}
}

// order8 is a point of order 8.
var order8 = []byte{
	0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
}

// TestTogetherAsAlone: whatever is among signatures, checked together each one holds if and only if it
// holds alone; all that crypto/ed25519 takes does, and what is forged does not.
func TestTogetherAsAlone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 3*together/2).Draw(r, "signatures")
		texts, want := make([]signedText, n), make([]bool, n)
		for i := range texts {
			private := signer(rapid.Byte().Draw(r, "key"))
			content := fmt.Sprint(i)
			texts[i], want[i] = signs(private, content), true
			switch rapid.SampledFrom([]string{"true", "true", "true", "true", "content", "bit", "other", "swapped", "twisted"}).Draw(r, "what") {
			case "content":
				texts[i].content, want[i] = []byte("another"), false
			case "bit":
				bit := rapid.IntRange(0, 8*ed25519.SignatureSize-1).Draw(r, "bit")
				texts[i].signature[bit/8] ^= 1 << (bit % 8)
				want[i] = false
			case "other":
				texts[i].signature, want[i] = signs(signer(3), "x").signature, false
			case "swapped":
				if i > 0 { // two faults that would cancel out without factors
					copy(texts[i].signature[32:], texts[i-1].signature[32:])
					want[i] = false
				}
			case "twisted":
				texts[i] = twisted(t, private, content)
			}
		}
		check(r, texts, want)
	})
}

// check compares what holds together with what holds alone, with what is wanted and with the standard library.
func check(r *rapid.T, texts []signedText, want []bool) {
	for i, held := range holding(texts) {
		alone := holding(texts[i : i+1])[0]
		standard := ed25519.Verify(texts[i].key, texts[i].content, texts[i].signature)
		if held != want[i] || held != alone || standard && !held {
			r.Fatalf("signature %d of %d: together %v, alone %v, wanted %v, by crypto/ed25519 %v", i, len(texts), held, alone, want[i], standard)
		}
	}
}

// holding returns of each signature whether it holds.
func holding(texts []signedText) []bool {
	held := make([]bool, len(texts))
	keys := map[string]*edwardsKey{}
	var equations []equation
	var of []int
	for i, s := range texts {
		if keys[string(s.key)] == nil {
			keys[string(s.key)] = newEdwardsKey(s.key)
		}
		if e, ok := equationOf(keys[string(s.key)], s.content, s.signature); ok {
			equations, of = append(equations, e), append(of, i)
		}
	}
	for i, holds := range hold(equations) {
		held[of[i]] = holds
	}
	return held
}

// TestForgedIsFound in every place of a batch.
func TestForgedIsFound(t *testing.T) {
	texts := make([]signedText, together+3)
	for i := range texts {
		texts[i] = signs(signer(byte(i%5)), fmt.Sprint(i))
	}
	for i := range texts {
		given := append([]signedText{}, texts...)
		given[i].content = []byte("forged")
		for at, held := range holding(given) {
			if held != (at != i) {
				t.Fatalf("%d is forged: %d holds is %v", i, at, held)
			}
		}
	}
}

// TestTwisted: what only the equation with the cofactor takes is taken alone and together, and by no other key.
func TestTwisted(t *testing.T) {
	s := twisted(t, signer(1), "twisted")
	if ed25519.Verify(s.key, s.content, s.signature) {
		t.Error("crypto/ed25519 takes it: it tests nothing")
	}
	for n, texts := range [][]signedText{{s}, {s, s}, {signs(signer(2), "a"), s, signs(signer(1), "b")}} {
		for i, held := range holding(texts) {
			if !held {
				t.Errorf("%d: %d does not hold", n, i)
			}
		}
	}
	other := s
	other.key, _ = signer(2).Public().(ed25519.PublicKey)
	if holding([]signedText{other, s})[0] {
		t.Error("it holds for another key")
	}
}

// TestCanonicalPoint takes an encoding if and only if encoding its point anew gives it.
func TestCanonicalPoint(t *testing.T) {
	encodings := [][]byte{}
	for first := range 256 {
		for _, rest := range []byte{0, 1, 0xff} {
			for _, last := range []byte{0, 0x7f, 0x80, 0xff} {
				encodings = append(encodings, append(append([]byte{byte(first)}, bytes.Repeat([]byte{rest}, 30)...), last))
			}
		}
	}
	for _, encoded := range encodings {
		point, err := new(edwards25519.Point).SetBytes(encoded)
		if err != nil {
			continue
		}
		if got, want := canonicalPoint(encoded), bytes.Equal(point.Bytes(), encoded); got != want {
			t.Errorf("%x: %v, want %v", encoded, got, want)
		}
	}
}

// TestScalarBounds: an S that is not below the order is refused, though its equation holds.
func TestScalarBounds(t *testing.T) {
	s := signs(signer(1), "x")
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	carry := 0
	for i := range order {
		carry += int(s.signature[32+i]) + int(order[i])
		s.signature[32+i] = byte(carry)
		carry >>= 8
	}
	if len(read([]signedText{s})) != 0 {
		t.Error("S + order is taken")
	}
}

// BenchmarkVerify is a signature by how many are checked together, and of how many each key has signed.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{1, 8, 64, 400} {
		for _, each := range []int{1, 4} {
			var texts []signedText
			for i := range n {
				texts = append(texts, signs(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i / each), byte(i / each >> 8)}, 16)), fmt.Sprint(i)))
			}
			b.Run(fmt.Sprintf("signatures=%d/of_a_key=%d", n, each), func(b *testing.B) {
				for b.Loop() {
					holding(texts)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N)/float64(n), "us/signature")
			})
		}
	}
	s := signs(signer(1), "x")
	b.Run("crypto", func(b *testing.B) {
		for b.Loop() {
			ed25519.Verify(s.key, s.content, s.signature)
		}
	})
}
