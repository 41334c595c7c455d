package uplink

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// ownAfter is for how long a broker refuses a device before that is taken for the device's own trouble. What is not passes by then, or keeps out the edge, too: a bridge
// that cannot ask the registry believes for an hour, and no longer, what it knows of a device.
const ownAfter = time.Hour

// refusal is what is known of why the broker refuses a device.
type refusal struct {
	last time.Time     // when it was refused, or the edge failed after that; zero if its last try was not refused
	held time.Duration // between tries that were both refused, without a login or a failure of the edge in all that time
	own  bool          // it held for ownAfter, and the edge was let in since
}

// standing is how devices stand with the consortium's broker. It is safe for concurrent use.
type standing struct {
	now       func() time.Time
	mu        sync.Mutex
	connected int
	refused   map[string]refusal // of those that were not let in since, by the broker and not by the way to it
	barred    bool               // so was the edge itself
	doubt     chan struct{}      // holds a token after a refusal, until the edge has logged in itself
}

func newStanding(now func() time.Time) standing {
	return standing{now: now, refused: make(map[string]refusal), doubt: make(chan struct{}, 1)}
}

// tried notes how a device's try to connect ended.
func (s *standing) tried(device string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.refused[device]
	switch {
	case err == nil:
		s.connected++
		delete(s.refused, device)
	case isRefusal(err):
		now := s.now()
		if !r.last.IsZero() {
			r.held += now.Sub(r.last)
		}
		r.last = now
		s.refused[device] = r
		select {
		case s.doubt <- struct{}{}:
		default:
		}
	case known: // nobody knows whether it would be refused: that time does not count
		s.refused[device] = refusal{held: r.held}
	}
}

// judged notes how a try of the edge itself to connect ended, which has nothing of its own for which it could be refused.
func (s *standing) judged(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.barred = isRefusal(err)
	for device, r := range s.refused {
		if err != nil {
			r.held = 0
			if !r.last.IsZero() {
				r.last = s.now()
			}
		}
		r.own = r.held >= ownAfter && !r.last.IsZero()
		s.refused[device] = r
	}
}

func isRefusal(err error) bool {
	return errors.Is(err, packets.ErrorRefusedNotAuthorised) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedIDRejected)
}

// left notes the end of a connection.
func (s *standing) left() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected--
}

// Connected is how many devices are connected.
func (u *Uplink) Connected() int {
	u.standing.mu.Lock()
	defer u.standing.mu.Unlock()
	return u.standing.connected
}

// Refused returns the devices that the consortium's broker refused at their last try, in order.
func (u *Uplink) Refused() (devices []string) {
	u.standing.mu.Lock()
	defer u.standing.mu.Unlock()
	for device, r := range u.standing.refused {
		if !r.last.IsZero() {
			devices = append(devices, device)
		}
	}
	slices.Sort(devices)
	return devices
}

// Barred reports whether the broker refused the edge itself when last a device was refused.
func (u *Uplink) Barred() bool {
	u.standing.mu.Lock()
	defer u.standing.mu.Unlock()
	return u.standing.barred && len(u.standing.refused) > 0
}

// RefusesOnly reports whether the broker refuses a device for what is the device's own trouble: it did for ownAfter, and let the edge itself in.
func (u *Uplink) RefusesOnly(device string) bool {
	u.standing.mu.Lock()
	defer u.standing.mu.Unlock()
	return u.standing.refused[device].own
}
