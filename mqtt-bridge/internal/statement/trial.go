package statement

import (
	"cmp"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// maxAside bounds the devices that are set aside. A statement of one more is tried with each round.
const maxAside = 256

// trial is a device whose oldest statement fails, while the ledger is there: its statements wait, and those of others go on.
type trial struct {
	number   uint64 // of the statement
	attempts int
	// confirmed counts the attempts between which the ledger took something else: an outage gives nothing up.
	confirmed int
	seen      uint64 // what the ledger had taken at the last attempt
	due       time.Time
}

// wants leaves out devices that are set aside for now, and takes a share of each other one.
func (l *Lane) wants(now time.Time) func(device string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := map[string]bool{}
	for device, t := range l.aside {
		waiting[device] = t.due.After(now)
	}
	taken := map[string]int{}
	return func(device string) bool {
		if waiting[device] || taken[device] == share {
			return false
		}
		taken[device]++
		return true
	}
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
		t = &trial{number: e.Number, seen: l.recorded}
		l.aside[e.Device] = t
		l.log.Warn("statement fails: its device's statements wait", zap.String("device_id", e.Device), zap.Uint64("number", e.Number), zap.Error(err))
	}
	t.attempts++
	t.due = time.Now().Add(max(pause.Backoff(t.attempts, l.options.MaxBackoff), gateway.RetryAfter(err)))
	if l.recorded > t.seen {
		t.seen = l.recorded
		t.confirmed++
	}
	if t.confirmed < l.options.StuckAttempts {
		return nil, true
	}
	return &spool.Verdict{Code: spool.Stuck, Detail: "it fails while others succeed: " + err.Error(), Time: time.Now().UTC(), Attempts: t.attempts}, true
}

// settled notes that a statement left the queue, and whether the ledger has it.
func (l *Lane) settled(e spool.Entry, recorded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if recorded {
		l.recorded++
	}
	if t := l.aside[e.Device]; t != nil && t.number == e.Number {
		delete(l.aside, e.Device)
	}
}

// forget drops the trials that were due now and whose statement is not among the oldest that wait: somebody moved it into quarantine.
func (l *Lane) forget(now time.Time, oldest []spool.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for device, t := range l.aside {
		at, there := slices.BinarySearchFunc(oldest, t.number, func(e spool.Entry, number uint64) int { return cmp.Compare(e.Number, number) })
		beyond := len(oldest) > 0 && at == len(oldest)
		if !there && !beyond && !t.due.After(now) {
			delete(l.aside, device)
		}
	}
}

// attempts is how often a statement was tried before.
func (l *Lane) attempts(e spool.Entry) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.aside[e.Device]; t != nil && t.number == e.Number {
		return t.attempts
	}
	return 0
}
