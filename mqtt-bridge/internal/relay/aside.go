package relay

import (
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// maxAside bounds the devices of one shard that are set aside. The message of one
// more keeps its place at the head of the queue, and the others wait behind it.
const maxAside = 16

// trial is a device that was set aside because its oldest message fails even alone.
// It is tried again from time to time, and the device's later messages wait, so
// that they stay in order; other devices go on.
type trial struct {
	device   string
	number   uint64 // of the message
	attempts int    // failed attempts alone
	// confirmed counts the failed attempts between which something else succeeded.
	// While the gateway as a whole is away or not ready it does not rise, so an
	// outage, however long, puts nothing into quarantine.
	confirmed int
	seen      uint64 // the relay's successes at the last attempt
	due       time.Time
}

// setAside takes a device out of the batches because of its oldest message.
func (s *shard) setAside(e spool.Entry, err error) {
	if len(s.aside) >= maxAside {
		return
	}
	s.aside[e.Device] = &trial{device: e.Device, number: e.Number, attempts: s.tries, seen: s.successes.Load(),
		due: time.Now().Add(pause.Backoff(s.tries, s.options.MaxBackoff))}
	s.tries = 0
	s.asideCount.Add(1)
	s.log.Warn("message fails even alone: its device is set aside", zap.String("device_id", e.Device),
		zap.Uint64("number", e.Number), zap.Error(err))
}

// takeBack ends a trial: the device's messages go with the others again.
func (s *shard) takeBack(t *trial) {
	delete(s.aside, t.device)
	s.asideCount.Add(-1)
}

// due returns the trial that waits longest among those whose time has come, or nil.
func (s *shard) due(now time.Time) *trial {
	var first *trial
	for _, t := range s.aside {
		if !t.due.After(now) && (first == nil || t.due.Before(first.due)) {
			first = t
		}
	}
	return first
}

// nextTrial returns a channel that receives when a trial is due; never, if there is none.
func (s *shard) nextTrial(now time.Time) (again <-chan time.Time, cancel func()) {
	if len(s.aside) == 0 {
		return nil, func() {}
	}
	wait := s.options.MaxBackoff
	for _, t := range s.aside {
		wait = min(wait, max(0, t.due.Sub(now)))
	}
	timer := time.NewTimer(wait)
	return timer.C, func() { timer.Stop() }
}

// failedAlone counts an attempt, and gives the message up once it has failed often
// enough while others succeeded.
func (s *shard) failedAlone(w work, err error) {
	t := w.trial
	t.attempts++
	t.due = time.Now().Add(max(pause.Backoff(t.attempts, s.options.MaxBackoff), gateway.RetryAfter(err)))
	if up := s.successes.Load(); up > t.seen {
		t.seen = up
		t.confirmed++
	}
	if t.confirmed < s.options.StuckAttempts {
		return
	}
	s.log.Error("message goes into quarantine: it fails while others succeed", zap.String("device_id", t.device),
		zap.Uint64("number", t.number), zap.Int("attempts", t.attempts), zap.Error(err))
	s.giveUp(w, &spool.Verdict{Code: spool.Stuck, Detail: "it fails while others succeed: " + err.Error(),
		Time: time.Now().UTC(), Attempts: t.attempts})
}

// attempt is the number of the attempt that is being made of w.
func (s *shard) attempt(w work) int {
	if w.trial != nil {
		return w.trial.attempts + 1
	}
	return s.tries + 1
}
