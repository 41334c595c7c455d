package relay

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// What is recorded but not disclosed waits in quarantine, so that nothing waits behind it,
// and is offered to the gateway again from there. The quarantine itself says what is to be
// offered, so a restart changes nothing.

const (
	// maxOffered bounds the messages that are on offer at once.
	maxOffered = 100
	// maxPages bounds how many pages of the quarantine one round looks through. The next
	// goes on from there.
	maxPages = 100
	pageSize = 100
	// maxPauses is the longest pause between two rounds, in first pauses.
	maxPauses = 32
)

// Quarantine is where messages are that are offered again.
type Quarantine interface {
	// List returns a page of it, lowest number first.
	List(after uint64, limit int) ([]spool.Quarantined, error)
	// Replay moves a message to the end of its device's queue. It returns
	// spool.ErrNoSuchMessage, or spool.ErrFull if it has no room there.
	Replay(number uint64) error
}

// again offers what is undisclosed from time to time: the pause doubles until something is
// disclosed.
type again struct {
	quarantine Quarantine
	first      time.Duration // the shortest pause
	retried    func(reason string)
	log        *zap.Logger
	after      uint64        // the number after which the next round begins to look
	sooner     chan struct{} // receives if the next round is to be after the shortest pause

	mu      sync.Mutex
	offered map[offer]time.Time // since when; until the ledger answers
	idle    bool                // the last round found nothing
}

// offer names a message without a number, which changes as it is moved.
type offer struct {
	device string
	digest [sha256.Size]byte
}

func newAgain(quarantine Quarantine, first time.Duration, retried func(string), log *zap.Logger) *again {
	return &again{quarantine: quarantine, first: first, retried: retried, log: log, sooner: make(chan struct{}, 1),
		offered: map[offer]time.Time{}}
}

// run offers until ctx ends.
func (a *again) run(ctx context.Context) {
	longest := maxPauses * a.first
	pause, due := a.first, time.Now().Add(a.first)
	for {
		timer := time.NewTimer(time.Until(due))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.sooner:
			timer.Stop()
			pause = a.first
			if soon := time.Now().Add(pause); soon.Before(due) {
				due = soon
			}
		case <-timer.C:
			if pause = min(2*pause, longest); !a.round(time.Now().Add(-longest)) {
				pause = longest
			}
			due = time.Now().Add(pause)
		}
	}
}

// settled is told of each message that left its queue.
func (a *again) settled(e spool.Entry, verdict *spool.Verdict) {
	waits := verdict != nil && verdict.Undisclosed()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.offered) > 0 {
		o := offerOf(e.Device, e.Payload)
		if _, found := a.offered[o]; found {
			delete(a.offered, o)
			if !waits {
				a.hasten()
			}
			return
		}
	}
	if waits && a.idle {
		a.idle = false
		a.hasten()
	}
}

func (a *again) hasten() {
	select {
	case a.sooner <- struct{}{}:
	default: // it is known
	}
}

// round offers what is undisclosed, oldest first, and reports whether there is, or may be,
// anything to offer. What was offered before forgotten without an answer does not count any
// more against what may be on offer.
func (a *again) round(forgotten time.Time) bool {
	room := a.begin(forgotten)
	found, err := a.find(room)
	if err == nil {
		err = a.replay(found)
	}
	switch {
	case errors.Is(err, spool.ErrFull):
		a.log.Warn("what is undisclosed waits in quarantine: the spool is full")
	case err != nil:
		a.log.Error("cannot offer again what is undisclosed", zap.Error(err))
	}
	busy := err != nil || len(found) > 0 || room < maxOffered || a.after > 0
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle = a.idle && !busy
	if a.after > 0 && len(found) == 0 { // it has not seen all yet
		a.hasten()
	}
	return busy
}

// begin returns how many messages may be offered now.
func (a *again) begin(forgotten time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle = true // before it looks, so that what comes meanwhile is not missed
	for o, since := range a.offered {
		if since.Before(forgotten) {
			delete(a.offered, o)
		}
	}
	return maxOffered - len(a.offered)
}

// find returns the oldest messages that are undisclosed, at most limit.
func (a *again) find(limit int) ([]spool.Quarantined, error) {
	var found []spool.Quarantined
	for range maxPages {
		page, err := a.quarantine.List(a.after, pageSize)
		if err != nil {
			return nil, fmt.Errorf("look for what is undisclosed: %w", err)
		}
		for _, q := range page {
			if q.Undisclosed() && len(found) < limit {
				found = append(found, q)
			}
		}
		if len(page) < pageSize || len(found) >= limit {
			a.after = 0
			return found, nil
		}
		a.after = page[len(page)-1].Number
	}
	return found, nil
}

// replay stops at the first message for which there is no room.
func (a *again) replay(found []spool.Quarantined) error {
	offered := 0
	defer func() {
		if offered > 0 {
			a.log.Info("messages offered again for those who lack what they disclose", zap.Int("messages", offered))
		}
	}()
	for _, q := range found {
		o := offerOf(q.Device, q.Payload)
		a.note(o, true) // before the ledger can answer
		err := a.quarantine.Replay(q.Number)
		if err != nil {
			a.note(o, false)
		}
		switch {
		case err == nil:
			offered++
			a.retried("undisclosed")
		case errors.Is(err, spool.ErrNoSuchMessage): // somebody dropped or replayed it
		default:
			return err
		}
	}
	return nil
}

func (a *again) note(o offer, offered bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if offered {
		a.offered[o] = time.Now()
	} else {
		delete(a.offered, o)
	}
}

func offerOf(device string, payload []byte) offer {
	return offer{device: device, digest: sha256.Sum256(payload)}
}
