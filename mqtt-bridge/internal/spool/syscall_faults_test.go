//go:build faults

package spool

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
)

// These tests run a process under strace, which lets system calls fail, and shows them. (needs strace)

var child = boltfiletest.Child{Variable: "WAYMARK_TEST_SPOOL", Work: runChild}

const appended = 40

func TestMain(m *testing.M) { os.Exit(child.Main(m)) }

// runChild appends messages, each until it is stored, and says so in a line of its own.
func runChild(dir string) error {
	s, err := Open(dir, roomy())
	for tries := 0; err != nil && tries < 20; tries++ {
		fmt.Println("failed to open")
		s, err = Open(dir, roomy())
	}
	if err != nil {
		return err
	}
	for i, failures := 0, 0; i < appended; {
		m := message(1, fmt.Sprintf("message %03d", i))
		if i%5 == 2 {
			m.Payload = append(m.Payload, make([]byte, 9000)...)
		}
		if _, err := s.Append([]Message{m}); err == nil {
			fmt.Println("stored", i)
			i++
			continue
		} else if failures++; failures > 1000 || errors.Is(err, ErrDamaged) {
			return err
		}
		fmt.Println("failed")
	}
	return errors.Join(sharesDiffer(s), s.Close())
}

var call = regexp.MustCompile(`^\d+ +(\w+)\((\d+|AT_FDCWD)?(.*)`)

// metaWrite is of one of the two first pages.
var metaWrite = regexp.MustCompile(`, (0|4096|16|4112)\)? *(=|<unfinished|$)`)

// Pages are synced before a meta page is written, that before anything is said to be stored, and the file's name before that.
func TestEverythingIsSyncedInOrder(t *testing.T) {
	said, traced, err := child.Trace(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pages, metas, named := map[string]bool{}, map[string]bool{}, true
	stored := 0
	lines := bufio.NewScanner(strings.NewReader(traced))
	for lines.Scan() {
		found := call.FindStringSubmatch(lines.Text())
		if found == nil {
			continue // the end of a call, or of a thread
		}
		name, fd, rest := found[1], found[2], found[3]
		switch name {
		case "pwrite64":
			if !metaWrite.MatchString(rest) {
				pages[fd] = true
				break
			}
			if pages[fd] {
				t.Fatalf("a meta page is written before the pages are synced: %s", lines.Text())
			}
			metas[fd] = true
		case "fdatasync", "fsync":
			delete(pages, fd)
			delete(metas, fd)
			named = true // of the folder, or of the file after it was
		case "rename", "renameat", "renameat2":
			named = false
		case "write":
			if fd != "1" || !strings.Contains(rest, "stored") {
				continue
			}
			if stored++; len(pages) > 0 || len(metas) > 0 || !named {
				t.Fatalf("said before it is synced (%v, %v, %t): %s", pages, metas, named, lines.Text())
			}
		}
	}
	if stored != appended || strings.Count(said, "stored") != appended {
		t.Errorf("%d stored:\n%s", stored, said)
	}
}

// Whatever fails, and whenever: what was said to be stored is there, in order, and the spool goes on in the same process.
func TestDiskThatFails(t *testing.T) { child.Failing(t, compareStored) }

// A process that is killed in the middle of a call leaves what it said to be stored.
func TestKilledInACall(t *testing.T) { child.Killed(t, compareStored) }

// compareStored wants all that was said to be stored, in order. What was not said may be there, and more than once.
func compareStored(t *testing.T, dir, said string) {
	t.Helper()
	s, err := Open(dir, roomy())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	entries, err := s.Oldest(ShardOf("logger-1"), 1<<20, 1<<30, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for n := range strings.Count(said, "stored") {
		want := fmt.Sprintf("message %03d", n)
		for at < len(entries) && !bytes.HasPrefix(entries[at].Payload, []byte(want)) {
			at++
		}
		if at == len(entries) {
			t.Fatalf("%s was stored and is gone, or out of order", want)
		}
	}
	for _, e := range entries {
		if e.Corrupt {
			t.Errorf("number %d is corrupt", e.Number)
		}
	}
}

// A disk that is really full: nothing more is stored, nothing is lost, and it goes on once there is room.
func TestDiskThatIsFull(t *testing.T) {
	dir := boltfiletest.SmallDisk(t, "1m")
	s := mustOpen(t, dir)
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 600<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := 0
	add := func() error {
		_, err := s.Append([]Message{message(1, fmt.Sprintf("message %04d %01000d", stored, 0))})
		if err == nil {
			stored++
		}
		return err
	}
	for round := range 3 {
		var err error
		for err == nil {
			err = add()
		}
		if errors.Is(err, ErrFull) || errors.Is(err, ErrDamaged) || stored < 20 {
			t.Fatalf("round %d: after %d: %v", round, stored, err)
		}
		for range 5 {
			if err := add(); err == nil {
				t.Fatal("stored on a full disk")
			}
		}
		if err := os.Truncate(filler, int64(400-200*round)<<10); err != nil {
			t.Fatal(err)
		}
		if err := add(); err != nil {
			t.Fatalf("round %d: there is room, and it does not go on: %v", round, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	entries, err := s.Oldest(ShardOf("logger-1"), 1<<20, 1<<30, nil)
	if err != nil || len(entries) < stored {
		t.Fatalf("%d of %d are there: %v", len(entries), stored, err)
	}
}
