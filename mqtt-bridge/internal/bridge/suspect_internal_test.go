package bridge

import (
	"strconv"
	"testing"
	"time"
)

// Whoever is to be looked at is, once, however many they are.
func TestSuspects(t *testing.T) {
	const devices = 5000
	s := newSuspects()
	for i := range 2 * devices {
		s.add(strconv.Itoa(i % devices))
	}
	<-s.ready
	taken := map[string]bool{}
	for device, found := s.take(); found; device, found = s.take() {
		if taken[device] {
			t.Fatalf("%s twice", device)
		}
		taken[device] = true
	}
	if len(taken) != devices {
		t.Errorf("%d of %d", len(taken), devices)
	}
	<-s.ready // for whoever works beside
	if _, found := s.take(); found {
		t.Error("one more")
	}
}

// Whoever was cut off is known for as long as a login that was under way takes, and not for ever.
func TestCuts(t *testing.T) {
	var c cuts
	start := time.Now()
	for i := range maxSuspects + 1 {
		c.note(strconv.Itoa(i), start)
	}
	c.note("later", start.Add(loginSpan))
	for _, test := range []struct {
		device string
		after  time.Duration
		want   bool
	}{
		{"0", loginSpan, true}, {strconv.Itoa(maxSuspects), loginSpan, false}, {"later", 2*loginSpan - 1, true}, {"0", 2 * loginSpan, false},
		{"later", 2 * loginSpan, true}, {"later", 9 * loginSpan, false},
	} {
		if got := c.has(test.device, start.Add(test.after)); got != test.want {
			t.Errorf("%s after %v: %t", test.device, test.after, got)
		}
	}
}
