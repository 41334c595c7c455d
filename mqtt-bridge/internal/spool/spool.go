package spool

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	fileName         = "spool.db"
	metaBucket       = "meta"
	quarantineBucket = "quarantine"
	layoutKey        = "layout"
	usageKey         = "usage"
	lockWait         = 3 * time.Second
	keySize          = 8
)

// Errors that say that there is no room now. The caller waits and tries again.
var (
	ErrFull           = errors.New("spool is full")
	ErrQuarantineFull = errors.New("quarantine is full")
)

// Errors of a quarantine command.
var (
	ErrNoSuchMessage = errors.New("no such message in quarantine")
	ErrNotReplayable = errors.New("a corrupt record cannot be replayed")
)

// Limits bound the spool, in bytes of records.
type Limits struct {
	Bytes           int64 // of what waits or is held
	QuarantineBytes int64
	DeviceMessages  int64 // of one device in quarantine; 0: no bound of its own
	DeviceBytes     int64 // of one device in quarantine; 0: no bound of its own
}

// Spool is the open store. It is safe for concurrent use.
type Spool struct {
	db     *bolt.DB
	limits Limits
	ready  [queues]chan struct{}

	mu    sync.Mutex
	usage Usage
}

// Open opens the spool in dir, which must exist, and makes it if absent. It
// fails if another process holds it, or if its layout is of another version.
func Open(dir string, limits Limits) (*Spool, error) {
	// The freelist is rebuilt at open instead of written with each commit.
	options := &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType, NoFreelistSync: true}
	db, err := bolt.Open(filepath.Join(dir, fileName), 0o600, options)
	if err != nil {
		return nil, fmt.Errorf("open spool in %s (is another bridge running?): %w", dir, err)
	}
	s := &Spool{db: db, limits: limits}
	for i := range s.ready {
		s.ready[i] = make(chan struct{}, 1)
	}
	if err := db.Update(s.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare spool: %w", err), db.Close())
	}
	for i := range s.ready {
		s.wake(i)
	}
	return s, nil
}

// Close closes the store. A second process can open it afterwards.
func (s *Spool) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close spool: %w", err)
	}
	return nil
}

// Usage returns how full the spool is.
func (s *Spool) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usage
}

// Ready returns a channel that receives when a queue may have become non-empty.
func (s *Spool) Ready(shard int) <-chan struct{} { return s.ready[shard] }

func (s *Spool) wake(shard int) {
	select {
	case s.ready[shard] <- struct{}{}:
	default: // it is awake already
	}
}

// update runs change in one durable transaction. The usage is read and stored
// with it: a commit that fails in its very last sync may stand all the same, and
// what is in memory would then be wrong.
func (s *Spool) update(change func(tx *bolt.Tx, u *Usage) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var usage Usage
	err := s.db.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(metaBucket))
		usage = decodeUsage(meta.Get([]byte(usageKey)))
		if err := change(tx, &usage); err != nil {
			return err
		}
		return meta.Put([]byte(usageKey), encodeUsage(usage))
	})
	if err != nil {
		return err
	}
	s.usage = usage
	return nil
}
