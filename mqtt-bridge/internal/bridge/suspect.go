package bridge

import (
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/metrics"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/relay"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	// maxSuspects bounds the devices that wait to be looked at: more than may be connected. One more is left
	// out, and comes back with its next rejected message.
	maxSuspects    = 100_000
	recheckers     = 8 // look at once, as each may wait for the registry
	recheckTimeout = 10 * time.Second
)

// suspects are devices that wait to be looked at, each once.
type suspects struct {
	mu      sync.Mutex
	waiting map[string]struct{}
	ready   chan struct{} // holds a token while some may wait
}

func newSuspects() *suspects {
	return &suspects{waiting: map[string]struct{}{}, ready: make(chan struct{}, 1)}
}

func (s *suspects) add(device string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) < maxSuspects {
		s.waiting[device] = struct{}{}
	}
	s.wake()
}

// take takes one of them; false if none waits. Whoever is woken meanwhile takes the next.
func (s *suspects) take() (device string, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for device = range s.waiting {
		delete(s.waiting, device)
		if len(s.waiting) > 0 {
			s.wake()
		}
		return device, true
	}
	return "", false
}

func (s *suspects) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// observer counts, and remembers whose messages are refused.
type observer struct {
	*metrics.Metrics
	down     *down
	suspects *suspects
	sieve    *sieve
	settled  func(spool.Entry)
}

func (b *Bridge) observer() *observer {
	return &observer{Metrics: b.metrics, down: b.down, suspects: b.suspects, sieve: b.sieve,
		settled: func(e spool.Entry) { b.intake.Settled(e) }}
}

// Settled is told of a message that left its queue, with the verdict on one that is in quarantine now.
func (o *observer) Settled(e spool.Entry, verdict *spool.Verdict) {
	if verdict != nil {
		o.Quarantined(e.Device, verdict.Code)
	}
	o.settled(e)
	o.down.inquiries.Settled(e, verdict)
}

// Quarantined is told of a message once it is in quarantine.
func (o *observer) Quarantined(device string, code spool.Code) {
	o.Metrics.Quarantined(code)
	o.Rejected(device)
	o.sieve.wake()
}

// Retried is told why a batch has to be tried again.
func (o *observer) Retried(reason string) {
	o.Metrics.Retried(reason)
	if reason == relay.Unreachable {
		o.sieve.away()
	}
}

// Relayed is told what the ledger made of a message.
func (o *observer) Relayed(outcome waymark.Outcome) {
	o.Metrics.Relayed(outcome)
	o.sieve.relayed(outcome)
}

// AtMostOnce is told of a device that publishes at QoS 0. The embedded broker ends its connection.
func (o *observer) AtMostOnce(string) { o.Metrics.AtMostOnce() }

// Rejected is told of a device of which the ledger rejected a message.
func (o *observer) Rejected(device string) { o.suspects.add(device) }

// recheck disconnects devices that are no longer active, or have used up their
// quota of the quarantine or their share of the spool. A device was checked when it logged in; that its message
// is refused, or that it crowds, is the sign to look again.
func (b *Bridge) recheck(ctx context.Context) {
	var parts sync.WaitGroup
	for range recheckers {
		parts.Go(func() { b.recheckEach(ctx) })
	}
	parts.Wait()
}

func (b *Bridge) recheckEach(ctx context.Context) {
	for {
		select {
		case <-b.suspects.ready:
			for device, found := b.suspects.take(); found && ctx.Err() == nil; device, found = b.suspects.take() {
				b.recheckOne(ctx, device)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (b *Bridge) recheckOne(ctx context.Context, device string) {
	if b.broker == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, recheckTimeout)
	defer cancel()
	full, err := b.spool.OverQuota(device)
	if err != nil {
		b.log.Error("cannot read the quota of a device", zap.String("device_id", device), zap.Error(err))
	}
	crowds := b.spool.Crowds(device)
	if !full && !crowds && b.logins.Active(ctx, device) {
		return
	}
	if !b.broker.Disconnect(device) {
		return // it has gone
	}
	b.log.Info("device disconnected: it is not active, its quarantine is full, or it has its share of the spool", zap.String("device_id", device),
		zap.Bool("quarantine_full", full), zap.Bool("share_full", crowds))
}
