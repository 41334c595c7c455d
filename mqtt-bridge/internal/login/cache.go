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
	maxUnknown   = 1000 // ids that anybody can make up
	maxQuestions = 16   // asked of the registry at once about devices that are known
	maxStrangers = 4    // and about ids that are not
)

// Devices is the registry.
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
	known, unknown       *memory
}

// memory keeps a bounded number of entries and drops what was used least.
type memory struct {
	limit int

	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // of entry, last used first
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, entries: map[string]*list.Element{}, order: list.New()}
}

type entry struct {
	id     string
	device *waymark.Device // nil: not registered
	asked  time.Time
}

func newCache(devices Devices, now func() time.Time) *cache {
	return &cache{devices: devices, now: now,
		questions: make(chan struct{}, maxQuestions), strangers: make(chan struct{}, maxStrangers),
		known: newMemory(maxCached), unknown: newMemory(maxUnknown)}
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
	asked, err := c.ask(ctx, id, c.slotsFor(known))
	if err == nil {
		c.store(asked)
		return asked.result()
	}
	if found && known.device != nil && age < staleFor {
		return known.device, nil // devices go on into the spool while the gateway is away
	}
	return nil, waymark.Errorf(waymark.Unavailable, "the registry cannot be asked now")
}

// slotsFor returns the turns that a question about a device takes one of.
func (c *cache) slotsFor(known entry) chan struct{} {
	if known.device != nil {
		return c.questions
	}
	return c.strangers
}

func (e entry) result() (*waymark.Device, error) {
	if e.device == nil {
		return nil, waymark.Errorf(waymark.Unauthenticated, "device %s is not registered: its owner has to register it", e.id)
	}
	return e.device, nil
}

func (c *cache) ask(ctx context.Context, id string, slots chan struct{}) (entry, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
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
	if e, found := c.known.lookup(id); found {
		return e, true
	}
	return c.unknown.lookup(id)
}

func (c *cache) store(e entry) {
	if e.device == nil { // registered devices stay so: retired is a state
		c.unknown.store(e)
		return
	}
	c.known.store(e)
}

func (m *memory) lookup(id string) (entry, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, found := m.entries[id]
	if !found {
		return entry{}, false
	}
	m.order.MoveToFront(element)
	e, ok := element.Value.(entry)
	return e, ok
}

// find returns the ids of the entries that fit.
func (m *memory) find(fits func(entry) bool) (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, element := range m.entries {
		if e, ok := element.Value.(entry); ok && fits(e) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *memory) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, found := m.entries[id]; found {
		m.order.Remove(element)
		delete(m.entries, id)
	}
}

func (m *memory) store(e entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, found := m.entries[e.id]; found {
		element.Value = e
		m.order.MoveToFront(element)
		return
	}
	m.entries[e.id] = m.order.PushFront(e)
	if m.order.Len() > m.limit {
		oldest := m.order.Back()
		if old, ok := m.order.Remove(oldest).(entry); ok {
			delete(m.entries, old.id)
		}
	}
}
