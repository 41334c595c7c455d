package anchor_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

// reference is a pick as its definition has it.
func reference(block []byte, tx, device string, first, i uint64) bool {
	var hashed []byte
	for _, part := range [][]byte{[]byte("waymark-sample-1"), block, []byte(tx), []byte(device), binary.BigEndian.AppendUint64(nil, first), binary.BigEndian.AppendUint64(nil, i)} {
		hashed = append(binary.BigEndian.AppendUint64(hashed, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(hashed)
	return float64(binary.BigEndian.Uint64(sum[:8])) < math.Pow(2, 64)/32
}

func TestPicks(t *testing.T) {
	block := bytes.Repeat([]byte{9}, 32)
	for first := uint64(1); first < 2000; first += 50 {
		var want []uint64
		for i := range uint64(50) {
			if reference(block, "tx", "logger-1", first, i) {
				want = append(want, first+i)
			}
		}
		if got := anchor.Picks(block, "tx", "logger-1", first, first+49); !slices.Equal(got, want) {
			t.Errorf("from %d: %v, want %v", first, got, want)
		}
	}
}

// TestTheOdds: one in 32 is picked, and anything that changes makes other picks.
func TestTheOdds(t *testing.T) {
	picked := 0
	for n := range uint64(1000) {
		block := sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
		picked += len(anchor.Picks(block[:], "tx", "d", 1, 100))
	}
	// 100,000 messages: 3125 are expected, and the standard deviation is 55.
	if picked < 2850 || picked > 3400 {
		t.Errorf("%d of 100,000 messages are picked", picked)
	}
	block := make([]byte, 32)
	base := anchor.Picks(block, "tx", "d", 1, 100000)
	for name, other := range map[string][]uint64{
		"block":  anchor.Picks(bytes.Repeat([]byte{1}, 32), "tx", "d", 1, 100000),
		"tx":     anchor.Picks(block, "tx2", "d", 1, 100000),
		"device": anchor.Picks(block, "tx", "e", 1, 100000),
		"first":  anchor.Picks(block, "tx", "d", 2, 100001),
		"split":  anchor.Picks(block, "txd", "", 1, 100000),
	} {
		if slices.Equal(base, other) {
			t.Errorf("%s changes nothing", name)
		}
	}
}
