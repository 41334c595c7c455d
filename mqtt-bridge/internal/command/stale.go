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
	// maxAsked bounds the devices that are known to need it no more: more than can be connected.
	maxAsked       = 100_000
	refreshTimeout = 10 * time.Second
	refreshWait    = 2 * time.Second
)

// stale are devices of which the book may lack commands, in the order in which they came.
type stale struct {
	order  []string
	waits  map[string]bool // of order
	asked  map[string]bool // for which the gateway was asked, since the start
	later  []later         // to be added, in this order
	filled chan struct{}   // holds a token when there may be one to ask for
}

// later is a device that came to another owner, or of which a command expired: when the gateway surely knows it.
type later struct {
	device string
	due    time.Time
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

// leaveOut notes that the book lacks a command of a device. One that is not known here is asked for once it appears.
func (s *stale) leaveOut(device string, known bool) {
	delete(s.asked, device)
	if known {
		s.add(device)
	}
}

// addLater adds a device at a time, which must be no earlier than that of any before.
func (s *stale) addLater(device string, due time.Time) {
	if len(s.later) < maxStale {
		s.later = append(s.later, later{device, due})
		s.signal()
	}
}

// ripen adds those whose time has come, and returns how long it takes until there is more.
func (s *stale) ripen(now time.Time) time.Duration {
	for len(s.later) > 0 {
		if first := s.later[0]; first.due.After(now) {
			return first.due.Sub(now)
		}
		s.add(s.later[0].device)
		s.later = s.later[1:]
	}
	return settling
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

// Moved is told of the event by which a device came to another owner. That ended its commands of before, those too that the book does not
// have or is not told of yet. One of the new owner's may have been told of before this; once the gateway surely knows, it is asked.
func (b *Book) Moved(device, event string) error {
	at, err := placeOf(event)
	if err != nil { // the rest is right all the same
		b.log.Error("event about a device cannot be read", zap.String("event", event), zap.Error(err))
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	b.noteMove(device, at)
	gone := b.settled(device, time.Now())
	gone[allOf(device)] = nil
	b.noteEnded(gone)
	if err := b.write(gone); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale.addLater(device, time.Now().Add(settling))
	return nil
}

func (b *Book) noteMove(device string, at place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moves.note(device, at)
}

func (b *Book) movedSince(device string, at place) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moves.ended(device, at)
}

// refresh asks the gateway for one device after another, while there is room.
func (b *Book) refresh(ctx context.Context) {
	for {
		device, wait := b.nextStale()
		if device == "" {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-b.stale.filled:
			case <-ctx.Done():
				timer.Stop()
				return
			}
			timer.Stop()
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

// nextStale returns the device of which the gateway is to be asked next; if there is none, how long to wait for one, or for a signal.
func (b *Book) nextStale() (device string, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait = b.stale.ripen(time.Now())
	if len(b.queue) >= b.limit && len(b.strangers(1, nil)) == 0 {
		return "", wait
	}
	device, _ = b.stale.next()
	return device, wait
}

// refreshOne makes the book right for a device. Where the gateway has a command that is over by this clock, one of the two clocks is wrong:
// it is asked again until they agree.
func (b *Book) refreshOne(ctx context.Context, device string) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	asked := time.Now()
	answer := b.settled(device, asked.Add(-settling))
	commands, err := b.gateway.OpenCommands(ctx, device)
	if err != nil && !gateway.NotFound(err) {
		return err //nolint:wrapcheck // it says all
	}
	var over []name
	for _, c := range commands {
		d := waymark.DeliveredCommand{Device: c.Device, ID: c.ID, Name: c.Name, Arguments: c.Arguments,
			ExpiresAt: c.ExpiresAt.Unix(), TxID: c.Requested.TxID}
		if err := d.Validate(); err != nil || d.Device != device {
			b.log.Error("the gateway answered with a command that cannot be delivered", zap.String("device_id", device), zap.Error(err))
			continue
		}
		if asked.Unix() > d.ExpiresAt {
			over = append(over, nameOf(d))
			continue
		}
		answer[nameOf(d)] = &d
	}
	b.doubt(over)
	return b.correct(asked, answer)
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
