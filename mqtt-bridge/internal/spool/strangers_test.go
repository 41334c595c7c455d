package spool_test

import (
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// shared gives ids that the registry does not know room for 4 messages, and a device for 3.
func shared() spool.Limits {
	l := quota()
	l.UnregisteredMessages, l.UnregisteredBytes = 4, 1<<19
	return l
}

func disown(t *testing.T, s *spool.Spool, devices ...string) {
	t.Helper()
	if more, err := s.Disown(devices); more || err != nil {
		t.Fatalf("more %t, %v", more, err)
	}
}

// accountsOf are messages and held by account, that of the strangers last.
func accountsOf(t *testing.T, s *spool.Spool) string {
	t.Helper()
	accounts, err := s.Devices()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, a := range accounts {
		if a.Unregistered {
			a.Device += "*"
		}
		text += fmt.Sprintf("%s:%d+%d ", a.Device, a.Messages, a.Held)
	}
	return text
}

func TestStrangersShareOneQuota(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, shared())
	appendAll(t, s, bad("a", "1", "2", "3", "4", "4")) // one is held, and came twice
	appendAll(t, s, bad("b", "1", "2"))
	appendAll(t, s, bad("c", "1", "1"))
	disown(t, s, "a", "nobody")
	if got := accountsOf(t, s); got != "b:2+0 c:1+0 *:4+0 " || s.Dropped() != 0 || s.Usage().Held != 0 {
		t.Errorf("accounts %s, dropped %d, usage %+v", got, s.Dropped(), s.Usage())
	}
	disown(t, s, "a", "b") // there is no room for the second
	if got := accountsOf(t, s); got != "c:1+0 *:4+0 " || s.Dropped() != 2 {
		t.Errorf("accounts %s, dropped %d", got, s.Dropped())
	}
	appendAll(t, s, bad("a", "4", "5")) // the one is there, the other is no stranger's until somebody says so
	if got := listed(t, s); got != "a:1*1 a:2*1 a:3*1 a:4*3 c:1*2 a:5*1 " || full(t, s, "a") {
		t.Errorf("in quarantine: %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, shared())
	if got := accountsOf(t, s); got != "a:1+0 c:1+0 *:4+0 " || s.Found().Corrupt != 0 {
		t.Errorf("accounts of the next start: %s", got)
	}
}

// The index that is made anew has the same accounts; what an operator drops or replays makes room for strangers as for devices.
func TestStrangersLeaveTheirAccount(t *testing.T) {
	s := open(t, t.TempDir(), shared())
	appendAll(t, s, bad("a", "1", "2", "3"))
	appendAll(t, s, bad("b", "1", "2"))
	disown(t, s, "a", "b")
	list, err := s.List(0, 10)
	if err != nil || len(list) != 4 || !list[0].Unregistered {
		t.Fatalf("in quarantine: %+v, %v", list, err)
	}
	if err := s.Drop(list[0].Number); err != nil {
		t.Fatal(err)
	}
	if err := s.Replay(list[1].Number); err != nil {
		t.Fatal(err)
	}
	if got := accountsOf(t, s); got != "*:2+0 " || s.Usage().Messages != 1 || s.Dropped() != 1 {
		t.Errorf("accounts %s, usage %+v, dropped %d", got, s.Usage(), s.Dropped())
	}
	for _, q := range list[2:] {
		if err := s.Drop(q.Number); err != nil {
			t.Fatal(err)
		}
	}
	if got := accountsOf(t, s); got != "" || s.Usage().QuarantineBytes != 0 {
		t.Errorf("accounts %s, usage %+v", got, s.Usage())
	}
}

// Made-up ids do not fill the quarantine: each has little, all together would have too much.
func TestStrangersDoNotFillTheQuarantine(t *testing.T) {
	limits := shared()
	limits.QuarantineBytes = 8000
	s := open(t, t.TempDir(), limits)
	for n := range 200 {
		device := fmt.Sprintf("made-up-%d", n)
		appendAll(t, s, bad(device, "1", "2"))
		disown(t, s, device)
	}
	appendAll(t, s, bad("device", "1", "2", "3"))
	if got := accountsOf(t, s); got != "device:3+0 *:4+0 " || s.Dropped() != 396 {
		t.Errorf("accounts %s, dropped %d", got, s.Dropped())
	}
}

// What names no possible device is a stranger's from the beginning; what was damaged is nobody's, and stays.
func TestWhatIsNoDevicesIsDroppedBeyondTheQuota(t *testing.T) {
	s := open(t, t.TempDir(), shared())
	for n := range 10 {
		m := bad("", fmt.Sprint(n))
		m[0].Verdict.Unregistered = true
		appendAll(t, s, m)
	}
	for n := range 5 {
		m := bad("", fmt.Sprint("damaged", n))
		m[0].Verdict.Code = spool.Corrupt
		appendAll(t, s, m)
	}
	if got := accountsOf(t, s); got != ":3+2 *:4+0 " || s.Dropped() != 6 {
		t.Errorf("accounts %s, dropped %d", got, s.Dropped())
	}
	if accounts, err := s.DevicesAfter("", 10); err != nil || len(accounts) != 0 {
		t.Errorf("to be asked about: %+v, %v", accounts, err)
	}
}

func TestDisownIsBounded(t *testing.T) {
	limits := shared()
	limits.DeviceMessages = 0
	s := open(t, t.TempDir(), limits)
	var payloads []string
	for n := range 1500 {
		payloads = append(payloads, fmt.Sprint(n))
	}
	appendAll(t, s, bad("a", payloads...))
	more, err := s.Disown([]string{"a"})
	if got := accountsOf(t, s); !more || err != nil || got != "a:500+0 *:4+0 " {
		t.Errorf("more %t, %v, accounts %s", more, err, got)
	}
	disown(t, s, "a")
	if got := accountsOf(t, s); got != "*:4+0 " || s.Dropped() != 1496 {
		t.Errorf("accounts %s, dropped %d", got, s.Dropped())
	}
}

func TestDevicesAfter(t *testing.T) {
	s := open(t, t.TempDir(), shared())
	for _, device := range []string{"b", "a", "c", "ab"} {
		appendAll(t, s, bad(device, "1"))
	}
	disown(t, s, "c")
	var got []string
	for after := ""; ; {
		page, err := s.DevicesAfter(after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			got = append(got, a.Device)
		}
		after = page[len(page)-1].Device
	}
	if fmt.Sprint(got) != "[a ab b]" {
		t.Errorf("got %v", got)
	}
}
