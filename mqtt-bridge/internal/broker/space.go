package broker

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

// FreeBytes is the room on the disk that the store is on.
func (b *Broker) FreeBytes() (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(b.storeDir, &s); err != nil {
		return 0, fmt.Errorf("look for room in the broker's store: %w", err)
	}
	return int64(s.Bavail) * s.Bsize, nil //nolint:gosec // no disk has 2^63 bytes
}

// Failed says why the store takes nothing any more, nil if it does. After a write or a sync that failed the
// server acknowledges nothing until it is started anew.
func (b *Broker) Failed() error {
	health := b.server.Healthz(&server.HealthzOptions{})
	if health.Error == "" {
		return nil
	}
	return errors.New("the broker's store: " + health.Error)
}

// SetRoom lets devices in, or keeps them out and disconnects those that are there: what is acknowledged to
// nobody needs no room. The bridge itself stays, and goes on with what is stored.
func (b *Broker) SetRoom(room bool) error {
	b.auth.cramped.Store(!room)
	if room {
		return nil
	}
	const page = 1024
	for offset := 0; ; offset += page {
		connections, err := b.server.Connz(&server.ConnzOptions{Username: true, Offset: offset, Limit: page})
		if err != nil {
			return fmt.Errorf("find connections: %w", err)
		}
		for _, c := range connections.Conns {
			if c.MQTTClient != "" && !b.auth.isBridge(c.MQTTClient) {
				_ = b.server.DisconnectClientByID(c.Cid) // it fails for one that has gone
			}
		}
		if len(connections.Conns) < page {
			return nil
		}
	}
}

// Room reports whether there is room for what devices send.
func (b *Broker) Room() bool { return !b.auth.cramped.Load() }
