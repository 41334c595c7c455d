package edge

import (
	"context"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/local"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/sparkplug"
	"golang.org/x/sync/semaphore"
)

// queue holds what arrived and was not yet read, bounded by count and by bytes.
type queue struct {
	items chan local.Arrival
	room  *semaphore.Weighted
	most  int64
}

func newQueue(count int, bytes int64) *queue {
	return &queue{items: make(chan local.Arrival, count), room: semaphore.NewWeighted(bytes), most: bytes}
}

// Put takes an arrival, and blocks while there is no room or until ctx ends. Of what is larger than any message may be
// only so much is kept that its reader sees it is.
func (q *queue) Put(ctx context.Context, a local.Arrival) {
	if len(a.Payload) > sparkplug.MaxBytes {
		a.Payload = append([]byte(nil), a.Payload[:sparkplug.MaxBytes+1]...)
	}
	if q.room.Acquire(ctx, q.size(a)) != nil {
		return
	}
	select {
	case q.items <- a:
	case <-ctx.Done():
		q.done(a)
	}
}

// done makes room again.
func (q *queue) done(a local.Arrival) { q.room.Release(q.size(a)) }

// size is what an arrival takes of the room; each takes something.
func (q *queue) size(a local.Arrival) int64 { return min(int64(len(a.Payload))+1, q.most) }
