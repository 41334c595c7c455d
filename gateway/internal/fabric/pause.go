package fabric

import (
	"context"
	"math/rand/v2"
	"time"
)

// The pause before retry n is between half and all of firstPause doubled n-1
// times, at most maxPause.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// pause waits before retry n, and reports false if ctx is done first.
func pause(ctx context.Context, n int) bool {
	timer := time.NewTimer(pauseBefore(n))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func pauseBefore(n int) time.Duration {
	longest := maxPause
	if shift := n - 1; shift < 4 {
		longest = min(maxPause, firstPause<<shift)
	}
	return longest/2 + rand.N(longest/2) //nolint:gosec // jitter needs no secrecy
}
