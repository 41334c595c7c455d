package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	bolt "go.etcd.io/bbolt"
)

const (
	fileName = "outbox.db"
	lockWait = 3 * time.Second
)

var (
	// ErrFull says that there is no room now: wait until something was acknowledged, or the disk has room.
	ErrFull = errors.New("the outbox is full")
	// ErrBroken says that a commit failed in a way after which nobody knows what is on the disk. Nothing
	// more is signed or published until the outbox was closed and opened again.
	ErrBroken = errors.New("the outbox cannot be trusted: its disk failed")
)

// Signer signs for devices.
type Signer interface {
	// Sign signs a pack in SenML CBOR as a device's message of that number. previous is the digest of
	// the message before, nil for the first.
	Sign(device string, number uint64, previous, pack []byte) (attest.Signed, error)
}

// Usage says how full the outbox is.
type Usage struct {
	Messages int64
	Bytes    int64
	Damaged  int64 // messages whose checksum does not hold: set aside, and never published
	Unlisted int64 // of Messages, when it was opened: of devices that were not named, which nobody publishes
}

// Outbox is the open store. It is safe for concurrent use.
type Outbox struct {
	db     *bolt.DB
	commit func(func(*bolt.Tx) error) error // db.Update
	limit  int64
	signer Signer
	ready  map[string]chan struct{}
	latest map[string]time.Time // by device, when it was opened
	kick   chan struct{}        // holds a token while acknowledgements wait to be written

	// mu keeps readers out while a commit is under way: what a failed one leaves must not be published.
	mu     sync.RWMutex
	usage  Usage
	broken error
	seen   memory

	ackMu sync.Mutex
	acked map[string]uint64 // by device, not yet written
}

// Open opens the outbox in dir, which must exist, and makes it if absent. devices are those that may be signed
// for. Every record is checked: a message that is damaged is set aside and counted; a place in a chain that is
// damaged is an error, and so is a store of another version or one that another process holds.
func Open(dir string, limit int64, devices []string, signer Signer) (*Outbox, error) {
	o, err := open(dir)
	if err != nil {
		return nil, err
	}
	o.limit, o.signer = limit, signer
	for _, d := range devices {
		o.ready[d] = make(chan struct{}, 1)
	}
	if err := o.db.Update(o.check); err != nil {
		return nil, errors.Join(fmt.Errorf("check outbox in %s: %w", dir, err), o.db.Close())
	}
	for d := range o.ready {
		o.wake(d)
	}
	return o, nil
}

func open(dir string) (*Outbox, error) {
	// The freelist is rebuilt at open instead of written with each commit.
	options := &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType, NoFreelistSync: true}
	db, err := bolt.Open(filepath.Join(dir, fileName), 0o600, options)
	if err != nil {
		return nil, fmt.Errorf("open outbox in %s (is another edge running?): %w", dir, err)
	}
	o := &Outbox{db: db, commit: db.Update, ready: make(map[string]chan struct{}), latest: make(map[string]time.Time),
		kick: make(chan struct{}, 1), acked: make(map[string]uint64), seen: newMemory()}
	if err := db.Update(prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare outbox in %s: %w", dir, err), db.Close())
	}
	return o, nil
}

// Close closes the store. To be called after Run.
func (o *Outbox) Close() error {
	if err := o.db.Close(); err != nil {
		return fmt.Errorf("close outbox: %w", err)
	}
	return nil
}

// Usage returns how full the outbox is.
func (o *Outbox) Usage() Usage {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.usage
}

// Latest returns the time of a device's latest reading that was signed before the outbox was opened, 1970 if there is none.
func (o *Outbox) Latest(device string) time.Time {
	if at, known := o.latest[device]; known {
		return at
	}
	return time.UnixMilli(0)
}

// Ready returns a channel that receives when a device may have something to publish, nil for one
// that is not listed.
func (o *Outbox) Ready(device string) <-chan struct{} { return o.ready[device] }

func (o *Outbox) wake(device string) {
	select {
	case o.ready[device] <- struct{}{}:
	default: // it is awake already, or not listed
	}
}

// update runs change in one durable transaction, and then done with the store still locked.
func (o *Outbox) update(change func(*bolt.Tx) error, done func()) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return o.broken
	}
	var refused error
	err := o.commit(func(tx *bolt.Tx) error {
		refused = change(tx)
		return refused
	})
	switch {
	case err == nil:
		done()
		return nil
	case refused != nil: // nothing was written
		return err
	case noRoomToWrite(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	o.broken = fmt.Errorf("%w: %w", ErrBroken, err)
	return o.broken
}

// noRoomToWrite reports whether a commit failed since a page could not be written for want of room. Then it does not stand:
// the page that makes it stand is the last. bbolt returns what a sync finds as a bare errno; by then that page may have been
// written, and whether it stays nobody knows.
func noRoomToWrite(err error) bool {
	var failed *fs.PathError
	return errors.As(err, &failed) && errors.Is(failed, syscall.ENOSPC)
}
