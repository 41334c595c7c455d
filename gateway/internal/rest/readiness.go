package rest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds of the readiness check, which anybody can ask for.
const (
	readyTimeout = 3 * time.Second
	readyFor     = time.Second // an outcome is not older than this when it is told
)

// readiness asks the ledger at most once in readyFor, however many ask us.
type readiness struct {
	ledger Ledger

	mu      sync.Mutex
	checked time.Time
	err     error
}

// check returns nil, or Unavailable with what is wrong.
func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.checked) < readyFor {
		return r.err
	}
	// The outcome is for the others who wait as well, so this caller's leaving
	// must not spoil it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	r.err = nil
	if err := r.ledger.Ready(ctx); err != nil {
		told := waymark.Errorf(waymark.Unavailable, "the ledger does not answer through the peer (%s)", waymark.AsError(err).Message)
		r.err = fmt.Errorf("%w: %w", told, err)
	}
	r.checked = time.Now()
	return r.err
}
