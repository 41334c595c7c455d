package uplink

import (
	"errors"
	"slices"
	"sync"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// standing is how devices stand with the consortium's broker. It is safe for concurrent use.
type standing struct {
	mu        sync.Mutex
	connected int
	refused   map[string]bool // at their last try, by the broker and not by the way to it
}

// tried notes how a try to connect ended.
func (s *standing) tried(device string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refused, device)
	switch {
	case err == nil:
		s.connected++
	case errors.Is(err, packets.ErrorRefusedNotAuthorised), errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedIDRejected):
		s.refused[device] = true
	}
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

// RefusedAlone reports whether the broker refuses a device and that is the device's own trouble: it has let others in, or refused no other.
func (u *Uplink) RefusedAlone(device string) bool {
	u.standing.mu.Lock()
	defer u.standing.mu.Unlock()
	return u.standing.refused[device] && (u.standing.connected > 0 || len(u.standing.refused) == 1)
}
