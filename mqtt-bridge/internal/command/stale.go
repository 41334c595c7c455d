package command

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"go.uber.org/zap"
)

const (
	// maxStale bounds each line of devices that wait for the gateway to be asked of them. One of which the book lacks commands, and
	// that is left out, is asked for when it connects again, or sends something.
	maxStale = 10_000
	// maxAsked bounds the devices that are known to need it no more: more than can be connected.
	maxAsked       = 100_000
	refreshTimeout = 10 * time.Second
	refreshWait    = 2 * time.Second
)

// line is devices that wait for the gateway to be asked of them, each once, in the order in which they came.
type line struct {
	order []string
	waits map[string]bool // of order
}

func newLine() line { return line{waits: map[string]bool{}} }

func (l *line) add(device string) {
	if !l.waits[device] && len(l.order) < maxStale {
		l.waits[device], l.order = true, append(l.order, device)
	}
}

// next takes the device that waits longest.
func (l *line) next() (device string, found bool) {
	if len(l.order) == 0 {
		return "", false
	}
	device, l.order = l.order[0], l.order[1:]
	delete(l.waits, device)
	return device, true
}

// stale are devices of which the gateway is to be asked.
type stale struct {
	unsure  line                 // the book has commands of them that may have ended: asked first, and without room too
	lacking line                 // the book may lack commands of them
	asked   map[string]bool      // for which the gateway was asked, since the start
	later   []delayed            // to be added, in this order, each device once
	due     map[string]time.Time // when each of later is, which may have been put off
	filled  chan struct{}        // holds a token when there may be one to ask for
}

// delayed is a device of which the gateway is asked once it surely knows what has happened.
type delayed struct {
	device string
	due    time.Time
}

func newStale() stale {
	return stale{unsure: newLine(), lacking: newLine(), asked: map[string]bool{}, due: map[string]time.Time{}, filled: make(chan struct{}, 1)}
}

func (s *stale) len() int { return len(s.unsure.order) + len(s.lacking.order) }

// addOnce adds a device that was not asked for yet.
func (s *stale) addOnce(device string) {
	if !s.asked[device] {
		s.add(device)
	}
}

func (s *stale) add(device string) {
	delete(s.asked, device)
	s.lacking.add(device)
	s.signal()
}

// askSoon adds a device of which the book has commands that may have ended. What is left out of those that are not confirmed is added when
// they are due again.
func (s *stale) askSoon(device string) {
	s.unsure.add(device)
	s.signal()
}

// leaveOut notes that the book lacks a command of a device. One that is not known here is asked for once it appears.
func (s *stale) leaveOut(device string, known bool) {
	delete(s.asked, device)
	if known {
		s.add(device)
	}
}

// addLater adds a device at a time, which must be no earlier than that of any before. One for which there is no room is asked for once it
// appears.
func (s *stale) addLater(device string, due time.Time) {
	_, waits := s.due[device]
	switch {
	case waits:
	case len(s.later) >= maxStale:
		delete(s.asked, device)
		return
	default:
		s.later = append(s.later, delayed{device, due})
	}
	s.due[device] = due
	s.signal()
}

// ripen adds those whose time has come, and returns how long it takes until there is more.
func (s *stale) ripen(now time.Time) time.Duration {
	for len(s.later) > 0 {
		first := s.later[0]
		if first.due.After(now) {
			return first.due.Sub(now)
		}
		s.later = s.later[1:]
		if due := s.due[first.device]; due.After(first.due) {
			s.later = append(s.later, delayed{first.device, due})
			continue
		}
		delete(s.due, first.device)
		s.add(first.device)
	}
	return settling
}

// next takes the device to ask of, empty for none; without room for more commands one of which the book has some.
func (s *stale) next(room bool) string {
	device, found := s.unsure.next()
	if !found && room {
		device, found = s.lacking.next()
	}
	if !found {
		return ""
	}
	if len(s.asked) >= maxAsked {
		clear(s.asked)
	}
	s.asked[device] = true
	return device
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

// askLater has the gateway asked for a device's commands once its peer surely knows of all that has happened by now.
func (b *Book) askLater(device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale.addLater(device, time.Now().Add(settling))
}

// Moved is told that a device came to another owner. That ended its commands of before, those too that the book does not have or is not
// told of yet. One of the new owner's may have been told of before this; once the gateway surely knows, it is asked.
func (b *Book) Moved(device string) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	gone := b.settled(device, time.Now())
	gone[allOf(device)] = nil
	b.noteEnded(gone)
	if err := b.write(gone, false); err != nil {
		return err
	}
	b.askLater(device)
	return nil
}

// refresh asks the gateway for one device after another.
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
	device = b.stale.next(len(b.queue) < b.limit || len(b.strangers(1, nil)) > 0)
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
	if err := b.correct(asked, answer); err != nil {
		return err
	}
	if len(commands) > 0 && asked.Sub(b.began) < settling { // what ended before the start is not known any more
		b.askLater(device)
	}
	return nil
}

// settled are the commands of a device that have been known since a time at the latest, each to be closed unless the gateway has it.
func (b *Book) settled(device string, at time.Time) map[name]*waymark.DeliveredCommand {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[name]*waymark.DeliveredCommand{}
	for id, w := range b.open[device] {
		if !w.since.After(at) {
			known[name{device, id}] = nil
		}
	}
	return known
}
