package command

import (
	"strconv"
	"testing"
	"time"
)

// A device of which much expires at once takes one place of those that are asked of later, at the last time that was named; one for which
// there is none is asked for as if it never had been.
func TestLaterHasEachDeviceOnce(t *testing.T) {
	s, now := newStale(), time.Now()
	s.asked["moved"] = true
	for range maxStale {
		s.addLater("expiring", now.Add(time.Second))
	}
	s.addLater("moved", now.Add(2*time.Second))
	s.addLater("expiring", now.Add(3*time.Second))
	for i, step := range []struct {
		after time.Duration
		want  string // of which the gateway is to be asked
	}{{time.Second, ""}, {2 * time.Second, "moved"}, {3*time.Second - 1, ""}, {3 * time.Second, "expiring"}, {time.Minute, ""}} {
		s.ripen(now.Add(step.after))
		if got := s.next(true); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	for i := range maxStale {
		s.addLater(strconv.Itoa(i), now)
	}
	if s.addLater("moved", now); s.asked["moved"] {
		t.Error("it is not asked for once it appears")
	}
}
