package login

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
)

const (
	freshFor     = 10 * time.Second // a device that is known
	suspectFor   = time.Second      // a device of which the ledger rejected a message
	unknownFor   = time.Second      // a device that is not: it may be registered any moment
	staleFor     = time.Hour        // use when the registry cannot be asked
	maxCached    = 20000
	maxQuestions = 16 // asked of the registry at once
)

// Devices is the registry.
type Devices interface {
	// Device returns a registered device, or an error for which
	// gateway.NotFound holds.
	Device(ctx context.Context, id string) (*waymark.Device, error)
}

// cache remembers what the registry said, for a short time, and drops what was
// used least when it is full.
type cache struct {
	devices   Devices
	now       func() time.Time
	questions chan struct{}

	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // of entry, last used first
}

type entry struct {
	id     string
	device *waymark.Device // nil: not registered
	asked  time.Time
}

func newCache(devices Devices, now func() time.Time) *cache {
	return &cache{devices: devices, now: now, questions: make(chan struct{}, maxQuestions),
		entries: map[string]*list.Element{}, order: list.New()}
}

// device returns a device, from memory while that is younger than fresh. It returns
// Unauthenticated for one that is not registered, and Unavailable if the registry
// cannot be asked and memory is too old.
func (c *cache) device(ctx context.Context, id string, fresh time.Duration) (*waymark.Device, error) {
	known, found := c.lookup(id)
	age := c.now().Sub(known.asked)
	if found && (known.device != nil && age < fresh || known.device == nil && age < unknownFor) {
		return known.result()
	}
	asked, err := c.ask(ctx, id)
	if err == nil {
		c.store(asked)
		return asked.result()
	}
	if found && known.device != nil && age < staleFor {
		return known.device, nil // devices go on into the spool while the gateway is away
	}
	return nil, waymark.Errorf(waymark.Unavailable, "the registry cannot be asked now")
}

func (e entry) result() (*waymark.Device, error) {
	if e.device == nil {
		return nil, waymark.Errorf(waymark.Unauthenticated, "device %s is not registered", e.id)
	}
	return e.device, nil
}

func (c *cache) ask(ctx context.Context, id string) (entry, error) {
	select {
	case c.questions <- struct{}{}:
		defer func() { <-c.questions }()
	case <-ctx.Done():
		return entry{}, ctx.Err()
	}
	device, err := c.devices.Device(ctx, id)
	if err != nil && !gateway.NotFound(err) {
		return entry{}, err
	}
	return entry{id: id, device: device, asked: c.now()}, nil
}

func (c *cache) lookup(id string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.entries[id]
	if !found {
		return entry{}, false
	}
	c.order.MoveToFront(element)
	e, ok := element.Value.(entry)
	return e, ok
}

func (c *cache) store(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, found := c.entries[e.id]; found {
		element.Value = e
		c.order.MoveToFront(element)
		return
	}
	c.entries[e.id] = c.order.PushFront(e)
	if c.order.Len() > maxCached {
		oldest := c.order.Back()
		if old, ok := c.order.Remove(oldest).(entry); ok {
			delete(c.entries, old.id)
		}
	}
}
