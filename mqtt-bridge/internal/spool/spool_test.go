package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	bolt "go.etcd.io/bbolt"
)

func open(t *testing.T, dir string, limits spool.Limits) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func roomy() spool.Limits { return spool.Limits{Bytes: 1 << 20, QuarantineBytes: 1 << 20} }

func messages(device string, payloads ...string) []spool.Message {
	var m []spool.Message
	for _, p := range payloads {
		m = append(m, spool.Message{Device: device, Received: time.UnixMilli(1700000000000), Payload: []byte(p)})
	}
	return m
}

func appendAll(t *testing.T, s *spool.Spool, m []spool.Message) {
	t.Helper()
	if n, err := s.Append(m); err != nil || n != len(m) {
		t.Fatalf("appended %d of %d: %v", n, len(m), err)
	}
}

func oldest(t *testing.T, s *spool.Spool, device string) []spool.Entry {
	t.Helper()
	entries, err := s.Oldest(spool.ShardOf(device), 100, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func payloads(entries []spool.Entry) string {
	var b bytes.Buffer
	for _, e := range entries {
		fmt.Fprintf(&b, "%s ", e.Payload)
	}
	return b.String()
}

func TestOrderBoundsAndSettle(t *testing.T) {
	s := open(t, t.TempDir(), roomy())
	appendAll(t, s, messages("a", "1", "2", "3"))
	appendAll(t, s, messages("a", "4"))
	entries := oldest(t, s, "a")
	if got := payloads(entries); got != "1 2 3 4 " {
		t.Fatalf("order: %s", got)
	}
	if e := entries[0]; e.Device != "a" || e.Received.UnixMilli() != 1700000000000 || e.Corrupt {
		t.Errorf("entry: %+v", e)
	}
	few, err := s.Oldest(spool.ShardOf("a"), 2, 1<<20, nil)
	if err != nil || payloads(few) != "1 2 " {
		t.Errorf("by count: %s, %v", payloads(few), err)
	}
	one, err := s.Oldest(spool.ShardOf("a"), 10, 1, nil)
	if err != nil || payloads(one) != "1 " {
		t.Errorf("by bytes, but at least one: %s, %v", payloads(one), err)
	}
	verdict := &spool.Verdict{Code: "forbidden", Detail: "no", Reasons: []string{"r1"}, Attempts: 2}
	settled := []spool.Settlement{{Number: entries[0].Number}, {Number: entries[1].Number, Verdict: verdict}}
	for range 2 { // the second time there is nothing to do
		if err := s.Settle(spool.ShardOf("a"), settled); err != nil {
			t.Fatal(err)
		}
	}
	if got := payloads(oldest(t, s, "a")); got != "3 4 " {
		t.Errorf("after settle: %s", got)
	}
	if u := s.Usage(); u.Messages != 2 || u.QuarantineMessages != 1 {
		t.Errorf("usage: %+v", u)
	}
}

func TestQuarantine(t *testing.T) {
	s := open(t, t.TempDir(), roomy())
	bad := messages("a", "x", "y", "z")
	for i := range bad {
		bad[i].Verdict = &spool.Verdict{Code: spool.Unreadable, Detail: "no message"}
	}
	appendAll(t, s, bad)
	listed, err := s.List(0, 2)
	if err != nil || len(listed) != 2 || string(listed[0].Payload) != "x" || listed[0].Code != spool.Unreadable {
		t.Fatalf("first page: %+v, %v", listed, err)
	}
	rest, err := s.List(listed[1].Number, 2)
	if err != nil || len(rest) != 1 {
		t.Fatalf("second page: %+v, %v", rest, err)
	}
	if err := s.Drop(listed[0].Number); err != nil {
		t.Error(err)
	}
	if err := s.Replay(listed[1].Number); err != nil {
		t.Error(err)
	}
	for _, err := range []error{s.Drop(listed[0].Number), s.Replay(listed[1].Number)} {
		if !errors.Is(err, spool.ErrNoSuchMessage) {
			t.Errorf("gone: %v", err)
		}
	}
	if got := payloads(oldest(t, s, "a")); got != "y " {
		t.Errorf("replayed: %s", got)
	}
	if u := s.Usage(); u.Messages != 1 || u.QuarantineMessages != 1 {
		t.Errorf("usage: %+v", u)
	}
}

func TestFull(t *testing.T) {
	s := open(t, t.TempDir(), spool.Limits{Bytes: 100, QuarantineBytes: 10})
	big := string(make([]byte, 40))
	n, err := s.Append(messages("a", big, big, big))
	if n != 1 || err != nil {
		t.Fatalf("appended %d, %v; want the one that fits", n, err)
	}
	if n, err := s.Append(messages("a", big)); n != 0 || !errors.Is(err, spool.ErrFull) {
		t.Errorf("appended %d, %v; want ErrFull", n, err)
	}
	bad := messages("a", "x")
	bad[0].Verdict = &spool.Verdict{Code: spool.Unreadable}
	if _, err := s.Append(bad); !errors.Is(err, spool.ErrQuarantineFull) {
		t.Errorf("got %v; want ErrQuarantineFull", err)
	}
	entry := oldest(t, s, "a")[0]
	refused := []spool.Settlement{{Number: entry.Number, Verdict: &spool.Verdict{Code: "invalid"}}}
	if err := s.Settle(spool.ShardOf("a"), refused); !errors.Is(err, spool.ErrQuarantineFull) {
		t.Errorf("got %v; want ErrQuarantineFull", err)
	}
	if len(oldest(t, s, "a")) != 1 {
		t.Error("an entry that found no room in quarantine is gone")
	}
	if err := s.Settle(spool.ShardOf("a"), []spool.Settlement{{Number: entry.Number}}); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, messages("a", big))
}

func TestReopenAfterCrash(t *testing.T) {
	dir, copyDir := t.TempDir(), t.TempDir()
	s := open(t, dir, roomy())
	appendAll(t, s, messages("a", "1", "2"))
	// What a process that is killed leaves behind is the file as it is now.
	raw, err := os.ReadFile(filepath.Join(dir, "spool.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(copyDir, "spool.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	crashed := open(t, copyDir, roomy())
	if got := payloads(oldest(t, crashed, "a")); got != "1 2 " {
		t.Errorf("after the crash: %s", got)
	}
	if crashed.Usage() != s.Usage() {
		t.Errorf("usage %+v, was %+v", crashed.Usage(), s.Usage())
	}
	select {
	case <-crashed.Ready(spool.ShardOf("a")):
	default:
		t.Error("nobody is told that something waits")
	}
	appendAll(t, crashed, messages("a", "3"))
	if got := payloads(oldest(t, crashed, "a")); got != "1 2 3 " {
		t.Errorf("numbers do not rise after the crash: %s", got)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, roomy())
	if s, err := spool.Open(dir, roomy()); err == nil {
		_ = s.Close()
		t.Error("opened twice")
	}
}

func TestFlippedBitIsFound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, roomy())
	appendAll(t, s, messages("a", "first", "second", "third"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, dir, []byte("second"))
	s = open(t, dir, roomy())
	entries := oldest(t, s, "a")
	if len(entries) != 3 || entries[0].Corrupt || !entries[1].Corrupt || entries[2].Corrupt {
		t.Fatalf("entries: %+v", entries)
	}
	verdict := &spool.Verdict{Code: spool.Corrupt}
	if err := s.Settle(spool.ShardOf("a"), []spool.Settlement{{Number: entries[1].Number, Verdict: verdict}}); err != nil {
		t.Fatal(err)
	}
	q, err := s.Quarantined(entries[1].Number)
	if err != nil || q.Code != spool.Corrupt || !bytes.Contains(q.Payload, []byte("recond")) {
		t.Errorf("quarantined: %+v, %v", q, err)
	}
	if err := s.Replay(q.Number); !errors.Is(err, spool.ErrNotReplayable) {
		t.Errorf("replay: %v", err)
	}
}

func TestFlippedBitInQuarantineIsFound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, roomy())
	bad := messages("logger-7", "x")
	bad[0].Verdict = &spool.Verdict{Code: spool.Unreadable, Detail: "second thoughts"}
	appendAll(t, s, bad)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, dir, []byte("second"))
	listed, err := open(t, dir, roomy()).List(0, 10)
	if err != nil || len(listed) != 1 || listed[0].Code != spool.Corrupt {
		t.Errorf("listed: %+v, %v", listed, err)
	}
}

// flip changes one bit of text wherever it is in the file.
func flip(t *testing.T, dir string, text []byte) {
	t.Helper()
	path := filepath.Join(dir, "spool.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(text)
	flipped[0] ^= 1
	if !bytes.Contains(raw, text) {
		t.Fatal("the text is not in the file")
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(raw, text, flipped), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherLayoutIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := bolt.Open(filepath.Join(dir, "spool.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		meta, err := tx.CreateBucket([]byte("meta"))
		if err != nil {
			return err
		}
		return meta.Put([]byte("layout"), []byte{9})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err := spool.Open(dir, roomy()); err == nil {
		_ = s.Close()
		t.Error("opened a layout of another version")
	}
}
