package outbox_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// A device whose numbers somebody else uses publishes nothing more, also after a restart, until it was recovered.
func TestAForkHoldsUntilItIsRecovered(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, slices.Concat(packs("a", 2), packs("ab", 1))...)
	if err := box.Fork("a", 1); err != nil {
		t.Fatal(err)
	}
	for range 2 { // before and after a restart
		if got := pending(t, box, "a", 0); len(got) > 0 || !box.Forked("a") || box.Forked("ab") || !slices.Equal(box.Forks(), []string{"a"}) {
			t.Errorf("%d messages, forks %v", len(got), box.Forks())
		}
		if got := pending(t, box, "ab", 0); len(got) != 1 {
			t.Errorf("another device has %d messages", len(got))
		}
		closed(t, box)
		box = open(t, dir, s)
	}
	closed(t, box)
	if _, err := outbox.Recover(dir, nil, "a", 7); err != nil {
		t.Fatal(err)
	}
	box = open(t, dir, s)
	add(t, box, packs("a", 1)...)
	if got := numbers(t, pending(t, box, "a", 0)); box.Forked("a") || !slices.Equal(got, []uint64{9}) {
		t.Errorf("%v after it was recovered", got)
	}
	closed(t, box)
}
