package lease

import (
	"testing"
	"time"
)

// TestStandingStillIsOfOneState seen again and again, by the clock of who sees it.
func TestStandingStillIsOfOneState(t *testing.T) {
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	var seen sighting
	for _, tt := range []struct {
		after time.Duration
		is    state
		want  time.Duration
	}{
		{0, state{"a", 1}, 0},
		{time.Second, state{"a", 1}, time.Second},
		{3 * time.Second, state{"a", 1}, 3 * time.Second},
		{4 * time.Second, state{"a", 2}, 0}, // it counts
		{5 * time.Second, state{"b", 2}, 0}, // another holds it
		{7 * time.Second, state{"b", 2}, 2 * time.Second},
	} {
		if got := seen.still(tt.is, start.Add(tt.after)); got != tt.want {
			t.Errorf("%+v after %s: still for %s, want %s", tt.is, tt.after, got, tt.want)
		}
	}
}

// TestAHolderGivesUpBeforeItIsRobbed, also if its last count was seen at once, and its next one takes long.
func TestAHolderGivesUpBeforeItIsRobbed(t *testing.T) {
	p := usualPace()
	if p.lost >= p.dead || p.lost < 3*p.beat || p.look > p.beat {
		t.Errorf("%+v", p)
	}
	if longest := p.beat + p.dead + 2*p.look; longest > 4*time.Second {
		t.Errorf("nobody holds it for up to %s", longest)
	}
}
