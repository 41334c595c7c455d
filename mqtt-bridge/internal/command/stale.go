package command

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"go.uber.org/zap"
)

const (
	// maxStale bounds the devices that wait for the gateway to be asked of them. One that is left out is asked for when it
	// connects again, or sends something.
	maxStale = 10_000
	// maxAsked bounds the devices that are known to need it no more: as many as can be connected.
	maxAsked       = 100_000
	refreshTimeout = 10 * time.Second
	refreshWait    = 2 * time.Second
	// settling is how old a command must be before it counts that the gateway does not have it: its peer can be behind the
	// events of another.
	settling = 30 * time.Second
)

// stale are devices of which the book may lack commands, in the order in which they came.
type stale struct {
	order  []string
	waits  map[string]bool // of order
	asked  map[string]bool // for which the gateway was asked, since the start
	filled chan struct{}   // holds a token when there may be one to ask for
}

func newStale() stale {
	return stale{waits: map[string]bool{}, asked: map[string]bool{}, filled: make(chan struct{}, 1)}
}

func (s *stale) len() int { return len(s.order) }

// addOnce adds a device that was not asked for yet.
func (s *stale) addOnce(device string) {
	if !s.asked[device] {
		s.add(device)
	}
}

func (s *stale) add(device string) {
	delete(s.asked, device)
	if s.waits[device] || len(s.order) >= maxStale {
		return
	}
	s.waits[device] = true
	s.order = append(s.order, device)
	s.signal()
}

// next takes the device that waits longest.
func (s *stale) next() (string, bool) {
	if len(s.order) == 0 {
		return "", false
	}
	device := s.order[0]
	s.order = s.order[1:]
	delete(s.waits, device)
	if len(s.asked) >= maxAsked {
		clear(s.asked)
	}
	s.asked[device] = true
	return device, true
}

func (s *stale) signal() {
	select {
	case s.filled <- struct{}{}:
	default: // it holds a token already
	}
}

// fallBehind says that the gateway is to be asked for a device's commands.
func (b *Book) fallBehind(device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale.add(device)
}

// Moved is told that a device came to another owner, which ended its commands of before.
func (b *Book) Moved(device string) error {
	if err := b.change(b.settled(device, time.Now())); err != nil {
		return err
	}
	b.fallBehind(device) // of the new owner's
	return nil
}

// refresh asks the gateway for one device after another, while there is room.
func (b *Book) refresh(ctx context.Context) {
	for {
		device, found := b.nextStale()
		if !found {
			select {
			case <-b.stale.filled:
			case <-ctx.Done():
				return
			}
			continue
		}
		if err := b.refreshOne(ctx, device); err != nil {
			b.log.Debug("cannot read a device's open commands: asked again", zap.String("device_id", device), zap.Error(err))
			b.fallBehind(device)
			select {
			case <-time.After(refreshWait):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (b *Book) nextStale() (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) >= b.limit {
		return "", false
	}
	return b.stale.next()
}

// refreshOne makes the book right for a device.
func (b *Book) refreshOne(ctx context.Context, device string) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	changed := b.settled(device, time.Now().Add(-settling))
	commands, err := b.gateway.OpenCommands(ctx, device)
	if err != nil && !gateway.NotFound(err) {
		return err //nolint:wrapcheck // it says all
	}
	for _, c := range commands {
		d := waymark.DeliveredCommand{Device: c.Device, ID: c.ID, Name: c.Name, Arguments: c.Arguments,
			ExpiresAt: c.ExpiresAt.Unix(), TxID: c.Requested.TxID}
		if err := d.Validate(); err != nil || d.Device != device {
			b.log.Error("the gateway answered with a command that cannot be delivered", zap.String("device_id", device), zap.Error(err))
			continue
		}
		changed[nameOf(d)] = &d
	}
	return b.change(changed)
}

// settled are the commands of a device that are known since before a time, each to be closed unless the gateway has it.
func (b *Book) settled(device string, before time.Time) map[name]*waymark.DeliveredCommand {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[name]*waymark.DeliveredCommand{}
	for id, w := range b.open[device] {
		if w.since.Before(before) {
			known[name{device, id}] = nil
		}
	}
	return known
}
