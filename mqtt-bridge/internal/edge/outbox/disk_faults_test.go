//go:build faults

package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
)

// childFolder names the folder of the outbox into which the test binary signs. (needs strace)
const childFolder = "WAYMARK_TEST_OUTBOX"

const signedByChild = 40

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := runChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

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
	for _, fault := range []string{
		"fdatasync:error=EIO", "fsync:error=EIO", "pwrite64:error=EIO", "pwrite64:error=ENOSPC", "ftruncate:error=ENOSPC", "fdatasync:error=ENOSPC",
	} {
		failed, ended := 0, 0
		// Every so many calls: more than an append and what puts its failure right make, or each append would meet one.
		for _, when := range []string{"1+17", "2+19", "3+23", "4+29", "5+31", "6+37"} {
			t.Run(fault+" "+when, func(t *testing.T) {
				dir := t.TempDir()
				said, _, err := boltfiletest.Trace(t, childFolder+"="+dir, "-e", "inject="+fault+":when="+when)
				if err != nil {
					t.Fatal(err)
				}
				failed += strings.Count(said, "failed")
				ended += strings.Count(said, "ended")
				compareSigned(t, dir, signedByChild)
			})
		}
		if failed == 0 || ended > failed/2 {
			t.Errorf("%s: %d failed, and %d times the edge would have ended", fault, failed, ended)
		}
	}
}

// A process that is killed in the middle of a call leaves what it said to be signed.
func TestKilledInACall(t *testing.T) {
	killed := 0
	for n := 1; n <= 60; n += 6 {
		for _, name := range []string{"fdatasync", "pwrite64"} {
			dir := t.TempDir()
			said, _, err := boltfiletest.Trace(t, childFolder+"="+dir, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", name, n))
			if err != nil { // strace counts the calls of each thread, so that some may end in peace
				killed++
			}
			compareSigned(t, dir, strings.Count(said, "signed"))
		}
	}
	if killed < 6 {
		t.Errorf("%d of 20 were killed", killed)
	}
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
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("this test mounts a small disk, which takes root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
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
