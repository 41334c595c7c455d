// Package pause waits between attempts, no longer than somebody wants their outcome.
package pause

import (
	"context"
	"time"
)

// For waits for d, and reports false if ctx is done first.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
