package relay

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// stopGrace is how long a batch in flight may take to be answered once the
// relay is told to stop. It stays in the spool if it takes longer.
const stopGrace = 5 * time.Second

// Queue is where messages wait.
type Queue interface {
	// Ready receives when a shard may have become non-empty.
	Ready(shard int) <-chan struct{}
	// Oldest returns a shard's oldest entries of the devices that want accepts,
	// within bounds but at least one if there is any.
	Oldest(shard, messages, bytes int, want func(device string) bool) ([]spool.Entry, error)
	// Settle durably removes entries, those with a verdict into quarantine.
	Settle(shard int, settlements []spool.Settlement) error
}

// Store has both the messages that wait and those in quarantine.
type Store interface {
	Queue
	Quarantine
}

// Gateway submits batches.
type Gateway interface {
	// Submit records a batch and returns one result a message, in order. A *gateway.UnderWay says
	// that it is to be followed.
	Submit(ctx context.Context, texts []string) ([]waymark.MessageResult, error)
	// Follow returns what Submit would have of a batch that it left under way. After another error than a
	// *gateway.UnderWay the batch is to be submitted again.
	Follow(ctx context.Context, txID string, texts []string) ([]waymark.MessageResult, error)
}

// Observer is told what happens. Its methods are called from several goroutines.
type Observer interface {
	Relayed(outcome waymark.Outcome)
	// Settled is told of each message once it has left its queue, with the verdict on one that is in quarantine.
	Settled(e spool.Entry, verdict *spool.Verdict)
	Retried(reason string)
	// Rejected is told of each device of which the ledger rejected a message.
	Rejected(device string)
}

// Options shape the batches; config.Relay says what each means.
type Options struct {
	BatchMessages int
	BatchBytes    int
	Linger        time.Duration
	MaxBackoff    time.Duration
	StuckAttempts int
	// UndisclosedRetry is the first pause before what is undisclosed is offered again.
	UndisclosedRetry time.Duration
}

// Relay moves messages from a Queue to a Gateway, and offers again from the Quarantine what
// some member could not be given.
type Relay struct {
	queue    Queue
	gateway  Gateway
	options  Options
	observer Observer
	log      *zap.Logger
	health   health
	again    *again

	successes  atomic.Uint64 // batches that the ledger answered
	asideCount atomic.Int64
}

// New makes a relay. Run starts it.
func New(store Store, gateway Gateway, options Options, observer Observer, log *zap.Logger) *Relay {
	return &Relay{queue: store, gateway: gateway, options: options, observer: observer, log: log,
		again: newAgain(store, options.UndisclosedRetry, observer.Retried, log)}
}

// Run relays until ctx ends and batches in flight are answered, for at most
// stopGrace.
func (r *Relay) Run(ctx context.Context) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	var parts sync.WaitGroup
	for index := range spool.Shards {
		parts.Go(func() { r.newShard(index, ctx.Done()).run(calls) })
	}
	parts.Go(func() { r.again.run(ctx) })
	parts.Wait()
}

// SetAside counts the devices whose oldest message fails even alone.
func (r *Relay) SetAside() int64 { return r.asideCount.Load() }

// Health returns what stands between the relay and the gateway, nil if nothing.
func (r *Relay) Health() error { return r.health.current() }
