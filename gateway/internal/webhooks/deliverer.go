package webhooks

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"go.uber.org/zap"
)

// Source tells what happened. Its errors say nothing of a webhook's target.
type Source interface {
	// Events returns what an identity may know of the events after an id, at most some hundreds, and the id after which
	// to ask for more.
	Events(ctx context.Context, as ledger.Identity, q waymark.EventsQuery, after string) (client.EventList, error)
	// Event returns the event of an id, or false if there is none that an identity may know of now.
	Event(ctx context.Context, as ledger.Identity, id, purpose string) (client.Event, bool, error)
	// Last returns an id after which come all events from now on.
	Last(ctx context.Context) (string, error)
	// Grown returns when there may be events after an id, or ctx is done.
	Grown(ctx context.Context, after string)
}

// Limits bound webhooks.
type Limits struct {
	Most        int // webhooks in all; 0: there are none
	PerIdentity int
	Attempts    int           // at an event before it is a dead letter; 1 to MaxAttempts
	DeadLetters int           // of a webhook, at which it is paused
	Timeout     time.Duration // of an attempt
}

// MaxAttempts bounds the attempts at an event.
const MaxAttempts = 10

// Options is what a Deliverer is made of. All are required unless they say otherwise.
type Options struct {
	Store    *Store
	Source   Source
	Guard    *Guard
	Roots    *x509.CertPool // of targets; nil: the system's
	Resolver *net.Resolver  // nil: the system's
	Limits   Limits
	Logger   *zap.Logger
	Registry prometheus.Registerer
}

// pace is how often what is done.
type pace struct {
	look     time.Duration   // at most so long until a change of a webhook is seen
	save     time.Duration   // between two moves of a checkpoint past what is not for the webhook
	trouble  time.Duration   // after a failure of ours
	schedule []time.Duration // after each attempt in vain; the last one also after all others
}

// usualPace has the schedule that Standard Webhooks recommends.
func usualPace() pace {
	return pace{look: 2 * time.Second, save: 10 * time.Second, trouble: 2 * time.Second, schedule: []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}}
}

// after is how long to wait after so many attempts and one more, all in vain: about a tenth more or less than the schedule says, and at least as
// long as the target asks for.
func (p pace) after(attempts int, asked time.Duration) time.Duration {
	wait := p.schedule[min(attempts, len(p.schedule)-1)]
	return max(asked, wait*9/10+rand.N(wait/5+1)) //nolint:gosec // jitter is no secret
}

// Deliverer sends what happens to all active webhooks of a database. Of several processes that share it one
// is to run at a time: two would send events twice, under the same ids.
type Deliverer struct {
	store   *Store
	source  Source
	sender  *sender
	limits  Limits
	pace    pace
	log     *zap.Logger
	metrics *metrics
}

// NewDeliverer returns a deliverer, which does nothing before Run.
func NewDeliverer(o Options) *Deliverer { return newDeliverer(o, usualPace()) }

func newDeliverer(o Options, p pace) *Deliverer {
	return &Deliverer{
		store: o.Store, source: o.Source, sender: newSender(o.Guard, o.Roots, o.Resolver, o.Limits.Timeout), limits: o.Limits, pace: p, log: o.Logger,
		metrics: newMetrics(o.Registry),
	}
}

// part is whose part of the database's snapshots webhooks take: one for them all, so that callers and streams have theirs however many
// webhooks there are. Each asks for one snapshot at a time and they are served as they came, so none waits longer than the others do.
const part = "webhooks"

// Run delivers until ctx is done, and then ends within seconds. Each active webhook has a goroutine of its own, so that
// none waits for another's target.
func (d *Deliverer) Run(ctx context.Context) {
	ctx = share.As(ctx, part)
	var running sync.WaitGroup
	all := crew{busy: make(map[string]bool)}
	defer d.sender.close()
	defer d.metrics.observe(0, 0)
	defer running.Wait()
	failed := false
	for {
		ids, failing, err := d.store.active(ctx)
		if err == nil {
			for _, id := range ids {
				if all.enter(id) {
					running.Go(func() {
						defer all.leave(id)
						(&worker{Deliverer: d, id: id}).run(ctx)
					})
				}
			}
			d.metrics.observe(all.size(), failing)
		}
		failed = d.note(ctx, err, failed)
		if !pause.For(ctx, d.pace.look) {
			return
		}
	}
}

// note says when webhooks begin not to be read, and when they are again.
func (d *Deliverer) note(ctx context.Context, err error, failed bool) bool {
	switch {
	case err != nil && !failed && ctx.Err() == nil:
		d.log.Warn("webhooks are not delivered", zap.Error(err))
	case err == nil && failed:
		d.log.Info("webhooks are delivered again")
	}
	return err != nil
}

// crew is the webhooks that have a goroutine.
type crew struct {
	mu   sync.Mutex
	busy map[string]bool
}

// enter reports whether a webhook had none.
func (c *crew) enter(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[id] {
		return false
	}
	c.busy[id] = true
	return true
}

func (c *crew) leave(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, id)
}

func (c *crew) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.busy)
}
