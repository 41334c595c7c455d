package spool_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	bolt "go.etcd.io/bbolt"
)

func queued(t *testing.T, s *spool.Spool, queue int) []string {
	t.Helper()
	entries, err := s.Oldest(queue, 100, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, string(e.Payload))
	}
	return all
}

// A statement has a queue of its own, and comes back to it out of quarantine.
func TestStatementsHaveAQueueOfTheirOwn(t *testing.T) {
	s, err := spool.Open(t.TempDir(), roomy())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Append([]spool.Message{
		{Device: "logger-1", Received: time.Now(), Payload: []byte("receipt"), Statement: true},
		{Device: "logger-1", Received: time.Now(), Payload: []byte("pack")},
	}); err != nil {
		t.Fatal(err)
	}
	if got, streams := queued(t, s, spool.Statements), queued(t, s, spool.ShardOf("logger-1")); !slices.Equal(got, []string{"receipt"}) || !slices.Equal(streams, []string{"pack"}) {
		t.Fatalf("statements %v, streams %v", got, streams)
	}
	entries, err := s.Oldest(spool.Statements, 1, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	verdict := &spool.Verdict{Code: waymark.NotFound, Time: time.Now()}
	if err := s.Settle(spool.Statements, []spool.Settlement{{Number: entries[0].Number, Verdict: verdict}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Replay(entries[0].Number); err != nil {
		t.Fatal(err)
	}
	if got, streams := queued(t, s, spool.Statements), queued(t, s, spool.ShardOf("logger-1")); !slices.Equal(got, []string{"receipt"}) || len(streams) != 1 {
		t.Errorf("after the replay: statements %v, streams %v", got, streams)
	}
	entries, err = s.Oldest(spool.Statements, 1, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Withdraw(entries[0].Number); err != nil {
		t.Errorf("withdraw: %v", err)
	}
	if u := s.Usage(); u.Messages != 1 || u.QuarantineMessages != 1 {
		t.Errorf("usage %+v", u)
	}
}

func TestQuarantineOfOneDevice(t *testing.T) {
	limits := roomy()
	limits.DeviceMessages = 2 // the third is held
	s, err := spool.Open(t.TempDir(), limits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	verdict := &spool.Verdict{Code: waymark.Invalid}
	for _, m := range []struct{ device, payload string }{
		{"logger-1", "1"}, {"logger-10", "a"}, {"logger-1", "2"}, {"logger", "b"}, {"logger-1", "3"},
	} {
		if _, err := s.Append([]spool.Message{{Device: m.device, Payload: []byte(m.payload), Verdict: verdict}}); err != nil {
			t.Fatal(err)
		}
	}
	of := func(device string, limit, bytes int) (found []string) {
		if err := s.QuarantinedOf(device, limit, bytes, func(q spool.Quarantined) bool {
			found = append(found, string(q.Payload))
			return true
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for device, want := range map[string][]string{"logger-1": {"3", "2", "1"}, "logger": {"b"}, "logger-10": {"a"}, "other": nil} {
		if got := of(device, 10, 1<<20); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", device, got, want)
		}
	}
	record := int(s.Usage().QuarantineBytes+s.Usage().HeldBytes) / 5
	for _, most := range []struct{ messages, bytes, want int }{{2, 1 << 20, 2}, {10, 1, 1}, {10, record, 1}, {10, 5 * record / 2, 2}, {0, 1 << 20, 0}} {
		if got := of("logger-1", most.messages, most.bytes); !slices.Equal(got, []string{"3", "2", "1"}[:most.want]) {
			t.Errorf("at most %d of %d bytes: %v", most.messages, most.bytes, got)
		}
	}
	listed, err := s.List(0, 1)
	if err != nil || len(listed) != 1 {
		t.Fatal(listed, err)
	}
	if err := s.Drop(listed[0].Number); err != nil {
		t.Fatal(err)
	}
	if got := of("logger-1", 10, 1<<20); !slices.Equal(got, []string{"3", "2"}) {
		t.Errorf("after the first was dropped: %v", got)
	}
}

// A spool of layout 2 had neither statements, nor shelves, nor an index by device.
func TestASpoolOfLayout2(t *testing.T) {
	dir := t.TempDir()
	s, err := spool.Open(dir, roomy())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Append([]spool.Message{
		{Device: "logger-1", Payload: []byte("bad"), Verdict: &spool.Verdict{Code: waymark.Invalid}},
		{Device: "logger-1", Payload: []byte("pack")},
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(dir, "spool.db"), 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{"quarantine-by-device", "statements", "shelf-commands", "shelf-followed", "shelf-presence"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte("meta"))
		return errors.Join(meta.Delete([]byte("state")), meta.SetSequence(2), meta.Put([]byte("layout"), []byte{2}))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = spool.Open(dir, roomy()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	found := 0
	err = s.QuarantinedOf("logger-1", 10, 1<<20, func(q spool.Quarantined) bool { found++; return string(q.Payload) == "bad" })
	if err != nil || found != 1 || !slices.Equal(queued(t, s, spool.ShardOf("logger-1")), []string{"pack"}) {
		t.Errorf("%d in quarantine, %v", found, err)
	}
	if err := s.Write([]spool.Change{{Shelf: spool.ShelfCommands, Key: "a", Value: []byte("b")}}); err != nil {
		t.Error(err)
	}
	if _, err := s.Append([]spool.Message{{Device: "logger-1", Payload: []byte("receipt"), Statement: true}}); err != nil {
		t.Error(err)
	}
}
