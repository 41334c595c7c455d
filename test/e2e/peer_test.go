//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// awaitSameHeight waits until every peer has committed what the highest has: one
// that was down catches up by itself.
func awaitSameHeight(ctx context.Context, t *testing.T) {
	t.Helper()
	for ctx.Err() == nil {
		heights := map[uint64]bool{}
		for member := range local.at.Members {
			h, err := heightOf(ctx, member)
			if err != nil {
				h = 0
			}
			heights[h] = true
		}
		if len(heights) == 1 && !heights[0] {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("the peers never came to the same height")
}

func heightOf(ctx context.Context, member string) (uint64, error) {
	p, err := audit.Connect(local.at, member)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	return p.Height(ctx)
}
