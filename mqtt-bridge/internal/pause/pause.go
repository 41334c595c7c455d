// Package pause is how long to wait between attempts, and the waiting.
package pause

import (
	"math/rand/v2"
	"time"
)

const first = 100 * time.Millisecond

// Backoff returns how long to wait after the given number of failed attempts (1
// or more): doubling up to limit, half of it random so that who fails together spreads out.
func Backoff(attempts int, limit time.Duration) time.Duration {
	wait := limit
	if attempts < 16 { // 2^16 times the first wait is beyond any limit
		wait = min(limit, first<<(attempts-1))
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // jitter, not a secret
}

// For waits, and reports whether it was not stopped.
func For(stop <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}
