package spool_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	bolt "go.etcd.io/bbolt"
)

func quota() spool.Limits {
	return spool.Limits{Bytes: 1 << 20, QuarantineBytes: 1 << 20, DeviceMessages: 3, DeviceBytes: 1 << 19}
}

func bad(device string, payloads ...string) []spool.Message {
	m := messages(device, payloads...)
	for i := range m {
		m[i].Verdict = &spool.Verdict{Code: spool.Unreadable, Detail: "no message"}
	}
	return m
}

func full(t *testing.T, s *spool.Spool, device string) bool {
	t.Helper()
	over, err := s.OverQuota(device)
	if err != nil {
		t.Fatal(err)
	}
	return over
}

func listed(t *testing.T, s *spool.Spool) string {
	t.Helper()
	list, err := s.List(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, q := range list {
		text += fmt.Sprintf("%s:%s*%d ", q.Device, q.Payload, q.Repeats+1)
	}
	return text
}

func TestQuotaHoldsOneDeviceAndNotTheOthers(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quota())
	appendAll(t, s, bad("a", "1", "2"))
	if full(t, s, "a") {
		t.Error("full with room for one more")
	}
	appendAll(t, s, bad("a", "3", "4", "5"))
	appendAll(t, s, messages("a", "6")) // rejected later, by the ledger
	entry := oldest(t, s, "a")[0]
	rejected := []spool.Settlement{{Number: entry.Number, Verdict: &spool.Verdict{Code: "forbidden"}}}
	if err := s.Settle(spool.ShardOf("a"), rejected); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, bad("b", "1"))
	if !full(t, s, "a") || full(t, s, "b") {
		t.Errorf("full: a %t, b %t", full(t, s, "a"), full(t, s, "b"))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, quota()) // what is held is as durable as the rest
	if got := listed(t, s); got != "a:1*1 a:2*1 a:3*1 b:1*1 " {
		t.Errorf("in quarantine: %s", got)
	}
	if u := s.Usage(); u.Held != 3 || u.HeldBytes == 0 || u.Messages != 0 || u.QuarantineMessages != 4 {
		t.Errorf("usage: %+v", u)
	}
	for _, want := range []string{"a:2*1 a:3*1 a:4*1 b:1*1 ", "a:3*1 a:4*1 a:5*1 b:1*1 ", "a:4*1 a:5*1 a:6*1 b:1*1 ", "a:5*1 a:6*1 b:1*1 "} {
		list, err := s.List(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Drop(list[0].Number); err != nil {
			t.Fatal(err)
		}
		if got := listed(t, s); got != want {
			t.Errorf("in quarantine: %s, want %s", got, want)
		}
	}
	accounts, err := s.Devices()
	if err != nil || len(accounts) != 2 || accounts[0].Messages != 2 || accounts[0].Full || accounts[1].Messages != 1 {
		t.Errorf("accounts: %+v, %v", accounts, err)
	}
	if u := s.Usage(); u.Held != 0 || u.HeldBytes != 0 || full(t, s, "a") {
		t.Errorf("usage: %+v", u)
	}
}

func TestHeldMessagesCountAgainstTheSpool(t *testing.T) {
	limits := quota()
	limits.Bytes = 2000
	s := open(t, t.TempDir(), limits)
	stored := 0
	for i := range 100 {
		_, err := s.Append(bad("a", fmt.Sprint(i)))
		if errors.Is(err, spool.ErrFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		stored++
	}
	if u := s.Usage(); stored == 100 || int64(stored) != u.QuarantineMessages+u.Held {
		t.Errorf("stored %d, usage %+v", stored, u)
	}
	if _, err := s.Append(messages("b", "x")); !errors.Is(err, spool.ErrFull) {
		t.Errorf("got %v; want ErrFull", err)
	}
}

func TestSamePayloadIsCountedAndNotStoredAgain(t *testing.T) {
	limits := quota()
	limits.DeviceMessages = 7
	s := open(t, t.TempDir(), limits)
	for range 5 {
		appendAll(t, s, bad("a", "1"))
	}
	appendAll(t, s, bad("b", "1"))
	if got := listed(t, s); got != "a:1*5 b:1*1 " || full(t, s, "a") {
		t.Errorf("in quarantine: %s", got)
	}
	appendAll(t, s, bad("a", "2", "3", "4", "4", "4")) // 4 is held, once
	if u := s.Usage(); u.Held != 1 {
		t.Errorf("usage: %+v", u)
	}
	list, err := s.List(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(list[0].Number); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, bad("a", "4"))
	if got := listed(t, s); got != "b:1*1 a:2*1 a:3*1 a:4*4 " {
		t.Errorf("in quarantine: %s", got)
	}
	appendAll(t, s, bad("b", "2"))
	appendAll(t, s, bad("b", "1"))
	if got := listed(t, s); got != "b:1*2 a:2*1 a:3*1 a:4*4 b:2*1 " {
		t.Errorf("in quarantine: %s", got)
	}
}

// Each time that a payload comes counts as a message against its device's quota, though it is kept once: the ledger has to refuse it each time.
func TestRepeatsCountAgainstTheQuota(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quota())
	appendAll(t, s, bad("a", "1", "1"))
	if full(t, s, "a") {
		t.Error("full with room for one more")
	}
	appendAll(t, s, bad("a", "1", "2", "2"))
	appendAll(t, s, bad("b", "1"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, quota())
	if u := s.Usage(); !full(t, s, "a") || full(t, s, "b") || u.Held != 1 || listed(t, s) != "a:1*3 b:1*1 " {
		t.Errorf("in quarantine: %s, usage %+v", listed(t, s), u)
	}
	for _, step := range []struct {
		want string
		full bool
	}{{"a:2*2 b:1*1 ", false}, {"b:1*1 ", false}, {"", false}} { // the first is dropped each time
		list, err := s.List(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Drop(list[0].Number); err != nil {
			t.Fatal(err)
		}
		if got := listed(t, s); got != step.want || full(t, s, "a") != step.full {
			t.Errorf("in quarantine: %s, full %t; want %s", got, full(t, s, "a"), step.want)
		}
	}
	appendAll(t, s, bad("a", "1", "1", "1"))
	disown(t, s, "a")
	appendAll(t, s, bad("a", "1", "1", "1"))
	if accounts, err := s.Devices(); err != nil || len(accounts) != 1 || !accounts[0].Unregistered || accounts[0].Repeats != 0 || accounts[0].Full {
		t.Errorf("of ids that nobody registered: %+v, %v", accounts, err)
	}
}

// What was damaged on the disk is no reason not to store the good bytes.
func TestDamagedRecordIsNoRepeat(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quota())
	m := bad("a", "1")
	m[0].Verdict.Detail = "second thoughts"
	appendAll(t, s, m)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, dir, []byte("second"))
	s = open(t, dir, quota())
	appendAll(t, s, bad("a", "1"))
	list, err := s.List(0, 10)
	if err != nil || len(list) != 2 || list[0].Code != spool.Corrupt || string(list[1].Payload) != "1" {
		t.Fatalf("in quarantine: %+v, %v", list, err)
	}
	if err := s.Drop(list[0].Number); err != nil {
		t.Fatal(err)
	}
	accounts, err := s.Devices()
	if err != nil || len(accounts) != 1 || accounts[0].Device != "a" || accounts[0].Messages != 1 {
		t.Errorf("accounts: %+v, %v", accounts, err)
	}
}

func TestLargeMessageFitsAnEmptyQuota(t *testing.T) {
	limits := quota()
	limits.DeviceBytes = 10
	s := open(t, t.TempDir(), limits)
	appendAll(t, s, bad("a", "much more than ten bytes", "another"))
	if u := s.Usage(); u.QuarantineMessages != 1 || u.Held != 1 {
		t.Errorf("usage: %+v", u)
	}
}

func TestWithdraw(t *testing.T) {
	s := open(t, t.TempDir(), quota())
	appendAll(t, s, messages("a", "1", "2"))
	number := oldest(t, s, "a")[0].Number
	if e, verdict, err := s.Withdraw(number); err != nil || e.Number != number || e.Device != "a" || string(e.Payload) != "1" || verdict.Code != spool.Withdrawn {
		t.Fatalf("%+v, %+v, %v", e, verdict, err)
	}
	q, err := s.Quarantined(number)
	if err != nil || q.Code != spool.Withdrawn || payloads(oldest(t, s, "a")) != "2 " {
		t.Errorf("quarantined: %+v, %v", q, err)
	}
	if _, _, err := s.Withdraw(number); !errors.Is(err, spool.ErrNoSuchMessage) {
		t.Errorf("withdrawn twice: %v", err)
	}
}

func TestOldLayoutIsIndexed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, quota())
	appendAll(t, s, bad("a", "1", "2", "3"))
	appendAll(t, s, messages("a", "4"))
	want := s.Usage()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	makeOld(t, filepath.Join(dir, "spool.db"))
	s = open(t, dir, quota())
	appendAll(t, s, bad("a", "2"))
	if got := listed(t, s); got != "a:1*1 a:2*2 a:3*1 " || !full(t, s, "a") || s.Usage() != want {
		t.Errorf("in quarantine: %s, usage %+v, want %+v", got, s.Usage(), want)
	}
	if got := payloads(oldest(t, s, "a")); got != "4 " {
		t.Errorf("waiting: %s", got)
	}
}

// makeOld turns a spool into one of layout 1: no index, nothing held, and no state with a
// checksum.
func makeOld(t *testing.T, path string) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{"quarantine-devices", "quarantine-digests", "quarantine-by-device", "held", "statements"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte("meta"))
		return errors.Join(meta.Delete([]byte("state")), meta.SetSequence(4), meta.Put([]byte("layout"), []byte{1}))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// A message that comes again, and is on the ledger by now, is undisclosed from then on,
// whether it is in quarantine or held. Nothing else replaces a verdict.
func TestUndisclosedReplacesAVerdict(t *testing.T) {
	s, err := spool.Open(t.TempDir(), spool.Limits{Bytes: 1 << 20, QuarantineBytes: 1 << 20, DeviceMessages: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	rejected, undisclosed := spool.Verdict{Code: waymark.Invalid, Reasons: []string{waymark.ReasonTime}},
		spool.Verdict{Code: waymark.Unavailable, Detail: "carrier is away", Reasons: []string{waymark.ReasonUndisclosed}}
	for _, v := range []spool.Verdict{rejected, undisclosed, rejected} {
		for _, payload := range []string{"in quarantine", "held"} {
			if _, err := s.Append([]spool.Message{{Device: "logger-1", Received: time.Now(), Payload: []byte(payload), Verdict: &v}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range []string{"in quarantine", "held"} { // moves up when the other is dropped
		listed, err := s.List(0, 10)
		if err != nil || len(listed) != 1 || string(listed[0].Payload) != want || !listed[0].Undisclosed() || listed[0].Repeats != 2 {
			t.Fatalf("%s: quarantine holds %+v (%v)", want, listed, err)
		}
		if err := s.Drop(listed[0].Number); err != nil {
			t.Fatal(err)
		}
	}
	accounts, err := s.Devices()
	if u := s.Usage(); u != (spool.Usage{}) || len(accounts) != 0 || err != nil {
		t.Errorf("usage %+v, accounts %+v (%v)", u, accounts, err)
	}
}
