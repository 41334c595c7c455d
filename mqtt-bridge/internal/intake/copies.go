package intake

import (
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

const (
	maxCopies  = 1 << 15          // identities of a generation
	generation = 30 * time.Second // a message is remembered for one to two of them
)

// copies remembers what was stored a moment ago and waits in the spool: a broker that is kept waiting sends again what it has no
// acknowledgement of, and each session of a fleet has everything. Such a copy is acknowledged and not stored once more.
//
// What has left the spool is forgotten at once, since the same message may be meant to be offered anew then. It is
// safe for concurrent use.
type copies struct {
	now func() time.Time

	mu          sync.Mutex
	since       time.Time
	young, aged map[identity]bool // true once it is on the disk
}

func newCopies(now func() time.Time) *copies {
	return &copies{now: now, since: now(), young: map[identity]bool{}, aged: map[identity]bool{}}
}

// expect notes what is about to be stored. It may be settled before stored is called.
func (c *copies) expect(group []*pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age()
	for _, p := range group {
		if p.waits() && len(c.young) < maxCopies {
			c.young[p.id] = false
		}
	}
}

// stored notes what is on the disk now, and forgets the rest of the group.
func (c *copies) stored(group []*pending, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, p := range group {
		id := p.id
		if _, waits := c.young[id]; !waits {
			continue // it was settled meanwhile, or is none that waits
		}
		if c.young[id] = true; i >= n {
			delete(c.young, id)
		}
	}
}

// has reports whether a message is on the disk and waits there.
func (c *copies) has(p *pending) bool {
	id := p.id
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age()
	return c.young[id] || c.aged[id]
}

// age forgets what was stored more than a generation or two ago.
func (c *copies) age() {
	now := c.now()
	if now.Sub(c.since) < generation {
		return
	}
	if now.Sub(c.since) >= 2*generation {
		clear(c.young)
	}
	c.since, c.aged, c.young = now, c.young, map[identity]bool{}
}

// settled forgets a message that left the spool, and everything if nobody can say which that was.
func (c *copies) settled(e spool.Entry) {
	id := identify(e.Device, e.Payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Corrupt {
		c.clear()
	}
	delete(c.young, id)
	delete(c.aged, id)
}

// forget forgets everything: a store that failed may have lost what it had.
func (c *copies) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
}

func (c *copies) clear() {
	clear(c.young)
	clear(c.aged)
}
