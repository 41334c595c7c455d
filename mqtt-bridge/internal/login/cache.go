package login

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
)

const (
	freshFor     = 10 * time.Second // a device that is known
	suspectFor   = time.Second      // a device of which the ledger rejected a message
	unknownFor   = time.Second      // a device that is not: it may be registered any moment
	staleFor     = time.Hour        // use when the registry cannot be asked
	patience     = time.Second      // use when the registry does not answer, for those that log in
	maxCached    = 20000            // devices, and certificates
	maxUnknown   = 1000             // ids that anybody can make up
	maxQuestions = 16               // asked of the registry at once about devices that are known
	maxStrangers = 4                // and about ids that are not
)

// Devices are those of the registry.
type Devices interface {
	// Device returns a registered device, or an error for which
	// gateway.NotFound holds.
	Device(ctx context.Context, id string) (*waymark.Device, error)
}

// cache remembers what the registry said, for a short time. Ids that are not
// registered are kept apart and asked about apart: whoever makes them up can neither
// drive out a device that is known nor keep it waiting.
type cache struct {
	devices              Devices
	now                  func() time.Time
	questions, strangers chan struct{}
	known, unknown       *memory[*waymark.Device] // unknown ones are nil
}

func newCache(devices Devices, now func() time.Time) *cache {
	return &cache{devices: devices, now: now,
		questions: make(chan struct{}, maxQuestions), strangers: make(chan struct{}, maxStrangers),
		known: newMemory[*waymark.Device](maxCached), unknown: newMemory[*waymark.Device](maxUnknown)}
}

// asker returns a device. It returns Unauthenticated for one that is not registered, and Unavailable if the registry
// cannot be asked.
type asker func(ctx context.Context, id string) (*waymark.Device, error)

// within asks for a device unless memory of it is younger than fresh. While the registry cannot be
// asked memory is good for staleFor.
func (c *cache) within(fresh time.Duration) asker { return asking{c, fresh, staleFor, 0}.device }

// readily is within for the many that log in: when the registry does not answer within patience that is as if it could not be asked.
func (c *cache) readily(fresh time.Duration) asker {
	return asking{c, fresh, staleFor, patience}.device
}

// surely is within for what is not to be decided by old memory.
func (c *cache) surely(fresh time.Duration) asker { return asking{c, fresh, fresh, 0}.device }

// asking is how a device is asked for: memory of it is good while it is younger than fresh, and while that is younger than stale if the
// registry cannot be asked, or does not answer within patience if there is one.
type asking struct {
	*cache

	fresh, stale, patience time.Duration
}

func (a asking) device(ctx context.Context, id string) (*waymark.Device, error) {
	known, found := a.lookup(id)
	age := a.now().Sub(known.asked)
	if found && age < a.freshFor(known) {
		return registered(known)
	}
	remembered := known.value != nil && age < a.stale
	if remembered && a.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.patience)
		defer cancel()
	}
	if asked, err := a.ask(ctx, id, a.slotsFor(known)); err == nil {
		return registered(asked)
	}
	if remembered {
		return known.value, nil // devices go on into the spool while the gateway is away
	}
	return nil, unanswered()
}

func (a asking) freshFor(known remembered[*waymark.Device]) time.Duration {
	if known.value == nil {
		return unknownFor
	}
	return a.fresh
}

func unanswered() error {
	return waymark.Errorf(waymark.Unavailable, "the registry cannot be asked now")
}

// slotsFor returns the turns that a question about a device takes one of.
func (c *cache) slotsFor(known remembered[*waymark.Device]) chan struct{} {
	if known.value != nil {
		return c.questions
	}
	return c.strangers
}

func registered(r remembered[*waymark.Device]) (*waymark.Device, error) {
	if r.value == nil {
		return nil, waymark.Errorf(waymark.Unauthenticated, "device %s is not registered: its owner has to register it", r.id)
	}
	return r.value, nil
}

// ask asks the registry about a device, and remembers what it says.
func (c *cache) ask(ctx context.Context, id string, slots chan struct{}) (remembered[*waymark.Device], error) {
	return inTurn(ctx, slots, func() (remembered[*waymark.Device], error) {
		asked, err := c.known.ask(id, c.now(), func() (*waymark.Device, bool, error) {
			device, err := c.devices.Device(ctx, id)
			if gateway.NotFound(err) {
				return nil, false, nil
			}
			return device, true, err
		})
		if err == nil && asked.value == nil { // registered devices stay so: retired is a state
			c.unknown.store(asked)
		}
		return asked, err
	})
}

func (c *cache) lookup(id string) (remembered[*waymark.Device], bool) {
	if e, found := c.known.lookup(id); found {
		return e, true
	}
	return c.unknown.lookup(id)
}
