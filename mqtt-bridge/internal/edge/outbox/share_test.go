package outbox_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// One device fills what is anybody's alone, what waits of each is known, also after a restart, and what is taken out makes room.
func TestOneDeviceKeepsNoOtherOut(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	begin := func() *outbox.Outbox {
		box, err := outbox.Open(dir, outbox.Limits{Bytes: 10000, SharedBytes: 2000, OwnBytes: 1000}, []string{"a", "ab"}, s)
		if err != nil {
			t.Fatal(err)
		}
		return box
	}
	box := begin()
	var err error
	for err == nil {
		err = box.Append(packs("a", 1), nil)
	}
	if n := box.Waiting("a"); !errors.Is(err, outbox.ErrCrowded) || n > 2000 || n < 1500 {
		t.Fatalf("%d bytes wait: %v", n, err)
	}
	add(t, box, packs("ab", 2)...)
	full, other := box.Waiting("a"), box.Waiting("ab")
	closed(t, box)
	change(t, dir, flip("messages", 1))
	box = begin()
	lost := full - box.Waiting("a")
	if device, n := box.Largest(); lost <= 0 || lost > 500 || box.Waiting("ab") != other || device != "a" || n != full-lost {
		t.Errorf("%d of %d and %d of %d bytes wait, most of %s", box.Waiting("a"), full, box.Waiting("ab"), other, device)
	}
	box.Acknowledge("a", 1<<40)
	flush(t, box)
	if device, n := box.Largest(); box.Waiting("a") != 0 || device != "ab" || n != other || box.Usage().Bytes != other {
		t.Errorf("%d bytes of %s wait, %d of all", n, device, box.Usage().Bytes)
	}
	add(t, box, packs("a", 1)...)
	closed(t, box)
}

// What waits of a device can be dropped: the next message goes on behind it, and nothing else is touched.
func TestDrop(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, slices.Concat(packs("a", 3), packs("ab", 1))...)
	closed(t, box)
	for device, want := range map[string]int{"a": 3, "b": 0} {
		if n, err := outbox.Drop(dir, device); err != nil || n != want {
			t.Errorf("%d messages of %s are dropped: %v", n, device, err)
		}
	}
	box = open(t, dir, s)
	add(t, box, packs("a", 1)...)
	for device, want := range map[string]uint64{"a": 4, "ab": 1} {
		if got := numbers(t, pending(t, box, device, 0)); !slices.Equal(got, []uint64{want}) {
			t.Errorf("%s has %v", device, got)
		}
	}
	closed(t, box)
}

// However little of what is kept for it is a device's part, it has room for one message, if none of it waits.
func TestOneMessageOfADeviceHasRoom(t *testing.T) {
	box, err := outbox.Open(t.TempDir(), outbox.Limits{Bytes: 10000, SharedBytes: 2000, OwnBytes: 100}, []string{"a", "ab"}, newSigner(t))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = box.Append(packs("a", 1), nil)
	}
	add(t, box, packs("ab", 1)...)
	if err := box.Append(packs("ab", 1), nil); !errors.Is(err, outbox.ErrCrowded) {
		t.Errorf("a second one: %v", err)
	}
	closed(t, box)
}
