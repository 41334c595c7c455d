package fleet

import (
	"slices"
	"sync"
	"time"
)

// standing says of each shard whether its session is known to stand: from then on the broker keeps for it whatever comes, whether
// anybody is there or not, unless it loses its store. It is safe for concurrent use.
type standing struct {
	whole chan struct{} // closed once all were known to stand

	mu    sync.Mutex
	known []bool
	deaf  time.Time // until then what leases say may be of a store that the broker lost
}

func newStanding(shards int) *standing {
	return &standing{whole: make(chan struct{}), known: make([]bool, shards)}
}

func (s *standing) shards() int { return len(s.known) }

// note notes that a session stands.
func (s *standing) note(shard int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(shard)
}

// told notes that a session stands by the note of its lease.
func (s *standing) told(shard int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !time.Now().Before(s.deaf) {
		s.set(shard)
	}
}

func (s *standing) set(shard int) {
	s.known[shard] = true
	if slices.Contains(s.known, false) {
		return
	}
	select {
	case <-s.whole:
	default:
		close(s.whole)
	}
}

// lost notes that the broker did not have a session, so that it may have none but those that are subscribed now. It believes no
// lease for so long as one lasts: by then each has been renewed by a holder that knows.
func (s *standing) lost(subscribed []bool, lease time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for shard := range s.known {
		s.known[shard] = s.known[shard] && subscribed[shard]
	}
	s.deaf = time.Now().Add(lease)
}

func (s *standing) has(shard int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[shard]
}
