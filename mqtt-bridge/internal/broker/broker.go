package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/packet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"
)

// acceptPause is the wait after a connection that could not be taken: there may be no file left for it.
const acceptPause = 50 * time.Millisecond

// Receiver takes what devices publish.
type Receiver interface {
	// Put takes an arrival, and blocks while it has no room or until ctx ends. It acknowledges an arrival
	// once that is on the disk. What it does not take its device sends again.
	Put(ctx context.Context, a intake.Arrival) error
}

// Watcher is told of devices' connections, each by its number. It must not block.
type Watcher interface {
	// Connected is told of a device that has logged in. It has not subscribed yet.
	Connected(device string, connection uint64, at time.Time)
	// Disconnected is told of the end of a connection; of one that was taken over before the new one's beginning.
	Disconnected(device string, connection uint64, at time.Time, why presence.Why)
}

// Parts are what the broker works with.
type Parts struct {
	Logins   Logins
	Receiver Receiver
	Watcher  Watcher
	Observe  func(accepted bool) // each device's attempt to log in
	Log      *zap.Logger
}

// Broker is the broker. It is safe for concurrent use.
type Broker struct {
	Parts

	options   Options
	listener  net.Listener
	tls       *tls.Config
	devices   *devices
	newcomers *newcomers
	large     *semaphore.Weighted // bytes of packets beyond readBuffer
	numbers   atomic.Uint64       // of connections
	places    atomic.Int64        // that are taken
	running   atomic.Bool
}

// Listen makes a broker, and fails if its address is in use. Nobody is answered until Run.
func Listen(ctx context.Context, o Options, p Parts) (*Broker, error) {
	settings, err := o.listenerTLS()
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("broker cannot listen: %w", err)
	}
	return &Broker{Parts: p, options: o, listener: listener, tls: settings, devices: newDevices(o.MaxConnections),
		newcomers: newNewcomers(maxNewcomers), large: semaphore.NewWeighted(largeBytes)}, nil
}

// Address is where it listens, host:port.
func (b *Broker) Address() string { return b.listener.Addr().String() }

// Run serves devices until ctx ends. Then it ends all connections, and returns when they have.
func (b *Broker) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, b.Close)()
	b.running.Store(true)
	defer b.running.Store(false)
	var serving sync.WaitGroup
	defer serving.Wait()
	for ctx.Err() == nil {
		conn, err := b.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			b.Log.Warn("a connection cannot be taken", zap.Error(err))
			pause.For(ctx.Done(), acceptPause)
		case b.places.Load() >= b.mostPlaces():
			_ = conn.Close()
		default:
			b.places.Add(1)
			serving.Go(func() {
				defer b.places.Add(-1)
				b.serve(ctx, conn)
			})
		}
	}
}

// Close ends listening, of a broker that does not run too.
func (b *Broker) Close() { _ = b.listener.Close() }

func (b *Broker) mostPlaces() int64 {
	return int64(b.options.MaxConnections + maxNewcomers + spareConnections)
}

// Subscribed reports whether messages can arrive now.
func (b *Broker) Subscribed() bool { return b.running.Load() }

// Stands reports whether what a device publishes is kept: what is not is not acknowledged.
func (b *Broker) Stands() bool { return true }

// Disconnect ends the connection of a device, and reports whether there is one. Logging in again
// is up to Logins.
func (b *Broker) Disconnect(device string) bool {
	c := b.devices.of(device)
	if c != nil {
		c.end(ending(presence.Kicked))
	}
	return c != nil
}

// SetRoom lets devices in, or keeps them out and disconnects those that are there: what is acknowledged to
// nobody needs no room.
func (b *Broker) SetRoom(room bool) {
	for _, c := range b.devices.setRoom(room) {
		c.end(ending(presence.Kicked))
	}
}

// Room reports whether there is room for what devices send.
func (b *Broker) Room() bool { return b.devices.room() }

// Publish sends a message to a device's down topic, at QoS 0: once, and to nobody if the device is not connected or did not subscribe. It
// fails if the device does not read what it is sent.
func (b *Broker) Publish(_ context.Context, device string, message []byte) error {
	c := b.devices.of(device)
	if c == nil || !c.listens.Load() {
		return nil
	}
	if !c.out.offer(packet.NewPublish(topicPrefix+device+downSuffix, message)) {
		return errors.New("the device does not read what it is sent")
	}
	return nil
}
