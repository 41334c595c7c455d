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

func (h held) with(more held) held { return held{h.requests + more.requests, h.bytes + more.bytes} }

func (h held) without(less held) held { return held{h.requests - less.requests, h.bytes - less.bytes} }

// within reports whether h is at most percent of the limits.
func (h held) within(l Limits, percent int) bool {
	return h.requests*100 <= l.InFlight*percent && h.bytes*100 <= l.BytesInFlight*int64(percent)
}

func newAdmission(limits Limits) *admission {
	return &admission{limits: limits, callers: make(map[string]held)}
}

// take lets a caller hold more: a request with what it makes the gateway hold, or bytes for one
// that has its place. They are given back with give.
//
// Codes: ResourceExhausted when there is no room, or none for this caller. Who holds no other
// request may hold one of any size.
func (a *admission) take(caller string, more held) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	mine, all := a.callers[caller].with(more), a.all.with(more)
	if mine.requests > 1 && !mine.within(a.limits, a.limits.CallerPercent) {
		return waymark.Errorf(waymark.ResourceExhausted, "this caller has as many requests in flight as one may have: retry later")
	}
	if !all.within(a.limits, 100) {
		return waymark.Errorf(waymark.ResourceExhausted, "this gateway serves as many requests as it can: retry later")
	}
	a.all, a.callers[caller] = all, mine
	return nil
}

// give gives back what was taken.
func (a *admission) give(caller string, less held) {
	a.mu.Lock()
	defer a.mu.Unlock()
	mine := a.callers[caller].without(less)
	a.all, a.callers[caller] = a.all.without(less), mine
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
// the block that is always fetched for it. A body that r does not take is not read.
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
		ex := exchangeOf(c)
		place := held{1, s.admission.reserve(r, c.Request.ContentLength)}
		if err := s.admission.take(ex.caller.ID, place); err != nil {
			fail(c, err)
			return
		}
		ex.held = place
		defer func() { s.admission.give(ex.caller.ID, ex.held) }()
		c.Next()
	}
}

// fetchesBlock makes room for the largest block, for a request that turns out to need one. It
// is given back with the request's place.
func (s *service) fetchesBlock(ex *exchange) error {
	block := held{bytes: s.admission.limits.BlockBytes}
	if err := s.admission.take(ex.caller.ID, block); err != nil {
		return err
	}
	ex.held = ex.held.with(block)
	return nil
}
