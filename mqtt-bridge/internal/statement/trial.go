package statement

import (
	"math/rand/v2"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// maxAside bounds the devices that are set aside. A statement of one more is tried with each round.
const maxAside = 256

const firstBackoff = 100 * time.Millisecond

// trial is a device whose oldest statement fails, while the ledger is there: its statements wait, and those of others go on.
type trial struct {
	number   uint64 // of the statement
	attempts int
	// confirmed counts the attempts between which something else succeeded: an outage gives nothing up.
	confirmed int
	seen      uint64 // the lane's successes at the last attempt
	due       time.Time
}

// wants leaves out devices that are set aside for now.
func (l *Lane) wants(now time.Time) func(device string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := map[string]bool{}
	for device, t := range l.aside {
		waiting[device] = t.due.After(now)
	}
	return func(device string) bool { return !waiting[device] }
}

// nextTrial is how long it is until a device that is set aside has its turn.
func (l *Lane) nextTrial(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := time.Minute
	for _, t := range l.aside {
		wait = min(wait, max(0, t.due.Sub(now)))
	}
	return wait
}

// failed notes that an attempt failed, and reports whether the device is set aside for it. It returns a verdict when the
// statement is to be given up.
func (l *Lane) failed(e spool.Entry, err error) (stuck *spool.Verdict, aside bool) {
	l.observer.Retried("statement_failed")
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.aside[e.Device]
	switch {
	case t == nil && len(l.aside) >= maxAside:
		return nil, false
	case t != nil && t.number < e.Number && t.due.After(time.Now()): // behind the one that is tried
		return nil, true
	case t == nil || t.number != e.Number:
		t = &trial{number: e.Number, seen: l.successes}
		l.aside[e.Device] = t
		l.log.Warn("statement fails: its device's statements wait", zap.String("device_id", e.Device), zap.Uint64("number", e.Number), zap.Error(err))
	}
	t.attempts++
	t.due = time.Now().Add(max(backoff(t.attempts, l.options.MaxBackoff), gateway.RetryAfter(err)))
	if l.successes > t.seen {
		t.seen = l.successes
		t.confirmed++
	}
	if t.confirmed < l.options.StuckAttempts {
		return nil, true
	}
	return &spool.Verdict{Code: spool.Stuck, Detail: "it fails while others succeed: " + err.Error(), Time: time.Now().UTC(), Attempts: t.attempts}, true
}

// settled notes that a statement left the queue.
func (l *Lane) settled(e spool.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.successes++
	if t := l.aside[e.Device]; t != nil && t.number == e.Number {
		delete(l.aside, e.Device)
	}
}

// backoff is how long to wait after so many failures (1 or more): doubling up to limit, half of it random.
func backoff(attempts int, limit time.Duration) time.Duration {
	wait := limit
	if attempts < 16 {
		wait = min(limit, firstBackoff<<(attempts-1))
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // jitter, not a secret
}

// pause waits, and reports whether it was not stopped.
func pause(stop <-chan struct{}, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}
