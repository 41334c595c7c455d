package fleet

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
)

// hub is a broker that has one connection for a client id.
type hub struct {
	t  *testing.T
	mu sync.Mutex
	by map[string]string // whose the sessions are
	is map[string]bool   // which sessions there are

	leaving time.Duration // how long it takes to disconnect

	wait  map[string][]string  // of which devices a session has messages unacknowledged
	gone  map[string]time.Time // since when the connection of a session is gone, and nobody knows
	doubt map[string]bool      // which connections are lost and not made again
}

func (h *hub) Moved(Move) {}

// plug is a session of a bridge.
type plug struct {
	*hub

	client, bridge   string
	receiver         Receiver
	anew, subscribed func()
}

func (p plug) Run(ctx context.Context) {
	p.mu.Lock()
	if other := p.by[p.client]; other != "" {
		p.t.Errorf("%s takes the session %s from %s", p.bridge, p.client, other)
	}
	p.by[p.client] = p.bridge
	was := p.is[p.client]
	p.is[p.client] = true
	p.mu.Unlock()
	if !was {
		p.anew()
	}
	if p.deliver(ctx) { // what waits comes before the answer to a subscription, which is not read while a message waits
		p.subscribed()
	}
	<-ctx.Done()
	time.Sleep(p.leaving)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, p.client)
}

// deliver sends what waits, and reports whether all of it was taken.
func (p plug) deliver(ctx context.Context) bool {
	p.mu.Lock()
	waiting := p.wait[p.client]
	p.wait[p.client] = nil
	p.mu.Unlock()
	for _, device := range waiting {
		if p.receiver.Put(ctx, intake.Arrival{Device: device, Ack: func() {}}) != nil {
			return false
		}
	}
	return true
}

// publish has every session keep a message of a device.
func (h *hub) publish(device string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for client := range h.is {
		h.wait[client] = append(h.wait[client], device)
	}
}

func (p plug) InDoubt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.doubt[p.client]
}

func (p plug) Subscribed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.by[p.client] == p.bridge
}

func (p plug) Heard() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if gone, is := p.gone[p.client]; is {
		return gone
	}
	return time.Now()
}

// breaks has the connection of a session be gone, or back.
func (h *hub) breaks(client string, gone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if delete(h.gone, client); gone {
		h.gone[client] = time.Now()
	}
}
