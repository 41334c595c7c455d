package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

// ErrElsewhere is why nothing is sent to a device whose shard another bridge has.
var ErrElsewhere = errors.New("another bridge of the fleet has this device")

// Held is how many shards this bridge has.
func (f *Fleet) Held() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.held)
}

// Has reports whether this bridge has the shard of a device.
func (f *Fleet) Has(device string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.held[ShardOf(device, f.options.Shards)] != nil
}

// Subscribed reports whether messages can arrive of all shards that this bridge has, also since the broker was found not to have a session. It may have none, once it knows that others have
// them: before that nobody may be there for a device, and the broker would acknowledge what nobody gets.
func (f *Fleet) Subscribed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.entered {
		return false
	}
	for shard, t := range f.held {
		if !t.session.Subscribed() || !f.standing.has(shard) {
			return false
		}
	}
	return true
}

// stands reports whether messages of a shard arrive here now: the broker has answered a short time ago.
func (f *Fleet) stands(shard int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.held[shard]
	return t != nil && t.session.Subscribed() && time.Since(t.session.Heard()) < f.fresh()
}

// fresh is how long what the broker answered counts, so that it shows between two rounds.
func (f *Fleet) fresh() time.Duration { return f.options.Lease / 3 }

// Stood is closed once the sessions of all shards were known to stand, here and at the others: from then on nothing is acknowledged to
// devices that nobody gets, unless the broker loses its store.
func (f *Fleet) Stood() <-chan struct{} { return f.standing.whole }

// Stands reports whether the broker keeps for the fleet what is published now: the sessions of all shards are known to stand, and of
// none that is here the connection was lost since.
func (f *Fleet) Stands() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.held {
		if t.session.InDoubt() {
			return false
		}
	}
	return f.standing.all()
}

// compare notes which bridges sign as another than this one, and says when there are others.
func (f *Fleet) compare(living map[string]string) {
	var strange []string
	for id, signer := range living {
		if signer != f.options.Signer && signer != "" { // a bridge of before does not say
			strange = append(strange, id)
		}
	}
	slices.Sort(strange)
	f.mu.Lock()
	before := f.strange
	f.strange = strange
	f.mu.Unlock()
	if len(strange) > 0 && !slices.Equal(before, strange) {
		f.log.Error("bridges of the fleet sign as another than this one: devices pass over the commands and receipts of one of them",
			zap.Strings("bridges", strange), zap.String("signer", f.options.Signer))
	}
}

// State returns why this bridge has no part in the fleet, or no shard, or not the key of the others; nil if it has all that.
func (f *Fleet) State() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.failure != nil:
		return f.failure
	case len(f.strange) > 0:
		return fmt.Errorf("bridges %s sign as another than this one, which is %s: give all of them the same id and bridge.key",
			strings.Join(f.strange, ", "), f.options.Signer)
	case len(f.held) == 0:
		return fmt.Errorf("this bridge has none of the %d shards: others have them, or will", f.options.Shards)
	}
	return nil
}
