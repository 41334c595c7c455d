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
	standing *standing
}

// Put passes on what is of the shard. What is of another it acknowledges unread, if that shard's session is known to stand: it has it
// too, and keeps it until its holder has it. Else nobody may have it, so it is passed on as well; the ledger knows what comes twice.
//
// It does not wait for the other session. What waited for this one comes before the answer to its subscription, which is not read
// while an arrival waits: sessions would wait for one another for ever. An arrival shows that its own session stands, unless the broker lost one.
func (r *receiver) Put(ctx context.Context, a intake.Arrival) error {
	if err := ctx.Err(); err != nil { // of a connection that is over, and may be of a session that is
		return err
	}
	r.standing.arrived(r.shard)
	if shard := ShardOf(a.Device, r.standing.shards()); shard != r.shard && r.standing.has(shard) {
		a.Ack()
		return nil
	}
	return r.next.Put(ctx, a)
}
