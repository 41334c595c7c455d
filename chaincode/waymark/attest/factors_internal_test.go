package attest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

// shifted is a signature whose S is more by a number, which may be below zero: its equation is off by so many times the base point.
func shifted(t testing.TB, s signedText, by int) signedText {
	t.Helper()
	scalar, err := edwards25519.NewScalar().SetCanonicalBytes(s.signature[32:])
	if err != nil {
		t.Fatal(err)
	}
	one, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	for range max(by, -by) {
		if by > 0 {
			scalar.Add(scalar, one)
		} else {
			scalar.Subtract(scalar, one)
		}
	}
	s.signature = append(slices.Clone(s.signature[:32]), scalar.Bytes()...)
	return s
}

// TestFaultsThatCancelOut: two signatures, of which one is off by as much as the other one the other way, are found wherever they
// are: their factors are of one hash or of two, and their key is one or two.
func TestFaultsThatCancelOut(t *testing.T) {
	const signatures = 11 // factors of three hashes
	for _, keys := range []int{1, signatures} {
		var texts []signedText
		for i := range signatures {
			texts = append(texts, signs(signer(byte(i%keys)), fmt.Sprint(i)))
		}
		for i := range texts {
			for j := range i {
				given := slices.Clone(texts)
				given[i], given[j] = shifted(t, texts[i], 3), shifted(t, texts[j], -3)
				for at, held := range holding(given) {
					if held != (at != i && at != j) {
						t.Fatalf("%d keys: %d and %d are off: %d holds is %v", keys, i, j, at, held)
					}
				}
			}
		}
	}
}

// TestFactors: those of five signatures, as SHA-512 of another implementation gives them.
func TestFactors(t *testing.T) {
	var texts []signedText
	for i := range 5 {
		texts = append(texts, signs(signer(byte(i/2)), fmt.Sprint(i)))
	}
	want := []string{
		"a02ec6df1935970a1c77faefcc7bd90a00000000000000000000000000000000",
		"fcbd6633c13d3b88b9629eb5304b464800000000000000000000000000000000",
		"44d06f7aefe1c3a75da2064162cafec900000000000000000000000000000000",
		"022d694d7437bbd717635eb504ebf63c00000000000000000000000000000000",
		"73993457017624da41a3e4b1ac0c1f4700000000000000000000000000000000",
	}
	for i, z := range factorsOf(read(texts)) {
		if got := hex.EncodeToString(z.Bytes()); got != want[i] {
			t.Errorf("factor %d is %s, want %s", i, got, want[i])
		}
	}
}
