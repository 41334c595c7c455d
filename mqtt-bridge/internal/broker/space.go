package broker

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/disk"
)

// FreeBytes is the room on the disk that the store is on. It fails with ErrGone if the store was opened and is not in its folder any more.
func (b *Broker) FreeBytes() (int64, error) {
	if there, err := wasOpen(b.storeDir); b.Opened() && !there {
		return 0, errors.Join(fmt.Errorf("%w: put it back into %s", ErrGone, b.storeDir), err)
	}
	free, err := disk.Free(b.storeDir)
	if err != nil {
		return 0, fmt.Errorf("the broker's store: %w", err)
	}
	return free, nil
}

// Failed says why the store takes nothing any more, nil if it does. After a write or a sync that failed the
// server acknowledges nothing until it is started anew. Another status than 503 is not the store's: the server answers 500
// when it was not scheduled for a millisecond while it looked whether it listens.
func (b *Broker) Failed() error {
	health := b.server.Healthz(&server.HealthzOptions{})
	if health.StatusCode != http.StatusServiceUnavailable {
		return nil
	}
	return errors.New("the broker's store: " + health.Error)
}

// SetRoom lets devices in, or keeps them out and disconnects those that are there: what is acknowledged to
// nobody needs no room. The bridge itself stays, and goes on with what is stored.
func (b *Broker) SetRoom(room bool) {
	b.auth.cramped.Store(!room)
	if !room {
		b.disconnect(b.auth.live.all())
	}
}

// Room reports whether there is room for what devices send.
func (b *Broker) Room() bool { return !b.auth.cramped.Load() }
