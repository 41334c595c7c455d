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
func (c *cache) within(fresh time.Duration) asker {
	return func(ctx context.Context, id string) (*waymark.Device, error) {
		return c.device(ctx, id, fresh, staleFor)
	}
}

// surely is within for what is not to be decided by old memory.
func (c *cache) surely(fresh time.Duration) asker {
	return func(ctx context.Context, id string) (*waymark.Device, error) { return c.device(ctx, id, fresh, fresh) }
}

// device returns a device, from memory while that is younger than fresh, or than stale if the registry cannot be asked.
func (c *cache) device(ctx context.Context, id string, fresh, stale time.Duration) (*waymark.Device, error) {
	known, found := c.lookup(id)
	age := c.now().Sub(known.asked)
	if found && (known.value != nil && age < fresh || known.value == nil && age < unknownFor) {
		return registered(known)
	}
	if asked, err := c.ask(ctx, id, c.slotsFor(known)); err == nil {
		return registered(asked)
	}
	if found && known.value != nil && age < stale {
		return known.value, nil // devices go on into the spool while the gateway is away
	}
	return nil, unanswered()
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
