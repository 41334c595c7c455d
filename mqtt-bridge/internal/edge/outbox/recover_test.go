package outbox_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

func TestADamagedPlaceIsAnErrorUntilItIsRecovered(t *testing.T) {
	dir, s := t.TempDir(), newSigner(t)
	box := open(t, dir, s)
	add(t, box, packs("a", 3)...)
	closed(t, box)
	change(t, dir, flip("streams", 0))
	if _, err := outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, []string{"a"}, s); err == nil {
		t.Fatal("opened")
	}
	if r, err := outbox.Recover(dir, nil, "a", 7); err != nil || r.LeftOut != 8 || r.Dropped != 3 {
		t.Fatal(r, err)
	}
	box = open(t, dir, s)
	add(t, box, packs("a", 1)...)
	messages := pending(t, box, "a", 0)
	parsed, err := attest.Parse(attest.Text(messages[0].Raw))
	if err != nil || len(messages) != 1 || parsed.Sequence != 9 || !bytes.Equal(parsed.Previous, make([]byte, 32)) {
		t.Errorf("%d messages, the first %+v, %v", len(messages), parsed, err)
	}
	closed(t, box)
	change(t, dir, flip("streams", 0))
	if _, err := outbox.Recover(dir, nil, "ab", 3); err != nil { // while that of a is damaged
		t.Fatal(err)
	}
	if r, err := outbox.Recover(dir, nil, "a", 9); err != nil || r.LeftOut != 10 {
		t.Fatal(r, err)
	}
	closed(t, open(t, dir, s))
}

// What waits stays where there is nothing to recover: the place holds, and is beyond what the ledger has. At or behind that the file is an older one.
func TestASoundPlaceKeepsWhatWaits(t *testing.T) {
	for _, test := range []struct {
		name     string
		recorded uint64
		fork     bool
		want     outbox.Recovery
		waits    []uint64 // after one message more
	}{
		{"the ledger has less", 2, false, outbox.Recovery{}, []uint64{1, 2, 3, 4}},
		{"the ledger has all", 3, false, outbox.Recovery{LeftOut: 4, Dropped: 3}, []uint64{5}},
		{"the ledger has more", 7, false, outbox.Recovery{LeftOut: 8, Dropped: 3}, []uint64{9}},
		{"somebody else used a number", 2, true, outbox.Recovery{LeftOut: 4, Dropped: 3}, []uint64{5}},
	} {
		dir, s := t.TempDir(), newSigner(t)
		box := open(t, dir, s)
		add(t, box, packs("a", 3)...)
		if test.fork {
			if err := box.Fork("a", 2); err != nil {
				t.Fatal(err)
			}
		}
		closed(t, box)
		if got, err := outbox.Recover(dir, []string{"a", "ab"}, "a", test.recorded); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
		box = open(t, dir, s)
		add(t, box, packs("a", 1)...)
		if got := numbers(t, pending(t, box, "a", 0)); !slices.Equal(got, test.waits) {
			t.Errorf("%s: %v wait", test.name, got)
		}
		closed(t, box)
	}
}

// Of a lost disk every device had a place: an outbox that was made to recover one of them lets none begin at number 1.
func TestALostDiskIsRecoveredWhole(t *testing.T) {
	dir, s, devices := filepath.Join(t.TempDir(), "edge"), newSigner(t), []string{"a", "ab", "b"}
	begin := func(devices []string) (*outbox.Outbox, error) {
		return outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, devices, s)
	}
	for i, device := range devices {
		if r, err := outbox.Recover(dir, devices, device, 4); err != nil || !slices.Equal(r.Waiting, devices[i+1:]) && i < 2 || i == 2 && len(r.Waiting) > 0 {
			t.Fatalf("%s: %v are left, %v", device, r.Waiting, err)
		}
		if i < 2 {
			if _, err := begin(devices); !errors.Is(err, outbox.ErrUnrecovered) {
				t.Fatalf("%s: opened: %v", device, err)
			}
		}
	}
	box, err := begin(devices)
	if err != nil {
		t.Fatal(err)
	}
	add(t, box, packs("b", 1)...)
	closed(t, box)
	if _, err := begin(append(devices, "new")); !errors.Is(err, outbox.ErrUnrecovered) { // it may have been listed once
		t.Fatalf("opened with another device: %v", err)
	}
	if _, err := outbox.Recover(dir, append(devices, "new"), "new", 0); err != nil {
		t.Fatal(err)
	}
	if box, err = begin([]string{"b", "new"}); err != nil {
		t.Fatal(err)
	}
	add(t, box, packs("new", 1)...)
	closed(t, box)
	if box, err = begin([]string{"b", "new"}); err != nil {
		t.Fatal(err)
	}
	for device, want := range map[string]uint64{"b": 6, "new": 2} {
		if got := numbers(t, pending(t, box, device, 0)); !slices.Equal(got, []uint64{want}) {
			t.Errorf("%s: %v, want %d", device, got, want)
		}
	}
	closed(t, box)
}
