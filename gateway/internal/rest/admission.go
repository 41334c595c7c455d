package rest

import (
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
)

// admission bounds the requests that are served at once, by their number and by
// the bytes that they make it hold, and with them the memory of the process. Of both one
// caller can hold a part only.
type admission struct {
	limits Limits

	mu   sync.Mutex
	room *share.Room
}

func newAdmission(limits Limits) *admission {
	return &admission{limits: limits, room: share.NewRoom(share.Limits{
		Requests: limits.InFlight, Bytes: limits.BytesInFlight, CallerPercent: limits.CallerPercent,
	})}
}

// take, add and give are the room's.
func (a *admission) take(caller string, more share.Held) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.room.Take(caller, more)
}

func (a *admission) add(caller string, more share.Held) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.room.Add(caller, more)
}

func (a *admission) give(caller string, less share.Held) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.room.Give(caller, less)
}

// inFlight is how many requests have a place.
func (a *admission) inFlight() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return float64(a.room.Held().Requests)
}

// reserve is how many bytes the body of a request to r can make the gateway hold: the announced
// length, where -1 stands for one that was not announced. A body that r does not take is not read.
func (a *admission) reserve(r route, announced int64) int64 {
	if r.body == nil {
		return 0
	}
	if announced < 0 {
		return a.limits.BodyBytes
	}
	return min(announced, a.limits.BodyBytes)
}

// admit lets a request to r pass if there is a place for it. It refuses at once
// and queues none, so that memory stays bounded and the caller knows.
func (s *service) admit(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		ex := exchangeOf(c)
		place := share.Held{Requests: 1, Bytes: s.admission.reserve(r, c.Request.ContentLength)}
		if err := s.admission.take(ex.caller.ID, place); err != nil {
			fail(c, err)
			return
		}
		ex.held = place
		defer func() { s.admission.give(ex.caller.ID, ex.held) }()
		c.Next()
	}
}

// What is reserved for a question that fetches a whole block. A receipt is answered with it too: in
// base64, four bytes for three, and with what the peers say of one transaction of it.
func bytesOfTransaction(l Limits) int64 { return l.BlockBytes }
func bytesOfReceipt(l Limits) int64     { return l.BlockBytes * 5 / 2 }

// bytesOfAnchored is what is reserved for a proof whose message is in a body.
func bytesOfAnchored(l Limits) int64 { return bytesOfReceipt(l) + 2*bodies.MaxBytes }

// fetchesBlock makes room for what a request turns out to hold. It is enough for what is answered of it.
func (s *service) fetchesBlock(ex *exchange, reserve func(Limits) int64) error {
	bytes := reserve(s.admission.limits)
	ex.forAnswer = bytes
	return s.makeRoom(ex, bytes)
}

// maxSmallAnswer is how many bytes of an answer need no room: they are part of what a place costs.
const maxSmallAnswer = 16 << 10

// holdsAnswer makes room for an answer of so many bytes, since whoever does not read it has it held
// for as long as that is allowed.
func (s *service) holdsAnswer(ex *exchange, bytes int64) error {
	if bytes <= max(ex.forAnswer, maxSmallAnswer) {
		return nil
	}
	return s.makeRoom(ex, bytes-ex.forAnswer)
}

// makeRoom has an admitted request hold so many bytes more, or as many as there are at all. They are
// given back with its place. There always is room for one that has had its effect.
func (s *service) makeRoom(ex *exchange, bytes int64) error {
	more := share.Held{Bytes: min(bytes, s.admission.limits.BytesInFlight-ex.held.Bytes)}
	if ex.effective {
		s.admission.add(ex.caller.ID, more)
	} else if err := s.admission.take(ex.caller.ID, more); err != nil {
		return err
	}
	ex.held = ex.held.With(more)
	return nil
}
