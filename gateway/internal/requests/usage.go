package requests

import (
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ReasonKeptBytes is the reason of the refusal of a write that asks to be kept where there is no room.
const ReasonKeptBytes = "kept-bytes"

// usage is how much of the database the writes take that have ended, as it was at the last beat. So
// it is behind by what was written since, by all gateways.
type usage struct {
	mu      sync.Mutex
	callers map[string]int64 // bytes
	all     int64
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
	return u.all >= l.KeptBytes || u.callers[caller] >= l.KeptBytes/100*int64(l.CallerPercent)
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
