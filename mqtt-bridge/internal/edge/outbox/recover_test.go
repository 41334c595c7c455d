package outbox_test

import (
	"bytes"
	"errors"
	"path/filepath"
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
	if last, _, err := outbox.Recover(dir, nil, "a", 7); err != nil || last != 8 {
		t.Fatal(last, err)
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
	if _, _, err := outbox.Recover(dir, nil, "ab", 3); err != nil { // while that of a is damaged
		t.Fatal(err)
	}
	if last, _, err := outbox.Recover(dir, nil, "a", 9); err != nil || last != 10 {
		t.Fatal(last, err)
	}
	closed(t, open(t, dir, s))
	if last, _, err := outbox.Recover(dir, nil, "a", 2); err != nil || last != 11 { // its own place is further on than the ledger
		t.Error(last, err)
	}
}

// Of a lost disk every device had a place: an outbox that was made to recover one of them lets none begin at number 1.
func TestALostDiskIsRecoveredWhole(t *testing.T) {
	dir, s, devices := filepath.Join(t.TempDir(), "edge"), newSigner(t), []string{"a", "ab", "b"}
	begin := func(devices []string) (*outbox.Outbox, error) {
		return outbox.Open(dir, outbox.Limits{Bytes: 1 << 20}, devices, s)
	}
	for i, device := range devices {
		if _, waiting, err := outbox.Recover(dir, devices, device, 4); err != nil || !slices.Equal(waiting, devices[i+1:]) && i < 2 || i == 2 && len(waiting) > 0 {
			t.Fatalf("%s: %v are left, %v", device, waiting, err)
		}
		if i < 2 {
			if _, err := begin(devices); !errors.Is(err, outbox.ErrUnrecovered) {
				t.Fatalf("%s: opened: %v", device, err)
			}
		}
	}
	for _, listed := range [][]string{devices, append(devices, "new")} { // a device that is new later begins at number 1
		box, err := begin(listed)
		if err != nil {
			t.Fatal(err)
		}
		add(t, box, outbox.Pack{Device: listed[len(listed)-1], Payload: []byte("1")})
		closed(t, box)
	}
	box, err := begin([]string{"b", "new"})
	if err != nil {
		t.Fatal(err)
	}
	for device, want := range map[string]uint64{"b": 6, "new": 1} {
		if got := numbers(t, pending(t, box, device, 0)); !slices.Equal(got, []uint64{want}) {
			t.Errorf("%s: %v, want %d", device, got, want)
		}
	}
	closed(t, box)
}
