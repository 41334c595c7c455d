package broker

import (
	"slices"
	"sync"
)

// mostOfDevice is how many connections of one device are remembered: the newest, and those that it took over from and
// that are ending.
const mostOfDevice = 4

// connection is one of a device, by its number at the server. A number is not used again.
type connection struct {
	id   uint64
	told bool // the watcher knows of it
}

// connections are those of devices that were let in, from their login on until the server has told of their end.
// It is safe for concurrent use.
type connections struct {
	mu       sync.Mutex
	byDevice map[string][]connection // oldest first
}

func newConnections() *connections { return &connections{byDevice: map[string][]connection{}} }

func (c *connections) begin(device string, id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.byDevice[device]
	if len(of) == mostOfDevice {
		of = of[1:]
	}
	c.byDevice[device] = append(of, connection{id: id})
}

// besides counts the other devices that are connected.
func (c *connections) besides(device string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, connected := c.byDevice[device]; connected {
		return len(c.byDevice) - 1
	}
	return len(c.byDevice)
}

// tell reports whether the watcher is to be told that a connection began, and notes that it knows.
func (c *connections) tell(device string, id uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.byDevice[device]
	at := slices.IndexFunc(of, func(one connection) bool { return one.id == id })
	if at < 0 || of[at].told {
		return false
	}
	of[at].told = true
	return true
}

// end forgets a connection, and reports whether the watcher is to be told that it ended.
func (c *connections) end(device string, id uint64) (tell bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(device, func(one connection) bool {
		tell = tell || one.id == id && one.told
		return one.id != id
	})
	return tell
}

// keep keeps of a device's connections those that fit. To be called with the lock.
func (c *connections) keep(device string, fits func(connection) bool) {
	var left []connection
	for _, one := range c.byDevice[device] {
		if fits(one) {
			left = append(left, one)
		}
	}
	if len(left) == 0 {
		delete(c.byDevice, device)
		return
	}
	c.byDevice[device] = left
}

// of returns the numbers of a device's connections.
func (c *connections) of(device string) (ids []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.byDevice[device] {
		ids = append(ids, one.id)
	}
	return ids
}

// all returns the numbers of all connections.
func (c *connections) all() (ids []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range c.byDevice {
		for _, one := range of {
			ids = append(ids, one.id)
		}
	}
	return ids
}

// missed is what the watcher was not told of connections, by device.
type missed struct{ begun, ended map[string][]uint64 }

// compare forgets what was known before the live ones were listed and is not among them, and returns what the watcher does not know,
// which it is told then.
func (c *connections) compare(known []uint64, live map[uint64]bool) missed {
	gone := map[uint64]bool{}
	for _, id := range known {
		gone[id] = !live[id]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := missed{begun: map[string][]uint64{}, ended: map[string][]uint64{}}
	for device, of := range c.byDevice {
		for i, one := range of {
			switch {
			case gone[one.id] && one.told:
				m.ended[device] = append(m.ended[device], one.id)
			case live[one.id] && !one.told:
				m.begun[device] = append(m.begun[device], one.id)
				of[i].told = true
			}
		}
		c.keep(device, func(one connection) bool { return !gone[one.id] })
	}
	return m
}
