package spool

import (
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile/boltfiletest"
	bolt "go.etcd.io/bbolt"
)

// counted are the shares of what is in the file.
func counted(s *Spool) (*shares, error) {
	found := newShares()
	err := s.view(func(tx *bolt.Tx) error {
		for pile := range piles {
			err := tx.Bucket(bucketOf(pile)).ForEach(func(_, record []byte) error {
				if device, waits := whose(pile, record); waits {
					found.add(device, int64(len(record)))
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// sharesDiffer says how the shares differ from what is in the file, nil if they do not.
func sharesDiffer(s *Spool) error {
	found, err := counted(s)
	if err == nil && (found.total != s.shares.total || !maps.Equal(found.of, s.shares.of)) {
		err = fmt.Errorf("%d bytes %v, in the file %d %v", s.shares.total, s.shares.of, found.total, found.of)
	}
	return err
}

// Whatever changes what waits changes the shares with it, and a failure changes neither.
func TestSharesAreOfWhatWaits(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	shard := ShardOf("logger-1")
	bad := func(n int) Message {
		m := message(1, fmt.Sprint("bad ", n))
		m.Verdict = &Verdict{Code: waymark.Invalid}
		return m
	}
	do := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, step := range []struct {
		name string
		do   func() error
		fail bool
	}{
		{name: "messages", do: func() error {
			_, err := s.Append([]Message{message(1, "a"), message(2, "b"), message(1, "c"), message(3, "d")})
			return err
		}},
		{name: "a statement", do: func() error { m := message(2, "s"); m.Statement = true; _, err := s.Append([]Message{m}); return err }},
		{name: "quarantine, and held", do: func() error {
			_, err := s.Append([]Message{bad(1), bad(2), bad(3), bad(4), bad(5), bad(6), bad(7)})
			return err
		}},
		{name: "settled", do: func() error { return s.Settle(shard, []Settlement{{Number: 1}}) }},
		{name: "settled again", do: func() error { return s.Settle(shard, []Settlement{{Number: 1}}) }},
		{name: "rejected", do: func() error {
			return s.Settle(ShardOf("logger-2"), []Settlement{{Number: 2, Verdict: &Verdict{Code: waymark.Invalid}}})
		}},
		{name: "withdrawn", do: func() error { _, _, err := s.Withdraw(3); return err }},
		{name: "replayed", do: func() error { return s.Replay(2) }},
		{name: "dropped", do: func() error { return s.Drop(6) }},
		{name: "no disk", fail: true, do: func() error {
			boltfiletest.Swap(t, s.path, "/dev/null")
			_, err := s.Append([]Message{message(1, "lost")})
			return err
		}},
		{name: "the disk is back", do: func() error { _, err := s.Append([]Message{message(1, "kept")}); return err }},
		{name: "opened again", do: func() error { do("close", s.Close()); s = mustOpen(t, filepath.Dir(s.path)); return nil }},
	} {
		if err := step.do(); (err != nil) != step.fail {
			t.Fatalf("%s: %v", step.name, err)
		}
		if err := sharesDiffer(s); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if len(s.shares.of) != 3 {
		t.Errorf("of %d devices something waits", len(s.shares.of))
	}
}

// A device has a quarter of the spool for sure, and more as long as half of it is free.
func TestCrowds(t *testing.T) {
	s, err := Open(t.TempDir(), Limits{Bytes: 10_000, QuarantineBytes: 1 << 20, DeviceMessages: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	payload := string(make([]byte, 1000))
	for _, step := range []struct {
		device, times int
		want          int // devices that crowd
	}{{1, 4, 0}, {2, 1, 1}, {2, 1, 1}, {3, 1, 1}} {
		for range step.times {
			if n, err := s.Append([]Message{message(step.device, payload)}); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if got := s.Crowding(); got != step.want || s.Crowds("logger-1") != (step.want > 0) || s.Crowds("logger-2") || s.Crowds("nobody") {
			t.Errorf("after %+v: %d crowd", step, got)
		}
	}
	entries, err := s.Oldest(ShardOf("logger-1"), 10, 1<<20, func(device string) bool { return device == "logger-1" })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries[:2] {
		if err := s.Settle(ShardOf("logger-1"), []Settlement{{Number: e.Number}}); err != nil {
			t.Fatal(err)
		}
	}
	if s.Crowds("logger-1") {
		t.Error("it crowds with less than a quarter")
	}
}

// Ids without number cost no memory without bound, and what they have counts as a whole all the same.
func TestSharesAreBounded(t *testing.T) {
	s := newShares()
	for n := range maxShares + 10 {
		s.add(fmt.Sprint(n), 1)
	}
	if len(s.of) != maxShares || s.total != maxShares+10 {
		t.Errorf("%d counted, %d in all", len(s.of), s.total)
	}
	s.add(fmt.Sprint(maxShares), -1) // it was not counted
	s.add("0", -1)
	if _, there := s.of[fmt.Sprint(maxShares)]; there || len(s.of) != maxShares-1 || s.total != maxShares+8 {
		t.Errorf("%d counted, %d in all", len(s.of), s.total)
	}
}
