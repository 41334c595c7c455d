package uplink

import (
	"errors"
	"slices"
	"sync"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// refusal is what is known of why the broker refuses a device.
type refusal int

const (
	doubted refusal = iota + 1 // it may be the broker's trouble
	weighed                    // the edge itself was let in since
	own                        // and the device was refused once more
)

// standing is how devices stand with the consortium's broker. It is safe for concurrent use.
type standing struct {
	mu        sync.Mutex
	connected int
	refused   map[string]refusal // at their last try, by the broker and not by the way to it
	barred    bool               // so was the edge itself
	doubt     chan struct{}      // holds a token after a refusal, until the edge has logged in itself
}

func newStanding() standing {
	return standing{refused: make(map[string]refusal), doubt: make(chan struct{}, 1)}
}

// tried notes how a device's try to connect ended.
func (s *standing) tried(device string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.connected++
	}
	if !isRefusal(err) {
		delete(s.refused, device)
		return
	}
	switch s.refused[device] {
	case weighed, own:
		s.refused[device] = own
	default:
		s.refused[device] = doubted
	}
	select {
	case s.doubt <- struct{}{}:
	default:
	}
}

// judged notes how a try of the edge itself to connect ended, which has nothing of its own for which it could be refused.
func (s *standing) judged(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.barred = isRefusal(err)
	for device, before := range s.refused {
		if err != nil {
			s.refused[device] = doubted
		} else {
			s.refused[device] = max(before, weighed)
		}
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
	for device := range u.standing.refused {
		devices = append(devices, device)
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

// RefusesOnly reports whether the broker refuses a device for what is the device's own trouble: between two refusals it let the edge itself in.
func (u *Uplink) RefusesOnly(device string) bool {
	u.standing.mu.Lock()
	defer u.standing.mu.Unlock()
	return u.standing.refused[device] == own
}
