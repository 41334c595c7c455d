package spool

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	bolt "go.etcd.io/bbolt"
)

const (
	fileName         = "spool.db"
	quarantineBucket = "quarantine"
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
	// UnregisteredMessages and UnregisteredBytes are of all ids together that the registry does not know; 0: no bound of their own.
	UnregisteredMessages int64
	UnregisteredBytes    int64
}

// Spool is the open store. It is safe for concurrent use.
type Spool struct {
	path   string
	limits Limits
	found  Report
	file   *boltfile.File
	ready  [queues]chan struct{}

	mu      sync.Mutex // one change at a time
	doubt   bool       // the last commit failed: reassure before the next
	state   state
	dropped int64 // messages since Open
	moved   moves // by the last commit, if it is in doubt
	shares  *shares
}

// Open opens the spool in dir, which must exist, and makes it if there never was one. It looks at the whole file first. It fails
// if another process holds it, if its layout is of another version, with ErrDamaged if it is not as it was written, and
// with ErrGone if there was one and is none.
func Open(dir string, limits Limits) (*Spool, error) {
	s := &Spool{path: filepath.Join(dir, fileName), limits: limits, shares: newShares()}
	for i := range s.ready {
		s.ready[i] = make(chan struct{}, 1)
	}
	var err error
	if s.found, err = s.look(); err != nil {
		return nil, fmt.Errorf("open spool in %s: %w", dir, err)
	}
	if s.file, err = boltfile.Open(s.path); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if err := s.file.Update(s.begin); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare spool: %w", err), s.file.Close())
	}
	s.found.Unmarked = s.mark()
	if s.found.waits != nil {
		s.shares, s.found.waits = s.found.waits, nil
	}
	for i := range s.ready {
		s.wake(i)
	}
	return s, nil
}

// look examines the file, or makes one.
func (s *Spool) look() (Report, error) {
	if err := s.missed(); err != nil {
		return Report{}, err
	}
	made, err := boltfile.Make(s.path, s.prepare)
	if made || err != nil {
		return Report{Made: made}, err
	}
	return examine(s.path)
}

// begin brings the file to the present layout, and its index to what is there.
func (s *Spool) begin(tx *bolt.Tx) error {
	if err := s.prepare(tx); err != nil {
		return err
	}
	if s.found.indexFails {
		return reindex(tx)
	}
	return nil
}

// Found is what was found in the file when it was opened.
func (s *Spool) Found() Report { return s.found }

// Close closes the store. A second process can open it afterwards. Once damage was found the file stays
// locked until the process ends.
func (s *Spool) Close() error { return s.file.Close() }

// Usage returns how full the spool is.
func (s *Spool) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Usage
}

// Ready returns a channel that receives when a queue may have become non-empty.
func (s *Spool) Ready(shard int) <-chan struct{} { return s.ready[shard] }

func (s *Spool) wake(shard int) {
	select {
	case s.ready[shard] <- struct{}{}:
	default: // it is awake already
	}
}

// update runs change in one durable transaction. The state is read and stored
// with it: a commit that fails in its very last sync may stand all the same, and
// what is in memory would then be wrong.
func (s *Spool) update(change func(tx *bolt.Tx, u *state) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doubt {
		if err := s.reassure(); err != nil {
			return err
		}
	}
	var next state
	err := s.file.Update(func(tx *bolt.Tx) (err error) {
		if next, err = readState(tx); err != nil {
			return err
		}
		next.moved = &moves{}
		if err = change(tx, &next); err != nil {
			return err
		}
		return writeState(tx, next)
	})
	if err != nil {
		if s.doubt = errors.Is(err, boltfile.ErrDoubt); s.doubt {
			s.moved = *next.moved
		}
		return err
	}
	s.shares.take(*next.moved)
	s.dropped, next.dropped, next.moved = s.dropped+next.dropped, 0, nil
	s.state = next
	return nil
}

// reassure ends the doubt about a commit that failed.
func (s *Spool) reassure() error {
	stands, err := s.file.Reassure()
	if err != nil {
		return fmt.Errorf("make the spool certain: %w", err)
	}
	if stands {
		s.shares.take(s.moved)
	}
	s.moved = nil
	if err := s.view(func(tx *bolt.Tx) (err error) { s.state, err = readState(tx); return err }); err != nil {
		return fmt.Errorf("read spool again: %w", err)
	}
	s.doubt = false
	return nil
}

// view runs a function in a transaction that only reads.
func (s *Spool) view(f func(tx *bolt.Tx) error) error { return s.file.View(f) }
