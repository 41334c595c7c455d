package outbox_test

import (
	"bytes"
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
	if last, err := outbox.Recover(dir, "a", 7); err != nil || last != 8 {
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
	if _, err := outbox.Recover(dir, "ab", 3); err != nil { // while that of a is damaged
		t.Fatal(err)
	}
	if last, err := outbox.Recover(dir, "a", 9); err != nil || last != 10 {
		t.Fatal(last, err)
	}
	closed(t, open(t, dir, s))
	if last, err := outbox.Recover(dir, "a", 2); err != nil || last != 11 { // its own place is further on than the ledger
		t.Error(last, err)
	}
}
