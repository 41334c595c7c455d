package outbox_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// A flipped bit in what says that an outbox was made to recover, or that a device is forked, is noticed: unseen, the device would begin at
// number 1, or go on with numbers that are somebody else's.
func TestNoMarkIsLostByAFlippedBit(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	for _, device := range []string{"a", "ab"} {
		if _, err := outbox.Recover(dir, nil, device, 1); err != nil {
			t.Fatal(err)
		}
	}
	box := open(t, dir, s)
	if err := box.Fork("a", 1); err != nil {
		t.Fatal(err)
	}
	closed(t, box)
	path := filepath.Join(dir, "outbox.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"recovering", "forked/a"} {
		where := everywhere(raw, []byte(mark))
		if len(where) == 0 {
			t.Fatalf("no %s in the file", mark)
		}
		for at := range len(mark) + sealed.Overhead {
			harmed := bytes.Clone(raw)
			for _, begin := range where {
				harmed[begin+at] ^= 1
			}
			if err := os.WriteFile(path, harmed, 0o600); err != nil {
				t.Fatal(err)
			}
			if box, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"a", "ab"}, s); !errors.Is(err, boltfile.ErrDamaged) {
				t.Errorf("byte %d of %s: %v", at, mark, err)
				if err == nil {
					closed(t, box)
				}
			}
		}
	}
}
