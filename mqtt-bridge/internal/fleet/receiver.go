package fleet

import (
	"context"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
)

// Receiver takes what arrives, as intake.Intake does.
type Receiver interface {
	// Put takes an arrival, and blocks while it has no room. What it does not take stays unacknowledged and comes again.
	Put(ctx context.Context, a intake.Arrival) error
}

// receiver is what the session of one shard gives its arrivals to.
type receiver struct {
	next     Receiver
	shard    int
	standing standing
}

// Put passes on what is of the shard. What is of another it acknowledges unread: that shard's session has it too, and keeps it until
// its holder has it. Until that session stands for the first time nobody would, so it waits.
//
// An arrival shows that its own session stands, and is the first to: after a bridge that died the backlog comes before the answer to the
// subscription, which is not read while an arrival waits. Sessions would wait for one another for ever.
func (r *receiver) Put(ctx context.Context, a intake.Arrival) error {
	r.standing.note(r.shard)
	shard := ShardOf(a.Device, len(r.standing))
	if shard == r.shard {
		return r.next.Put(ctx, a)
	}
	select {
	case <-r.standing[shard].known:
		a.Ack()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
