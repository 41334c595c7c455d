//go:build faults

package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// child signs into an outbox. (needs strace)
var child = boltfiletest.Child{Variable: "WAYMARK_TEST_OUTBOX", Work: runChild}

const signedByChild = 40

func TestMain(m *testing.M) { os.Exit(child.Main(m)) }

// runChild signs packs, each until it is stored, and says so in a line of its own. Where an edge would end, it opens the outbox anew.
func runChild(dir string) error {
	box, err := openSoon(dir)
	if err != nil {
		return err
	}
	for i, failures := 0, 0; i < signedByChild; {
		p := outbox.Pack{Device: deviceOf(0), Payload: fmt.Appendf(nil, "message %03d", i)}
		if i%5 == 2 {
			p.Payload = append(p.Payload, make([]byte, 9000)...)
		}
		err := box.Append([]outbox.Pack{p}, []outbox.Fingerprint{{byte(i + 1)}})
		if err == nil {
			fmt.Println("signed", i)
			i++
			continue
		}
		if failures++; failures > 1000 {
			return err
		}
		fmt.Println("failed")
		if outbox.Waits(err) {
			continue
		}
		fmt.Println("ended")
		_ = box.Close()
		if box, err = openSoon(dir); err != nil {
			return err
		}
		if box.Known(outbox.Fingerprint{byte(i + 1)}) { // as the local broker sends it again
			fmt.Println("signed", i)
			i++
		}
	}
	return box.Close()
}

func openSoon(dir string) (*outbox.Outbox, error) {
	box, err := reopen(dir)
	for tries := 0; err != nil && tries < 20; tries++ {
		fmt.Println("failed to open")
		box, err = reopen(dir)
	}
	return box, err
}

// Whatever fails, and whenever: what was said to be signed is there, once, in order, and the outbox goes on.
func TestDiskThatFails(t *testing.T) {
	said := child.Failing(t, func(t *testing.T, dir, _ string) { compareSigned(t, dir, signedByChild) })
	for fault, all := range said {
		if failed, ended := strings.Count(all, "failed"), strings.Count(all, "ended"); ended > failed/2 {
			t.Errorf("%s: %d failed, and %d times the edge would have ended", fault, failed, ended)
		}
	}
}

// A process that is killed in the middle of a call leaves what it said to be signed.
func TestKilledInACall(t *testing.T) {
	child.Killed(t, func(t *testing.T, dir, said string) { compareSigned(t, dir, strings.Count(said, "signed")) })
}

// compareSigned wants the first n messages, each once and under its number. One more may be there.
func compareSigned(t *testing.T, dir string, n int) {
	t.Helper()
	box, err := reopen(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = box.Close() }()
	got := pending(t, box, deviceOf(0), 0)
	if len(got) < n || len(got) > n+1 {
		t.Fatalf("%d messages, %d were signed", len(got), n)
	}
	for i, m := range got {
		if want := fmt.Sprintf("message %03d", i); m.Number != uint64(i+1) || !bytes.HasPrefix(m.Raw, []byte(want)) {
			t.Fatalf("message %d is %.20q, want %s", m.Number, m.Raw, want)
		}
	}
}

// A disk that is really full, by others or by the outbox itself: nothing more is signed, what is there can be published after a restart too,
// what is acknowledged leaves it, and it goes on.
func TestDiskThatIsFull(t *testing.T) {
	dir := boltfiletest.SmallDisk(t, "2m")
	limits := outbox.Limits{Bytes: 1 << 26, FreeBytes: 256 << 10}
	box := openOn(t, dir, limits)
	filler, signed := filepath.Join(dir, "filler"), 0
	sign := func() error {
		err := box.Append([]outbox.Pack{{Device: deviceOf(signed), Payload: fmt.Appendf(nil, "message %04d %01000d", signed, 0)}}, nil)
		if err == nil {
			signed++
		}
		return err
	}
	for round, reserve := range []int64{256 << 10, 0, 256 << 10} { // kept for acknowledgements, or used up to the last page
		limits.FreeBytes = reserve
		closed(t, box)
		box = openOn(t, dir, limits)
		before := signed
		var err error
		for err == nil {
			err = sign()
		}
		if !errors.Is(err, outbox.ErrFull) || signed == before {
			t.Fatalf("round %d: after %d: %v", round, signed-before, err)
		}
		_ = os.WriteFile(filler, make([]byte, 2<<20), 0o600) // as much as fits
		closed(t, box)
		box = openOn(t, dir, limits)
		if err := sign(); !errors.Is(err, outbox.ErrFull) {
			t.Fatalf("round %d: on a full disk: %v", round, err)
		}
		if n := countAll(t, box); n != signed-before {
			t.Fatalf("round %d: %d of %d are there", round, n, signed-before)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		for _, d := range allDevices() {
			box.Acknowledge(d, 1<<40)
		}
		flush(t, box)
		if n := countAll(t, box); n != 0 {
			t.Fatalf("round %d: %d cannot be taken out", round, n)
		}
	}
	if err := sign(); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
	closed(t, box)
}

func openOn(t *testing.T, dir string, l outbox.Limits) *outbox.Outbox {
	t.Helper()
	box, err := outbox.Open(dir, l, allDevices(), plain{})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func countAll(t *testing.T, box *outbox.Outbox) (n int) {
	t.Helper()
	for _, d := range allDevices() {
		n += len(pending(t, box, d, 0))
	}
	return n
}
