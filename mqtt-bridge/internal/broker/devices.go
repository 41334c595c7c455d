package broker

import (
	"sync"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// devices are those that are connected, each by its newest connection.
type devices struct {
	most int

	mu      sync.Mutex
	live    map[string]*connection
	cramped bool // there is no room for what they send
}

func newDevices(most int) *devices { return &devices{most: most, live: map[string]*connection{}} }

// enter makes c the connection of its device, and returns the one that it takes over from, nil if there is none. It fails with
// ResourceExhausted if there is no room for the device or what it sends.
func (d *devices) enter(c *connection) (before *connection, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.refusal(c.device); err != nil {
		return nil, err
	}
	before = d.live[c.device]
	d.live[c.device] = c
	return before, nil
}

// check fails as enter does.
func (d *devices) check(device string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refusal(device)
}

func (d *devices) refusal(device string) error {
	_, connected := d.live[device]
	switch {
	case !connected && len(d.live) >= d.most:
		return waymark.Errorf(waymark.ResourceExhausted, "too many devices are connected: wait, then connect again")
	case d.cramped:
		return waymark.Errorf(waymark.ResourceExhausted, "the broker has no room for what you send: connect again later")
	}
	return nil
}

// leave forgets a connection, unless another took over from it.
func (d *devices) leave(c *connection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live[c.device] == c {
		delete(d.live, c.device)
	}
}

// of is the connection of a device, nil if it has none.
func (d *devices) of(device string) *connection {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live[device]
}

// setRoom says whether there is room for what devices send, and returns those that are connected and have none.
func (d *devices) setRoom(room bool) (out []*connection) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cramped = !room; d.cramped {
		for _, c := range d.live {
			out = append(out, c)
		}
	}
	return out
}

func (d *devices) room() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.cramped
}

func (d *devices) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.live)
}
