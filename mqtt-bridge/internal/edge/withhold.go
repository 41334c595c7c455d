package edge

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
	"go.uber.org/zap"
)

// Why nothing is signed for a device, as a label.
const (
	backlog = "backlog" // the consortium's broker has refused it alone for an hour, and so much of it waits already
	forked  = "forked"  // somebody else uses its numbers
	usedUp  = "used_up" // it has fewer numbers left than there are messages
)

// storeParts: one of so many parts of the store may fill a device that the consortium's broker refuses, and one is divided among all.
const storeParts = 8

// limitsOf divides the last part of the store among the devices.
func limitsOf(c config.Config) outbox.Limits {
	l := outbox.Limits{Bytes: c.StoreBytes, FreeBytes: c.StoreFreeBytes}
	if n := int64(len(c.Devices)); n > 1 {
		last := c.StoreBytes / storeParts
		l.SharedBytes, l.OwnBytes = c.StoreBytes-last, last/n
	}
	return l
}

// withholds says why so many messages of a device are not signed at present, when there was no room for them or before that was tried, empty if something is. What its logger sends then is acknowledged: a local
// broker gives messages in order, and to hold one back would hold back those of all.
func (e *Edge) withholds(device string, messages int, full bool) string {
	share := e.config.StoreBytes / int64(min(len(e.config.Devices), storeParts))
	switch {
	case e.outbox.Forked(device):
		return forked
	case e.outbox.Left(device) < uint64(messages): //nolint:gosec // it is a length
		return usedUp
	case (full || e.outbox.Waiting(device) >= share) && e.uplink.RefusesOnly(device):
		return backlog
	}
	return ""
}

// omit counts readings that were acknowledged and not signed, says so now and then, and has the sources forget them: a plant reports what changes,
// and its births alone tell again what it was.
func (e *Edge) omit(all []omitted) {
	for _, o := range all {
		for _, r := range o.readings {
			e.sources.Forget(source.Reading{Device: o.device, Reading: r})
		}
		e.metrics.withheld.WithLabelValues(o.reason).Add(float64(len(o.readings)))
		if now := time.Now(); now.Sub(e.warned[o.reason]) > complainEvery {
			e.warned[o.reason] = now
			e.log.Error("readings are acknowledged and not signed", zap.String("device_id", o.device), zap.String("reason", o.reason), zap.Int("readings", len(o.readings)))
		}
	}
}

// troubled says whom the consortium's broker refuses, and who fills the store; and whose numbers somebody else uses.
func (e *Edge) troubled() error {
	var errs []error
	if refused := e.uplink.Refused(); len(refused) > 0 {
		device, bytes := e.outbox.Largest()
		alone := slices.DeleteFunc(slices.Clone(refused), func(d string) bool { return !e.uplink.RefusesOnly(d) })
		errs = append(errs, fmt.Errorf("the consortium's broker refuses %d devices, as %s, %d of them for an hour while it lets the edge in; most waits of %s: %d bytes",
			len(refused), refused[0], len(alone), device, bytes))
	}
	if e.uplink.Barred() {
		errs = append(errs, errors.New("the consortium's broker refuses this edge itself"))
	}
	if forks := e.outbox.Forks(); len(forks) > 0 {
		errs = append(errs, fmt.Errorf("somebody else signs for %d devices, as %s, and this edge does not until they are recovered", len(forks), forks[0]))
	}
	return errors.Join(errs...)
}
