package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/oldstore"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

const (
	// openedNote is the file in the spool's folder by which a bridge whose embedded broker had a store noted that devices were let in with one.
	openedNote = "store.opened"
	// drainPatience is how long the spool may take nothing.
	drainPatience = 10 * time.Second
	drainPoll     = time.Second
)

// ErrNotDrained says that an earlier bridge acknowledged messages into a store of its embedded broker, which may still have some.
var ErrNotDrained = errors.New("the embedded broker of an earlier version has a store with messages that devices were acknowledged")

// drained checks that there is no store that was not drained.
func drained(spoolDir string) error {
	note := filepath.Join(spoolDir, openedNote)
	_, err := os.Stat(note)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a store of an earlier version: %w", err)
	}
	return fmt.Errorf("%w: take them into the spool, with no bridge running: mqtt-bridge store drain --config FILE STORE, where STORE is what embedded.store_dir was; "+
		"only if that folder is lost, and its messages with it, remove %s instead", ErrNotDrained, note)
}

// Drain takes all messages of an earlier version's store into the spool, and returns how many. No bridge may run. Called again it does no
// harm: what is on the ledger already is known there.
func Drain(ctx context.Context, c config.Config, dir string, log *zap.Logger) (n int64, err error) {
	old, err := oldstore.Open(dir)
	if err != nil {
		return 0, err
	}
	store, err := spool.Open(c.SpoolDir, spoolLimits(c, old.Size()))
	if err != nil {
		return 0, err
	}
	n, err = pour(ctx, c, old, store, log)
	if err = errors.Join(err, store.Close()); err != nil {
		return n, err
	}
	note := filepath.Join(c.SpoolDir, openedNote)
	if err := os.Remove(note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, fmt.Errorf("note that the store is drained: %w", err)
	}
	return n, disk.SyncFolder(c.SpoolDir)
}

// pour offers every message at the door by which they come from devices, and returns how many were stored. It fails unless all were.
func pour(ctx context.Context, c config.Config, old *oldstore.Store, store *spool.Spool, log *zap.Logger) (int64, error) {
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	door := intake.New(store, c.QueueMessages, c.QueueBytes, deaf{}, deaf{}, log)
	var working sync.WaitGroup
	working.Go(func() { door.Run(ctx) })
	go watchDoor(ctx, door, give)
	var offered, stored atomic.Int64
	err := old.Each(func(m oldstore.Message) error {
		offered.Add(1)
		return door.Put(ctx, intake.Arrival{Device: m.Device, Received: m.Received, Payload: m.Payload, Ack: func() { stored.Add(1) }})
	})
	door.Close()
	working.Wait()
	if err == nil && stored.Load() < offered.Load() {
		err = fmt.Errorf("%d of %d messages were not stored: %w", offered.Load()-stored.Load(), offered.Load(), context.Cause(ctx))
	}
	return stored.Load(), err
}

// watchDoor gives up once the spool has taken nothing for long.
func watchDoor(ctx context.Context, door *intake.Intake, give context.CancelCauseFunc) {
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	for failing := time.Duration(0); failing < drainPatience; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if failing += drainPoll; door.Failure() == nil {
			failing = 0
		}
	}
	give(door.Failure())
}

// deaf hears and observes nothing.
type deaf struct{}

// Heard hears nothing.
func (deaf) Heard(string, attest.Format, *attest.Message) {}

// Received observes nothing.
func (deaf) Received() {}

// Acknowledged observes nothing.
func (deaf) Acknowledged(int) {}

// Quarantined observes nothing.
func (deaf) Quarantined(string, spool.Code) {}

// AppendFailed observes nothing.
func (deaf) AppendFailed(error) {}

// AtMostOnce observes nothing.
func (deaf) AtMostOnce(string) {}
