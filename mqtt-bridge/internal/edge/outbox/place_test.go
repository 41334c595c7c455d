package outbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// In a file that loses its name while it is open nothing more is signed, since that would be gone with the process. What it has goes up,
// and once it is back it is used again.
func TestAFileThatIsReplacedTakesNothingMore(t *testing.T) {
	for name, replace := range boltfiletest.Displacements() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "edge")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			box, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20, FreeBytes: 1}, []string{"a"}, newSigner(t))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "outbox.db")
			add(t, box, packs("a", 2)...)
			if err := errors.Join(box.InPlace(), replace(path)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := box.Append(packs("a", 1), nil); !errors.Is(err, outbox.ErrReplaced) || !outbox.Waits(err) || !errors.Is(box.InPlace(), outbox.ErrReplaced) {
					t.Fatalf("append: %v", err)
				}
			}
			if err := box.Append(nil, nil); !errors.Is(err, outbox.ErrReplaced) {
				t.Errorf("what was signed before is acknowledged: %v", err)
			}
			box.Acknowledge("a", 1)
			flush(t, box)
			if got := numbers(t, pending(t, box, "a", 0)); !slices.Equal(got, []uint64{2}) {
				t.Errorf("what waits does not go on: %v", got)
			}
			if name == "moved" {
				if err := os.Rename(path+".moved", path); err != nil {
					t.Fatal(err)
				}
				add(t, box, packs("a", 1)...)
				if got := numbers(t, pending(t, box, "a", 0)); !slices.Equal(got, []uint64{2, 3}) {
					t.Errorf("back in its place: %v", got)
				}
			}
			closed(t, box)
		})
	}
}
