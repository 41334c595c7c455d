package broker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
	"go.uber.org/zap"
)

// openedFile, in the store's folder, is the mark that devices were let in. Until
// then nothing was acknowledged to anyone.
const openedFile = "opened"

// noteText is in Options.OpenedNote.
const noteText = "The embedded broker's store was opened. If it is gone, put it back: it has messages that were acknowledged.\n" +
	"To begin with what is in its folder now, or with an empty one, remove this file.\n"

// ErrGone says that devices were let in with a store, and that it is not in its folder. To begin with another one the note of that has to be removed.
var ErrGone = errors.New("the broker's store is gone")

// openTimeout bounds what is asked of the store before devices are let in.
const openTimeout = 10 * time.Second

// Open lets devices in. To be called once the bridge's subscription stands:
// before its first one the broker would acknowledge messages that nobody gets. If
// it fails, devices are kept out; it can be called again.
func (b *Broker) Open(ctx context.Context) error {
	if b.Opened() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := b.settle(ctx); err != nil {
		return fmt.Errorf("open broker: %w", err)
	}
	b.auth.opened.set()
	return nil
}

// settle sets the mark last: a store that has it and no subscription is damaged.
func (b *Broker) settle(ctx context.Context) error {
	if err := errors.Join(b.subscribed(ctx), b.boundUnacknowledged(ctx)); err != nil {
		return err
	}
	if err := messages(b.storeDir).Keep(); err != nil {
		return err
	}
	if err := b.markOpened(); err != nil || b.note == "" {
		return err
	}
	return disk.Replace(b.note, []byte(noteText))
}

// missing returns ErrGone if there has been a store, and is none.
func missing(o Options) error {
	if o.OpenedNote == "" {
		return nil
	}
	if open, err := wasOpen(o.StoreDir); err != nil || open {
		return err
	}
	_, err := os.Stat(o.OpenedNote)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(fmt.Errorf("%w: put %s back with all that was in it, or remove %s to begin with what is there", ErrGone, o.StoreDir, o.OpenedNote), err)
}

// Opened reports whether devices are let in.
func (b *Broker) Opened() bool { return b.auth.opened.isSet() }

// latch is set once, and stays so.
type latch struct {
	once *sync.Once
	c    chan struct{} // closed once it is set
}

func newLatch() latch { return latch{once: &sync.Once{}, c: make(chan struct{})} }

func (l latch) set() { l.once.Do(func() { close(l.c) }) }

func (l latch) isSet() bool {
	select {
	case <-l.c:
		return true
	default:
		return false
	}
}

// markOpened writes the mark and has it on the disk before it returns, with all
// folders of the store: after a power loss a mark that is missing would make a
// store that devices have filled look like one that never opened.
func (b *Broker) markOpened() error {
	file, err := os.OpenFile(filepath.Join(b.storeDir, openedFile), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return filepath.WalkDir(b.storeDir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server put something away meanwhile
		}
		if err != nil || !entry.IsDir() {
			return err
		}
		if err = disk.SyncFolder(path); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// clearUnopened starts afresh if the process died before devices were ever let
// in. The bridge's half-made subscription would otherwise stay in the way: it
// holds messages for nobody, and takes the one place there is. A store that holds
// messages was open, whatever the mark says, and is left as it is.
func (b *Broker) clearUnopened(ctx context.Context) error {
	if open, err := wasOpen(b.storeDir); err != nil || open {
		return err
	}
	held, err := b.heldMessages(ctx)
	if err != nil {
		return err
	}
	if held > 0 {
		b.log.Warn("broker store has no mark that it was open, but holds messages: it is kept", zap.Uint64("messages", held))
		return nil
	}
	for _, name := range []string{messagesStream, sessionsStream} {
		if err := b.js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("clear broker stream %s: %w", name, err)
		}
	}
	return nil
}

// heldMessages counts the devices' messages in the store.
func (b *Broker) heldMessages(ctx context.Context) (uint64, error) {
	stream, err := b.js.Stream(ctx, messagesStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read broker stream: %w", err)
	}
	return stream.CachedInfo().State.Msgs, nil
}
