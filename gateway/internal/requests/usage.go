package requests

import (
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ReasonKeptBytes is the reason of the refusal of a write that asks to be kept where there is no room.
const ReasonKeptBytes = "kept-bytes"

// maxKeptPercent is how much of Limits.KeptBytes one caller's ended writes can take. It is less than a
// caller can have of what is given back in seconds: this is given back after Limits.Keep.
const maxKeptPercent = 10

// usage is how much of the database the writes take that have ended, as it was at the last beat. So
// it is behind by what was written since, by all gateways.
type usage struct {
	next time.Time // when the database is to be asked again; of the one loop that asks

	mu      sync.Mutex
	callers map[string]int64 // bytes
	all     int64
}

// ask asks the database at most a twentieth of the time, however many callers there are.
func (u *usage) ask(ctx context.Context, s Store) error {
	start := time.Now()
	if start.Before(u.next) {
		return nil
	}
	callers, err := s.Kept(ctx)
	if err != nil {
		return err
	}
	u.next = start.Add(20 * time.Since(start))
	u.set(callers)
	return nil
}

func (u *usage) set(callers map[string]int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.callers, u.all = callers, 0
	for _, bytes := range callers {
		u.all += bytes
	}
}

func (u *usage) bytes() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return float64(u.all)
}

// full reports whether no more is to be kept for a caller.
func (u *usage) full(caller string, l Limits) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.all >= l.KeptBytes || u.callers[caller] >= l.KeptBytes/100*maxKeptPercent
}

// roomFor refuses what asks to be kept where there is no room. What is kept already is told, and
// nothing is forgotten before its time to make room.
func (r *Runner) roomFor(o *operation) error {
	if !o.promised || !r.kept.full(o.request.Caller, r.limits) {
		return nil
	}
	r.metrics.unkept.Inc()
	return waymark.Errorf(waymark.ResourceExhausted, "what is kept of the writes of this caller, or of all, takes as much as it may (requests.kept_bytes): "+
		"retry when some of it is forgotten, or without Idempotency-Key and Prefer").Because(ReasonKeptBytes)
}
