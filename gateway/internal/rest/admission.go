package rest

import (
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// admission bounds the requests that are served at once, by their number and by
// the bytes that they make it hold, and with them the memory of the process.
type admission struct {
	limits Limits

	mu       sync.Mutex
	requests int
	bytes    int64
}

// enter takes a place for a request that holds that many bytes, or reports
// false when there is none.
func (a *admission) enter(bytes int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.requests >= a.limits.InFlight || a.bytes+bytes > a.limits.BytesInFlight {
		return false
	}
	a.requests++
	a.bytes += bytes
	return true
}

// leave gives the place back.
func (a *admission) leave(bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests--
	a.bytes -= bytes
}

// inFlight is how many requests have a place.
func (a *admission) inFlight() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return float64(a.requests)
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
		bytes := s.admission.reserve(r, c.Request.ContentLength)
		if !s.admission.enter(bytes) {
			fail(c, waymark.Errorf(waymark.ResourceExhausted, "this gateway serves as many requests as it can: retry later"))
			return
		}
		defer s.admission.leave(bytes)
		c.Next()
	}
}
