package outbox_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

func TestFingerprintsAreKept(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	of := func(i int) outbox.Fingerprint {
		return outbox.Fingerprint(sha256.New().Sum(fmt.Appendf(nil, "%016d", i))[:16])
	}
	const most = 1 << 15
	var all []outbox.Fingerprint
	for i := range most + 10 {
		all = append(all, of(i))
	}
	for part := range slices.Chunk(all, 20000) {
		if err := box.Append(nil, part); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // before and after a restart
		if box.Known(of(9)) || !box.Known(of(10)) || !box.Known(of(most+9)) || box.Known(of(most+10)) {
			t.Error("not the newest are known")
		}
		closed(t, box)
		box = open(t, dir, s)
	}
	closed(t, box)
	f := outbox.FingerprintOf(1, "a", []byte("b"))
	if f == outbox.FingerprintOf(1, "ab", nil) || f == outbox.FingerprintOf(2, "a", []byte("b")) || f != outbox.FingerprintOf(1, "a", []byte("b")) {
		t.Error("fingerprints do not tell messages apart")
	}
}
