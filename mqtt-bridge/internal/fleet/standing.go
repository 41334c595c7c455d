package fleet

import (
	"slices"
	"sync"
	"time"
)

// standing says of each shard whether its session is known to stand: from then on the broker keeps for it whatever comes, whether
// anybody is there or not, unless it loses its store. It is safe for concurrent use.
type standing struct {
	whole chan struct{} // closed once all were known to stand at a time

	mu    sync.Mutex
	known []bool
	gone  time.Time // when the broker was last found not to have a session; zero if it never was
	deaf  time.Time // until then what leases say may be of a store that the broker lost
}

func newStanding(shards int) *standing {
	return &standing{whole: make(chan struct{}), known: make([]bool, shards)}
}

func (s *standing) shards() int { return len(s.known) }

// heard notes that a session stands, since the broker answered over its connection what was sent at a time.
func (s *standing) heard(shard int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.After(s.gone) {
		s.set(shard)
	}
}

// arrived notes that a session stands, since something came. Once the broker was found not to have a session that says nothing: it may
// have come before.
func (s *standing) arrived(shard int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone.IsZero() {
		s.set(shard)
	}
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

// lost notes that the broker did not have a session, so that it may have none: of a connection that broke with it nobody may know yet.
// It believes no lease until each has been renewed by a holder that heard of its broker since; they say so for fresh after they did.
func (s *standing) lost(lease, fresh time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
	s.gone = time.Now()
	s.deaf = s.gone.Add(lease + fresh)
}

// all reports whether all are known to stand now.
func (s *standing) all() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.Contains(s.known, false)
}

func (s *standing) has(shard int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[shard]
}
