package anchor_test

import (
	"bytes"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

func TestCheckedTellsAllPartsApart(t *testing.T) {
	hash, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	first := anchor.Checked(nil, 1, 7, hash)
	seen := map[string]bool{string(first): true}
	for _, d := range [][]byte{
		anchor.Checked([]byte{}, 2, 7, hash), anchor.Checked(nil, 1, 8, hash), anchor.Checked(nil, 1, 7, other),
		anchor.Checked(first, 1, 7, hash), anchor.Checked(other, 1, 7, hash),
	} {
		if len(d) != 32 || seen[string(d)] {
			t.Errorf("digest %x is another one's, or of %d bytes", d, len(d))
		}
		seen[string(d)] = true
	}
	if !bytes.Equal(first, anchor.Checked([]byte{}, 1, 7, hash)) {
		t.Error("none and an empty digest differ")
	}
}
