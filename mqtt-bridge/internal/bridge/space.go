package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
	"go.uber.org/zap"
)

// spaceEvery is the time between two looks at the room on the spool's disk. min_free_bytes must be more
// than devices can send in it.
const spaceEvery = time.Second

// Serve opens a bridge and runs it until ctx ends.
func Serve(ctx context.Context, c config.Config, log *zap.Logger) error {
	b, err := Open(ctx, c, log)
	if err != nil {
		return err
	}
	return errors.Join(b.Run(ctx), b.Close())
}

// tend keeps devices out of the embedded broker while the spool's disk is nearly full or gone, before a write can fail, and so that
// what is stored can go on to the ledger.
func (b *Bridge) tend(ctx context.Context) {
	if b.broker == nil {
		return
	}
	ticker := time.NewTicker(spaceEvery)
	defer ticker.Stop()
	for {
		b.setRoom(b.cramped())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// cramped says why there is no room for what devices send, nil if there is. A disk that is not there has none.
func (b *Bridge) cramped() error {
	free, err := disk.Free(b.config.SpoolDir)
	if err != nil {
		return fmt.Errorf("the spool's disk: %w", err)
	}
	if free < b.config.Embedded.MinFreeBytes {
		return errors.New("the spool's disk is nearly full")
	}
	return nil
}

// setRoom lets devices in or keeps them out, if that is another than before.
func (b *Bridge) setRoom(cramped error) {
	room := cramped == nil
	if room == b.broker.Room() {
		return
	}
	if room {
		b.log.Info("there is room again on the spool's disk: devices are let in")
	} else {
		b.log.Error("there is no room for what devices send: they are kept out", zap.Error(cramped))
	}
	b.broker.SetRoom(room)
}

// freeBytes is a metric: -1 if it is not known.
func (b *Bridge) freeBytes() float64 {
	free, err := disk.Free(b.config.SpoolDir)
	if err != nil {
		return -1
	}
	return float64(free)
}
