package fabric

import (
	"math/rand/v2"
	"time"
)

const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// pauseBefore is how long retry n is put off: between half and all of firstPause doubled n-1
// times, at most maxPause.
func pauseBefore(n int) time.Duration {
	longest := maxPause
	if shift := n - 1; shift < 4 {
		longest = min(maxPause, firstPause<<shift)
	}
	return longest/2 + rand.N(longest/2) //nolint:gosec // jitter needs no secrecy
}
