package bridge

import (
	"sync"
	"time"
)

// loginSpan is longer than a login can take: one that was under way when its device was cut off ends within it.
const loginSpan = 10 * time.Second

// cuts are the devices that were cut off within loginSpan, or some longer. The zero value is of none.
type cuts struct {
	mu             sync.Mutex
	recent, before map[string]struct{}
	turned         time.Time // when recent began
}

// note notes a device. Beyond maxSuspects it is left out.
func (c *cuts) note(device string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.turn(now); len(c.recent) < maxSuspects {
		c.recent[device] = struct{}{}
	}
}

func (c *cuts) has(device string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	_, recent := c.recent[device]
	_, before := c.before[device]
	return recent || before
}

// turn forgets those that nobody needs any more.
func (c *cuts) turn(now time.Time) {
	past := now.Sub(c.turned)
	if past < loginSpan {
		return
	}
	if c.before = c.recent; past >= 2*loginSpan {
		c.before = nil
	}
	c.recent, c.turned = map[string]struct{}{}, now
}
