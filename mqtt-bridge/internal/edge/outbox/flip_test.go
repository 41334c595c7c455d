package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

// plain gives every message the bytes of its pack.
type plain struct{}

func (plain) Sign(_ string, _ uint64, _, pack []byte) (attest.Signed, error) {
	return attest.Signed{Raw: pack}, nil
}

const devicesOfFill = 40

func deviceOf(i int) string { return fmt.Sprintf("device-%02d", i%devicesOfFill) }

func allDevices() (ids []string) {
	for i := range devicesOfFill {
		ids = append(ids, deviceOf(i))
	}
	return ids
}

func reopen(dir string) (*outbox.Outbox, error) {
	return outbox.Open(dir, outbox.Limits{Bytes: 1 << 26}, allDevices(), plain{})
}

// fill makes an outbox with everything in it: several levels of pages, messages larger than a page, pages that are free
// again, fingerprints, and a message that was set aside.
func fill(t *testing.T, dir string) []byte {
	t.Helper()
	box, err := reopen(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		p := outbox.Pack{Device: deviceOf(i), Payload: fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 100))}
		if i%100 == 7 {
			p.Payload = append(p.Payload, make([]byte, 20000)...)
		}
		if err := box.Append([]outbox.Pack{p}, []outbox.Fingerprint{outbox.FingerprintOf(uint16(i), "t", nil)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range devicesOfFill / 2 {
		box.Acknowledge(deviceOf(i), uint64(i%7))
	}
	flush(t, box)
	closed(t, box)
	change(t, dir, flip("messages", 9))
	if box, err = reopen(dir); err != nil || box.Usage().Damaged != 1 {
		t.Fatal(err)
	}
	closed(t, box)
	raw, err := os.ReadFile(filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// holding is what an outbox has: its messages, and how many fingerprints it knows. It fails with ErrDamaged if that shows only now.
func holding(box *outbox.Outbox) (held []string, known int, err error) {
	for _, d := range allDevices() {
		messages, err := box.Pending(d, 0, 1000)
		if err != nil {
			return nil, 0, err
		}
		for _, m := range messages {
			held = append(held, fmt.Sprintf("%s %d %.10s %d", d, m.Number, m.Raw, len(m.Raw)))
		}
	}
	for i := range 300 {
		if box.Known(outbox.FingerprintOf(uint16(i), "t", nil)) {
			known++
		}
	}
	return held, known, nil
}

// lookAt opens a file with something changed, and says what becomes of that. What is not said to be damaged must be there.
func lookAt(t *testing.T, dir string, raw []byte, want []string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "outbox.db"), raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a file whose look ended in a panic stays open
	box, err := reopen(dir)
	switch {
	case errors.Is(err, boltfile.ErrDamaged):
		return "refused"
	case err != nil && strings.Contains(err.Error(), "does not have its checksum"):
		return "refused a place"
	case err != nil:
		t.Fatal(err)
	}
	defer closed(t, box)
	u := box.Usage()
	held, known, err := holding(box)
	switch {
	case errors.Is(err, boltfile.ErrDamaged):
		return "refused"
	case err != nil:
		t.Fatal(err)
	}
	missing := 0
	for _, m := range want {
		if !slices.Contains(held, m) {
			missing++
		}
	}
	if lost := int(u.Damaged) - 1; missing != lost || 300-known != int(u.Forgotten) || lost+int(u.Forgotten) > 1 || len(held)+lost != len(want) {
		t.Fatalf("%d messages are missing of %d, %d are known, and it says %+v", missing, len(want), known, u)
	}
	switch {
	case u.Damaged > 1:
		return "set aside"
	case u.Forgotten > 0:
		return "forgotten"
	}
	return "unharmed"
}

// telling returns where records of each kind are, wherever bbolt has put them: also what is left of them in pages that are free.
func telling(raw []byte) (at []int) {
	for i := 250; i < 253; i++ {
		f := outbox.FingerprintOf(uint16(i), "t", nil)
		at = append(at, everywhere(raw, f[:])...)
		at = append(at, everywhere(raw, fmt.Appendf(nil, "%d xxxx", i))...)
	}
	for _, place := range everywhere(raw, []byte(deviceOf(11))) {
		if end := place + len(deviceOf(11)); raw[end] != 0 { // else it is a message of the device
			at = append(at, end+sealed.Overhead)
		}
	}
	return at
}

func everywhere(raw, what []byte) (at []int) {
	for from := 0; ; {
		i := bytes.Index(raw[from:], what)
		if i < 0 {
			return at
		}
		at, from = append(at, from+i), from+i+1
	}
}

// In records of each kind, and at random places of each page, a bit is flipped. What is there must be refused, or be all there, but for one message or fingerprint of which
// it says that it is damaged.
func TestNoFlippedBitIsSkipped(t *testing.T) {
	raw := fill(t, t.TempDir())
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "outbox.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	box, err := reopen(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, known, err := holding(box)
	closed(t, box)
	if err != nil || len(want) < 200 || known != 300 {
		t.Fatal(len(want), known)
	}
	random, size, outcomes := rand.New(rand.NewPCG(5, 6)), os.Getpagesize(), make(map[string]int)
	look := func(at int) {
		bit := byte(1) << random.IntN(8)
		changed := bytes.Clone(raw)
		changed[at] ^= bit
		outcomes[lookAt(t, filepath.Join(dir, fmt.Sprint(at, "-", bit)), changed, want)]++
	}
	for _, at := range telling(raw) {
		look(at)
	}
	for page := 0; page*size < len(raw); page++ {
		for _, span := range []int{16, 80, 400, size, size, size} { // its head, the heads of its elements, all
			look(page*size + random.IntN(span))
		}
	}
	for outcome, least := range map[string]int{"refused": 20, "refused a place": 1, "set aside": 3, "forgotten": 3, "unharmed": 20} {
		if outcomes[outcome] < least {
			t.Errorf("%d were %s: the places are not telling (%v)", outcomes[outcome], outcome, outcomes)
		}
	}
	t.Logf("%d pages: %v", len(raw)/size, outcomes)
}

// A power loss in a commit leaves what was signed before, and perhaps what it was signing: no number is free again that was published.
func TestPowerLossAtAnyWrite(t *testing.T) {
	dir := t.TempDir()
	box, err := reopen(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "outbox.db")
	var files [][]byte
	for i := range 40 {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, raw)
		p := outbox.Pack{Device: deviceOf(0), Payload: fmt.Appendf(nil, "message %03d", i)}
		if i%9 == 4 {
			p.Payload = append(p.Payload, make([]byte, 9000)...)
		}
		if err := box.Append([]outbox.Pack{p, {Device: deviceOf(1), Payload: p.Payload}}, []outbox.Fingerprint{{byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, box)
	random := rand.New(rand.NewPCG(7, 8))
	dir = t.TempDir()
	for i := range len(files) - 1 {
		for range 3 {
			if err := os.WriteFile(filepath.Join(dir, "outbox.db"), boltfiletest.Lose(random, files[i], files[i+1]), 0o600); err != nil {
				t.Fatal(err)
			}
			box, err := reopen(dir)
			if err != nil {
				t.Fatalf("commit %d: %v", i, err)
			}
			add(t, box, outbox.Pack{Device: deviceOf(0), Payload: []byte("more")})
			got := pending(t, box, deviceOf(0), 0)
			if len(got) < i+1 || len(got) > i+2 || got[len(got)-1].Number != uint64(len(got)) {
				t.Fatalf("commit %d: %d messages", i, len(got))
			}
			for n, m := range got[:len(got)-1] {
				if want := fmt.Sprintf("message %03d", n); string(m.Raw[:len(want)]) != want {
					t.Fatalf("commit %d: message %d is %.20q", i, m.Number, m.Raw)
				}
			}
			closed(t, box)
		}
	}
}
