package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sealed"
)

func roomy() Limits {
	return Limits{Bytes: 1 << 26, QuarantineBytes: 1 << 24, DeviceMessages: 5, DeviceBytes: 1 << 20}
}

func mustOpen(t *testing.T, dir string) *Spool {
	t.Helper()
	s, err := Open(dir, roomy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func message(device int, payload string) Message {
	return Message{Device: fmt.Sprintf("logger-%d", device), Received: time.UnixMilli(1.7e12), Payload: []byte(payload)}
}

func TestFailedSyncAcknowledgesNothingAndTheSpoolGoesOn(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	if _, err := s.Append([]Message{message(1, "a"), message(2, "b")}); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		boltfiletest.Swap(t, s.path, "/dev/null")
		if n, err := s.Append([]Message{message(1, fmt.Sprint("lost ", round))}); err == nil || n != 0 {
			t.Fatalf("round %d: appended %d to nowhere: %v", round, n, err)
		}
		if entries, err := s.Oldest(ShardOf("logger-1"), 100, 1<<20, nil); err != nil || len(entries) != 1+round {
			t.Fatalf("round %d: %d entries can be read: %v", round, len(entries), err)
		}
		if _, err := s.Append([]Message{message(1, fmt.Sprint("kept ", round))}); err != nil {
			t.Fatalf("round %d: it does not go on: %v", round, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, filepath.Dir(s.path))
	entries, err := s.Oldest(ShardOf("logger-1"), 100, 1<<20, nil)
	if err != nil || len(entries) != 4 || string(entries[3].Payload) != "kept 2" || s.Usage().Messages != 5 {
		t.Errorf("%d entries, usage %+v: %v", len(entries), s.Usage(), err)
	}
}

// While the disk fails at everything nothing is stored, and what is there can be read.
func TestDiskThatFailsForLong(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := s.Append([]Message{message(1, "a")}); err != nil {
		t.Fatal(err)
	}
	boltfiletest.Swap(t, s.path, "/dev/null")
	if _, err := s.Append([]Message{message(1, "b")}); err == nil || errors.Is(err, ErrReplaced) {
		t.Errorf("appended without a disk: %v", err)
	}
	aside := s.path + ".aside"
	if err := os.Rename(s.path, aside); err != nil { // it cannot be synced again either
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Append([]Message{message(1, "b")}); err == nil || errors.Is(err, ErrDamaged) {
			t.Errorf("appended without a disk: %v", err)
		}
		if entries, err := s.Oldest(ShardOf("logger-1"), 100, 1<<20, nil); err != nil || len(entries) != 1 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
		if err := s.Settle(ShardOf("logger-1"), []Settlement{{Number: 1}}); err == nil || errors.Is(err, ErrDamaged) {
			t.Errorf("settled without a disk: %v", err)
		}
	}
	if err := os.Rename(aside, s.path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append([]Message{message(1, "c")}); err != nil {
		t.Error(err)
	}
	if u := s.Usage(); u.Messages != 2 {
		t.Errorf("usage %+v", u)
	}
}

// A page that is damaged while the spool is open ends nothing but the spool: from then on it stores nothing.
func TestDamageWhileOpen(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	for i := range 300 {
		if _, err := s.Append([]Message{message(1, fmt.Sprintf("%0100d", i))}); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for at := 2 * os.Getpagesize(); at < len(raw); at += os.Getpagesize() { // bbolt sees the same pages
		if _, err := file.WriteAt(bytes.Repeat([]byte{0xFF}, 64), int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Oldest(ShardOf("logger-1"), 1000, 1<<20, nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	if n, err := s.Append([]Message{message(1, "more")}); n != 0 || !errors.Is(err, ErrDamaged) {
		t.Errorf("appended %d: %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Accounts of before repeats were counted have none.
func TestAnAccountWithoutRepeats(t *testing.T) {
	key := accountKey("a")
	for _, test := range []struct{ have, want []int64 }{
		{[]int64{1, 2, 3, 4}, []int64{1, 2, 3, 4, 0}}, {[]int64{1, 2, 3, 4, 5}, []int64{1, 2, 3, 4, 5}}, {[]int64{1, 2, 3}, nil}, {[]int64{1, 2, 3, 4, 5, 6}, nil},
	} {
		if got := decodeAccount(key, sealed.Seal([]byte(accountBucket), key, encodeNumbers(test.have...))); !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, want %v", test.have, got, test.want)
		}
	}
}
