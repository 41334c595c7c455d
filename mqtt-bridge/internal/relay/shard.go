package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// patience is how often a batch may fail before it is halved, and a message alone
// before its device is set aside.
const patience = 3

// shard relays one queue.
type shard struct {
	*Relay
	index    int
	stop     <-chan struct{}   // closed when nothing new is to be begun
	window   window            // messages in the next batch
	tries    int               // failed attempts of batches of this size
	failures int               // failed attempts in a row, while nothing else succeeds either
	seen     uint64            // the relay's successes at the last failure
	aside    map[string]*trial // devices whose oldest message fails alone
	tried    bool              // the last attempt was of a trial: now it is the others' turn
	open     *work             // is under way: nothing else is submitted before that has an end
}

// work is what one attempt submits.
type work struct {
	entries []spool.Entry
	full    bool   // there was no room for more
	trial   *trial // nil for an ordinary batch
	txID    string // of its transaction if it is under way
}

func (r *Relay) newShard(index int, stop <-chan struct{}) *shard {
	return &shard{Relay: r, index: index, stop: stop, window: newWindow(r.options.BatchMessages), aside: map[string]*trial{}}
}

// run relays until stop. ctx outlives it by stopGrace, for the batch in flight.
func (s *shard) run(ctx context.Context) {
	for failures := 0; !s.stopping(); {
		next, err := s.next(time.Now())
		switch {
		case err != nil:
			failures++
			s.failed(fmt.Errorf("%w: %w", errUnread, err))
			pause.For(s.stop, pause.Backoff(failures, s.options.MaxBackoff))
		case len(next.entries) == 0:
			failures = 0
			s.await()
		default:
			failures = 0
			s.deliver(ctx, next)
		}
	}
}

// next is what is under way, the oldest message of a device set aside, if one is due, or the oldest
// entries of the others. Both of these have their turn.
func (s *shard) next(now time.Time) (work, error) {
	if s.open != nil {
		return *s.open, nil
	}
	if t := s.due(now); t != nil && !s.tried {
		s.tried = true
		entries, err := s.queue.Oldest(s.index, 1, s.options.BatchBytes, func(device string) bool { return device == t.device })
		if err != nil {
			return work{}, err
		}
		if len(entries) > 0 && entries[0].Number == t.number {
			return work{entries: entries, trial: t}, nil
		}
		s.takeBack(t) // somebody moved its message into quarantine
	}
	s.tried = false
	entries, err := s.queue.Oldest(s.index, s.window.size, s.options.BatchBytes, func(device string) bool { return s.aside[device] == nil })
	return s.fit(entries), err
}

// await returns when there may be something to relay, after lingering for more.
func (s *shard) await() {
	again, cancel := s.nextTrial(time.Now())
	defer cancel()
	select {
	case <-s.queue.Ready(s.index):
		pause.For(s.stop, s.options.Linger)
	case <-again:
	case <-s.stop:
	}
}

func (s *shard) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// fit makes a batch of entries: no more than one may hold as text, which for binary messages
// is longer than what they take in the spool.
func (s *shard) fit(entries []spool.Entry) work {
	total := 0
	for i, e := range entries {
		size := len(attest.Text(e.Payload))
		if total+size > s.options.BatchBytes && i > 0 {
			return work{entries: entries[:i], full: true}
		}
		total += size
	}
	return work{entries: entries, full: len(entries) >= s.window.size || total > s.options.BatchBytes/2} // or the next is large
}

// deliver makes one attempt. What it does not settle stays in the spool.
func (s *shard) deliver(ctx context.Context, w work) {
	begun := time.Now()
	settlements, err := s.decide(ctx, w)
	took := time.Since(begun)
	s.open = nil
	switch {
	case err == nil:
		if s.settle(w.entries, settlements) {
			s.passed(w, took)
		}
	case s.stopping():
	case gateway.Refused(err) && len(w.entries) > 1: // one of them is the culprit
		s.tooMuch(len(w.entries), err)
	case gateway.Refused(err):
		s.giveUp(w, refusalOf(err, s.attempt(w)))
	default:
		s.postpone(w, err)
	}
}

// passed lets batches grow again.
func (s *shard) passed(w work, took time.Duration) {
	s.failures = 0
	if w.trial != nil {
		s.takeBack(w.trial)
		return
	}
	s.tries = 0
	if w.txID == "" { // how long another's end takes says nothing of this batch
		s.window.passed(len(w.entries), w.full, took)
	}
}

// tooMuch makes the next batch smaller: one of n messages is bad, or they are too many bytes for the gateway.
func (s *shard) tooMuch(n int, err error) {
	s.tries = 0
	if gateway.TooLarge(err) {
		s.window.cut(n)
	} else {
		s.window.split(n)
	}
}

// giveUp puts the one message of w into quarantine.
func (s *shard) giveUp(w work, verdict *spool.Verdict) {
	if s.settle(w.entries, []spool.Settlement{{Number: w.entries[0].Number, Verdict: verdict}}) && w.trial != nil {
		s.takeBack(w.trial)
	}
}

// postpone decides what to try next after a failure, and when.
func (s *shard) postpone(w work, err error) {
	s.failed(err)
	s.failures++
	if under := new(gateway.UnderWay); errors.As(err, &under) {
		s.keepOpen(w, under)
		return
	}
	if gateway.Away(err) { // it says nothing about these messages
		wait := max(pause.Backoff(s.failures, s.options.MaxBackoff), gateway.RetryAfter(err))
		if gateway.CredentialRefused(err) { // only a person can help: no hurry
			wait = max(wait, s.options.MaxBackoff)
		}
		pause.For(s.stop, wait)
		return
	}
	if up := s.successes.Load(); up > s.seen { // it is these messages that fail, so they need not wait long
		s.seen, s.failures = up, 1
	}
	wait := pause.Backoff(s.failures, s.options.MaxBackoff)
	if w.trial != nil {
		s.failedAlone(w, err)
	} else {
		wait = max(wait, gateway.RetryAfter(err))
		s.narrow(w, err)
	}
	pause.For(s.stop, wait)
}

// keepOpen lets a batch be followed whose transaction has no end yet. That is no failure of its messages, and
// a second copy of it would only contend with the first.
func (s *shard) keepOpen(w work, under *gateway.UnderWay) {
	if w.txID == "" {
		s.log.Info("a batch is under way, and is followed", zap.Int("shard", s.index), zap.String("tx_id", under.TxID))
	}
	w.txID = under.TxID
	s.open = &w
	pause.For(s.stop, max(pause.Backoff(s.failures, s.options.MaxBackoff), gateway.RetryAfter(under)))
}

// narrow halves a batch that failed several times, so that what can succeed does,
// until the message that fails is alone.
func (s *shard) narrow(w work, err error) {
	if s.tries++; s.tries < patience {
		return
	}
	if len(w.entries) > 1 {
		s.window.cut(len(w.entries))
		s.tries = 0
		return
	}
	s.setAside(w.entries[0], err)
}
