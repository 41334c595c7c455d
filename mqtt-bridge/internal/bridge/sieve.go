package bridge

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	siftPause    = time.Second      // the least between two looks
	siftEvery    = 30 * time.Second // and the most: the registry may have been away
	siftedAtOnce = 256              // accounts
	siftAsks     = 4                // questions to the registry at once
	// siftSure is the least between the two answers by which an id is nobody's: a peer that was restored or is behind knows
	// less than the ledger has.
	siftSure = 2 * time.Minute
)

// accounts are those of the quarantine.
type accounts interface {
	// DevicesAfter returns those of at most limit devices that come after one, by device.
	DevicesAfter(device string, limit int) ([]spool.Account, error)
	// Disown moves what devices have there to the account of all ids that the registry does not know, and drops what is beyond its
	// quota. It reports whether there may be more of them.
	Disown(devices []string) (more bool, err error)
	// Dropped is how many messages were dropped so far.
	Dropped() int64
}

// registry is the ledger's.
type registry interface {
	// Device returns a device, Unauthenticated for an id that it does not know, or Unavailable when it cannot be asked.
	Device(ctx context.Context, id string) (*waymark.Device, error)
}

// sieve asks the registry whose the messages in quarantine are: at a broker that lets anybody in, ids cost nothing, so that all
// those together have a quota that others' messages do not depend on.
type sieve struct {
	log   *zap.Logger
	ready chan struct{} // holds a token while there may be something new in quarantine
	// proved says that the ledger has a message of ours, or knows a device of ours. Nothing is disowned before: to a gateway that
	// was named by mistake all our devices would be strangers. It has to be proved anew after the gateway was away: it may be another.
	proved atomic.Bool
}

func newSieve(log *zap.Logger) *sieve { return &sieve{log: log, ready: make(chan struct{}, 1)} }

// wake tells that there may be something new in quarantine.
func (s *sieve) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// relayed is told what the ledger made of a message.
func (s *sieve) relayed(outcome waymark.Outcome) {
	if outcome != waymark.Rejected && s.proved.CompareAndSwap(false, true) {
		s.wake()
	}
}

// away is told that the gateway cannot be reached.
func (s *sieve) away() { s.proved.Store(false) }

// run sifts until ctx ends.
func (s *sieve) run(ctx context.Context, a accounts, r registry) {
	sweep := sweep{sieve: s, accounts: a, registry: r}
	for {
		select {
		case <-s.ready:
		case <-time.After(siftEvery):
		case <-ctx.Done():
			return
		}
		if err := sweep.all(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("cannot tell whose messages are in quarantine", zap.Error(err))
		}
		sweep.tell()
		pause.For(ctx.Done(), siftPause)
	}
}

// sweep goes through all accounts.
type sweep struct {
	*sieve
	accounts accounts
	registry registry
	told     told
	dropped  int64 // that were told of
}

// told is what the registry has said of ids that have an account.
type told struct {
	registered map[string]bool      // a device stays registered
	unknown    map[string]time.Time // since when
}

func nothingTold() told { return told{registered: map[string]bool{}, unknown: map[string]time.Time{}} }

// all disowns every account of an id that the registry does not know, and did not some time ago. While that cannot be asked an account
// stays as it is.
func (s *sweep) all(ctx context.Context) error {
	next := nothingTold()
	for after := ""; ctx.Err() == nil; {
		page, err := s.accounts.DevicesAfter(after, siftedAtOnce)
		if err != nil {
			return err //nolint:wrapcheck // it says all
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Device
		strangers := s.sort(ctx, page, next)
		for more := s.proved.Load() && len(strangers) > 0; more; {
			if more, err = s.accounts.Disown(strangers); err != nil {
				return err //nolint:wrapcheck // it says all
			}
		}
	}
	s.told = next
	return nil
}

// sort returns whose accounts are of ids that are nobody's, and notes in next what is known of all.
func (s *sweep) sort(ctx context.Context, page []spool.Account, next told) (strangers []string) {
	now := time.Now()
	var doubtful []string
	for _, a := range page {
		since, unknown := s.told.unknown[a.Device]
		switch {
		case s.told.registered[a.Device]:
			next.registered[a.Device] = true
		case unknown && now.Sub(since) < siftSure:
			next.unknown[a.Device] = since
		default:
			doubtful = append(doubtful, a.Device)
		}
	}
	strangers = s.askAll(ctx, doubtful, next)
	if !s.proved.Load() {
		return nil
	}
	return slices.DeleteFunc(strangers, func(device string) bool {
		since, before := s.told.unknown[device]
		if !before {
			since = now
		}
		next.unknown[device] = since
		return !before
	})
}

// askAll returns which devices the registry says that it does not know. Those that it knows are noted in next, and are the proof that it is ours;
// one that says nothing at all was away, and all that it said before has to be said again.
func (s *sweep) askAll(ctx context.Context, devices []string, next told) (unknown []string) {
	answers := make([]error, len(devices))
	var parts sync.WaitGroup
	turns := make(chan struct{}, siftAsks)
	for i, device := range devices {
		turns <- struct{}{}
		parts.Go(func() {
			defer func() { <-turns }()
			answers[i] = s.ask(ctx, device)
		})
	}
	parts.Wait()
	silent := len(devices) > 0
	for i, device := range devices {
		switch {
		case answers[i] == nil:
			next.registered[device] = true
			s.proved.Store(true)
		case waymark.CodeOf(answers[i]) == waymark.Unauthenticated:
			unknown = append(unknown, device)
		default:
			continue
		}
		silent = false
	}
	if silent {
		s.away()
		s.told = nothingTold()
		clear(next.registered)
		clear(next.unknown)
	}
	return unknown
}

func (s *sweep) ask(ctx context.Context, device string) error {
	ctx, cancel := context.WithTimeout(ctx, recheckTimeout)
	defer cancel()
	_, err := s.registry.Device(ctx, device)
	return err //nolint:wrapcheck // it says all
}

// tell tells of what was dropped.
func (s *sweep) tell() {
	if dropped := s.accounts.Dropped(); dropped > s.dropped {
		s.log.Warn("messages of ids that the registry does not know were dropped: their quota of the quarantine is used up", zap.Int64("messages", dropped-s.dropped))
		s.dropped = dropped
	}
}
