package command

import "fmt"

// maxMoves bounds the transfers that are remembered. It matters for as long as the events about commands may be behind those about devices.
const maxMoves = 10_000

// place is where an event is on the ledger: block, transaction and event.
type place [3]uint64

// placeOf reads the id of an event (client.Event.ID).
func placeOf(id string) (p place, err error) {
	if n, err := fmt.Sscanf(id, "%d:%d:%d", &p[0], &p[1], &p[2]); err != nil || n != len(p) {
		return place{}, fmt.Errorf("event id %q is not block:transaction:event", id)
	}
	return p, nil
}

func (p place) before(other place) bool {
	for i := range p {
		if p[i] != other[i] {
			return p[i] < other[i]
		}
	}
	return false
}

// moves are the devices that came to another owner, and where on the ledger.
type moves struct {
	order []string // oldest first
	at    map[string]place
}

func newMoves() moves { return moves{at: map[string]place{}} }

func (m *moves) note(device string, at place) {
	if _, found := m.at[device]; !found {
		if len(m.order) == maxMoves {
			delete(m.at, m.order[0])
			m.order = m.order[1:]
		}
		m.order = append(m.order, device)
	}
	if m.at[device].before(at) {
		m.at[device] = at
	}
}

// ended reports whether the transfer of a device ended what was requested at a place.
func (m *moves) ended(device string, requested place) bool { return requested.before(m.at[device]) }
