package spool

import "sync"

const (
	// sharedFrom and share are parts of Limits.Bytes: once half of them are taken, no device is to have more than a quarter wait.
	sharedFrom = 2
	share      = 4
	// maxShares bounds the devices whose bytes are counted. Of one more nothing is, until there is room: ids that nobody registered may be
	// any number, and the spool is bounded as a whole.
	maxShares = 100_000
)

// shares are the bytes that wait of each device. They are counted when the file is looked at, and from then on with each commit. It is safe for
// concurrent use.
type shares struct {
	mu    sync.Mutex
	total int64 // with what is held
	of    map[string]int64
}

// moves are the bytes that one transaction moved, by device; those held are nobody's here.
type moves map[string]int64

func newShares() *shares { return &shares{of: map[string]int64{}} }

// take counts what a commit has changed.
func (s *shares) take(m moves) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for device, bytes := range m {
		s.add(device, bytes)
	}
}

// add counts bytes that came, or went.
func (s *shares) add(device string, bytes int64) {
	s.total += bytes
	if device == "" {
		return
	}
	left, known := s.of[device]
	switch left += bytes; {
	case left <= 0:
		delete(s.of, device)
	case known || len(s.of) < maxShares:
		s.of[device] = left
	}
}

// whose returns of which device a record waits in a pile: of nobody if it is held.
func whose(pile int, record []byte) (device string, waits bool) {
	if pile != heldPile {
		device, _ = deviceIn(record)
	}
	return device, pile != quarantinePile
}

// Crowds reports whether so much waits of a device that it is to send no more: a quarter of the spool's bound, once half of that is taken.
func (s *Spool) Crowds(device string) bool {
	s.shares.mu.Lock()
	defer s.shares.mu.Unlock()
	return s.crowds(s.shares.of[device])
}

// Crowding counts the devices that Crowds.
func (s *Spool) Crowding() (n int) {
	s.shares.mu.Lock()
	defer s.shares.mu.Unlock()
	for _, bytes := range s.shares.of {
		if s.crowds(bytes) {
			n++
		}
	}
	return n
}

func (s *Spool) crowds(bytes int64) bool {
	return s.shares.total > s.limits.Bytes/sharedFrom && bytes > s.limits.Bytes/share
}
