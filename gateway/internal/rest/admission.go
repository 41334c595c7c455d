package rest

import (
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// admission bounds the requests that are served at once, by their number and by
// the bytes that they make it hold, and with them the memory of the process. Of both one
// caller can hold a part only.
type admission struct {
	limits Limits

	mu      sync.Mutex
	all     held
	callers map[string]held // those who hold something, by id
}

// held is what requests that are being served hold.
type held struct {
	requests int
	bytes    int64
}

func (h held) with(bytes int64) held { return held{h.requests + 1, h.bytes + bytes} }

func (h held) without(bytes int64) held { return held{h.requests - 1, h.bytes - bytes} }

// within reports whether h is at most percent of the limits.
func (h held) within(l Limits, percent int) bool {
	return h.requests*100 <= l.InFlight*percent && h.bytes*100 <= l.BytesInFlight*int64(percent)
}

func newAdmission(limits Limits) *admission {
	return &admission{limits: limits, callers: make(map[string]held)}
}

// enter takes a place for a request of a caller that holds that many bytes.
//
// Codes: ResourceExhausted when there is none, or none for this caller. Who holds nothing
// yet may hold one request of any size.
func (a *admission) enter(caller string, bytes int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	mine := a.callers[caller]
	if mine.requests > 0 && !mine.with(bytes).within(a.limits, a.limits.CallerPercent) {
		return waymark.Errorf(waymark.ResourceExhausted, "this caller has as many requests in flight as one may have: retry later")
	}
	if !a.all.with(bytes).within(a.limits, 100) {
		return waymark.Errorf(waymark.ResourceExhausted, "this gateway serves as many requests as it can: retry later")
	}
	a.all, a.callers[caller] = a.all.with(bytes), mine.with(bytes)
	return nil
}

// leave gives the place back.
func (a *admission) leave(caller string, bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	mine := a.callers[caller].without(bytes)
	a.all, a.callers[caller] = a.all.without(bytes), mine
	if mine.requests == 0 {
		delete(a.callers, caller)
	}
}

// inFlight is how many requests have a place.
func (a *admission) inFlight() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return float64(a.all.requests)
}

// reserve is how many bytes a request to r can make the gateway hold: its body of
// the announced length, where -1 stands for a length that was not announced, and
// the block that is fetched for it. A body that r does not take is not read.
func (a *admission) reserve(r route, announced int64) int64 {
	var bytes int64
	if r.body != nil {
		bytes = a.limits.BodyBytes
		if announced >= 0 {
			bytes = min(announced, bytes)
		}
	}
	if r.block {
		bytes += a.limits.BlockBytes
	}
	return bytes
}

// admit lets a request to r pass if there is a place for it. It refuses at once
// and queues none, so that memory stays bounded and the caller knows.
func (s *service) admit(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		bytes, caller := s.admission.reserve(r, c.Request.ContentLength), exchangeOf(c).caller.ID
		if err := s.admission.enter(caller, bytes); err != nil {
			fail(c, err)
			return
		}
		defer s.admission.leave(caller, bytes)
		c.Next()
	}
}
