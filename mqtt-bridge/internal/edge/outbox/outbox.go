package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/boltfile"
	bolt "go.etcd.io/bbolt"
)

const fileName = "outbox.db"

var (
	// ErrFull says that there is no room now: wait until something was acknowledged, or the disk has room.
	ErrFull = errors.New("the outbox is full")
	// ErrCrowded is ErrFull for the messages that wait, and not for the disk.
	ErrCrowded = fmt.Errorf("%w of messages that wait", ErrFull)
	// ErrDisk says that the disk failed and nothing was stored: try again.
	ErrDisk = errors.New("the outbox cannot be written")
	// ErrReplaced says that the open file is not the one that has its name any more. Nothing new is signed; what is there goes up and is taken
	// out as ever, since it is gone once this process ends. Put back, the file is used again; if it lost its name in the middle of a commit, after a start.
	ErrReplaced = boltfile.ErrReplaced
	// ErrUnrecovered says that Recover made the outbox, and that not all devices were recovered.
	ErrUnrecovered = errors.New("devices have yet to be recovered")
	// ErrBroken says that a commit failed, and that nobody can find out whether it stands. Nothing
	// more is signed or published until the outbox was closed and opened again.
	ErrBroken = errors.New("the outbox cannot be trusted: its disk fails")
)

// Waits reports whether an error says that trying again may help.
func Waits(err error) bool {
	return errors.Is(err, ErrFull) || errors.Is(err, ErrDisk) || errors.Is(err, ErrReplaced) && !errors.Is(err, ErrBroken)
}

// Signer signs for devices.
type Signer interface {
	// Sign signs a pack in SenML CBOR as a device's message of that number. previous is the digest of
	// the message before, nil for the first.
	Sign(device string, number uint64, previous, pack []byte) (attest.Signed, error)
}

// Limits say when nothing more is taken.
type Limits struct {
	Bytes int64 // of the messages that wait
	// SharedBytes of them are anybody's. Once they are taken a device may have OwnBytes, or one message, so that none is kept out by others. 0: all are.
	SharedBytes, OwnBytes int64
	// FreeBytes are to be left on the disk, so that what was acknowledged can be taken out even then.
	FreeBytes int64
}

// Usage says how full the outbox is.
type Usage struct {
	Messages int64
	Bytes    int64
	Damaged  int64 // messages whose checksum does not hold: never published
	Unlisted int64 // of Messages, when it was opened: of devices that were not named, which nobody publishes
	// Forgotten counts the fingerprints whose checksum does not hold: what the local broker sends again of those is signed twice.
	Forgotten int64
}

// Outbox is the open store. It is safe for concurrent use.
type Outbox struct {
	dir    string
	found  boltfile.Findings
	file   *boltfile.File
	commit func(func(*bolt.Tx) error) error // file.Update
	limits Limits
	signer Signer
	ready  map[string]chan struct{}
	latest map[string]map[string]time.Time // by device and series, when it was opened
	kick   chan struct{}                   // holds a token while acknowledgements wait to be written

	// mu keeps readers out while a commit is under way: what a failed one leaves must not be published.
	mu      sync.RWMutex
	usage   Usage
	bytes   map[string]int64 // of the messages that wait, by device
	broken  error
	strayed error             // the last Append went into a file that lost its name meanwhile
	numbers map[string]uint64 // of the last message, by device
	forked  map[string]bool   // devices whose numbers somebody else uses
	doomed  map[string]bool   // keys of damaged messages that could not be set aside yet
	seen    memory

	ackMu sync.Mutex
	acked map[string]uint64 // by device, not yet written
}

// Open opens the outbox in dir, which must exist, and makes it if absent. devices are those that may be signed
// for. Every page and record is checked: a message that is damaged is set aside and counted; a place in a chain that is
// damaged is an error, and so is anything else that is not as it was written (boltfile.ErrDamaged), a store of another version, or one that
// another process holds. An outbox that Recover made is opened (ErrUnrecovered) if each of devices was recovered. It needs no room on the disk but for
// the first time, also after Recover.
func Open(dir string, limits Limits, devices []string, signer Signer) (*Outbox, error) {
	o := &Outbox{dir: dir, limits: limits, signer: signer, ready: make(map[string]chan struct{}), latest: make(map[string]map[string]time.Time),
		kick: make(chan struct{}, 1), bytes: make(map[string]int64), numbers: make(map[string]uint64), forked: make(map[string]bool), doomed: make(map[string]bool), seen: newMemory(), acked: make(map[string]uint64)}
	var err error
	if o.file, o.found, err = open(dir, prepare); err != nil {
		return nil, err
	}
	o.commit = o.file.Update
	for _, d := range devices {
		o.ready[d] = make(chan struct{}, 1)
	}
	if err = o.load(); err == nil {
		err = o.recovered(devices)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read outbox in %s: %w", dir, err), o.file.Close())
	}
	for d := range o.ready {
		o.wake(d)
	}
	return o, nil
}

// Made reports whether there is an outbox in dir.
func Made(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err //nolint:wrapcheck // it names the file
}

// Make makes an outbox in dir, and dir, unless there is one. It reports whether there was none.
func Make(dir string) (bool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, fmt.Errorf("make outbox: %w", err)
	}
	return boltfile.Make(filepath.Join(dir, fileName), prepare)
}

// open looks at the file, or makes one, and opens it.
func open(dir string, prepare func(*bolt.Tx) error) (*boltfile.File, boltfile.Findings, error) {
	path := filepath.Join(dir, fileName)
	made, err := boltfile.Make(path, prepare)
	var found boltfile.Findings
	if err == nil && !made {
		found, err = examine(path)
	}
	var file *boltfile.File
	if err == nil {
		file, err = boltfile.Open(path)
	}
	if err != nil {
		return nil, found, fmt.Errorf("open outbox in %s: %w", dir, err)
	}
	return file, found, nil
}

// Close closes the store. To be called after Run.
func (o *Outbox) Close() error { return o.file.Close() }

// Found is what was found of the file's pages when it was opened.
func (o *Outbox) Found() boltfile.Findings { return o.found }

// Usage returns how full the outbox is.
func (o *Outbox) Usage() Usage {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.usage
}

// Waiting returns the bytes of a device's messages that wait.
func (o *Outbox) Waiting(device string) int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.bytes[device]
}

// Left returns how many numbers a device has left.
func (o *Outbox) Left(device string) uint64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return waymark.MaxSequence - o.numbers[device]
}

// Largest returns the device of whose messages most bytes wait, empty if none do.
func (o *Outbox) Largest() (device string, bytes int64) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for d, n := range o.bytes {
		if n > bytes {
			device, bytes = d, n
		}
	}
	return device, bytes
}

// Latest returns the time of a device's latest reading of each series that was signed before the outbox was opened. It knows as many
// as a device may measure.
func (o *Outbox) Latest(device string) map[string]time.Time { return o.latest[device] }

// Ready returns a channel that receives when a device may have something to publish, nil for one
// that is not listed.
func (o *Outbox) Ready(device string) <-chan struct{} { return o.ready[device] }

func (o *Outbox) wake(device string) {
	select {
	case o.ready[device] <- struct{}{}:
	default: // it is awake already, or not listed
	}
}

// update runs change in one durable transaction, and then done with the store still locked. After a commit that failed it
// finds out whether that stands, before anybody else reads or writes.
func (o *Outbox) update(change func(*books) error, done func()) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return o.broken
	}
	err := o.commit(func(tx *bolt.Tx) error {
		b, err := openBooks(tx)
		if err != nil {
			return err
		}
		if err := change(b); err != nil {
			return err
		}
		return b.close()
	})
	stands := err == nil
	if errors.Is(err, boltfile.ErrDoubt) {
		stands, err = o.settle(err)
	}
	if stands {
		done()
		return nil
	}
	if errors.Is(err, boltfile.ErrDamaged) {
		o.broken = err
	}
	return err
}

// InPlace returns ErrReplaced unless the file that is open has its name, and has had it at the end of each Append.
func (o *Outbox) InPlace() error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.strayed != nil {
		return o.strayed
	}
	return o.file.InPlace()
}

// extend is update for what needs room: with what is to be left of the disk, and a file that has its name before and after it. After
// what was signed in a file that lost its name meanwhile nothing more is: nobody acknowledged what that was made of, and it comes again.
func (o *Outbox) extend(change func(*books) error, done func()) error {
	if err := o.InPlace(); err != nil {
		return err
	}
	if err := o.room(); err != nil {
		return err
	}
	if err := o.update(change, done); err != nil {
		return err
	}
	err := o.file.InPlace()
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.strayed = fmt.Errorf("%w, and while it was written: put it back and start again", err)
		err = o.strayed
	}
	return err
}

// settle ends the doubt about a commit that failed, or the use of the outbox.
func (o *Outbox) settle(failed error) (stands bool, err error) {
	stands, err = o.file.Reassure()
	switch {
	case err != nil:
		o.broken = fmt.Errorf("%w: %w", ErrBroken, errors.Join(failed, err))
		return false, o.broken
	case stands:
		return true, nil
	case errors.Is(failed, syscall.ENOSPC), errors.Is(failed, syscall.EDQUOT):
		return false, fmt.Errorf("%w: %w", ErrFull, failed)
	}
	return false, fmt.Errorf("%w: %w", ErrDisk, failed)
}
