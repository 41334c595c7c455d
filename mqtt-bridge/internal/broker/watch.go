package broker

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"go.uber.org/zap"
)

// systemUser is the name of the broker's own connection that is told of others.
const systemUser = ".system"

// The server's own events about connections of devices, which are all in one account.
const (
	connectSubject    = "$SYS.ACCOUNT." + server.DEFAULT_GLOBAL_ACCOUNT + ".CONNECT"
	disconnectSubject = "$SYS.ACCOUNT." + server.DEFAULT_GLOBAL_ACCOUNT + ".DISCONNECT"
)

// maxUntold bounds the events that wait for the watcher.
const (
	maxUntold      = 1 << 16
	maxUntoldBytes = 64 << 20
)

// Watcher is told of devices' connections, each by its number. Its methods are called one at a time.
type Watcher interface {
	// Connected is told of a device that has logged in. It has not subscribed yet.
	Connected(device string, connection uint64, at time.Time)
	// Disconnected is told of the end of a connection. That of one that was taken over can come after the new one's beginning.
	Disconnected(device string, connection uint64, at time.Time, why presence.Why)
}

// Watch tells w of connections until Stop. To be called before Open. When more happens than can be told, what was left
// out is told from what is connected then.
func (b *Broker) Watch(w Watcher) error {
	var dropped atomic.Bool
	conn, err := nats.Connect("", nats.InProcessServer(b.server), nats.UserInfo(systemUser, b.auth.secret),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.Warn("the broker's events about connections were dropped: the connections are compared", zap.Error(err))
			dropped.Store(true)
		}))
	if err != nil {
		return fmt.Errorf("connect to broker in process: %w", err)
	}
	b.watching = conn
	sub, err := conn.Subscribe("$SYS.ACCOUNT."+server.DEFAULT_GLOBAL_ACCOUNT+".*", func(m *nats.Msg) {
		b.tell(w, m)
		if dropped.Swap(false) {
			b.compare(w)
		}
	})
	if err == nil {
		err = sub.SetPendingLimits(maxUntold, maxUntoldBytes)
	}
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		return fmt.Errorf("watch connections: %w", err)
	}
	return nil
}

// tell tells of the connections of devices alone.
func (b *Broker) tell(w Watcher, m *nats.Msg) {
	switch m.Subject {
	case connectSubject:
		var event server.ConnectEventMsg
		if b.reads(m, &event) && b.isDevice(event.Client) && b.auth.live.tell(event.Client.MQTTClient, event.Client.ID) {
			w.Connected(event.Client.MQTTClient, event.Client.ID, event.Time)
		}
	case disconnectSubject:
		var event server.DisconnectEventMsg
		if b.reads(m, &event) && b.isDevice(event.Client) && b.auth.live.end(event.Client.MQTTClient, event.Client.ID) {
			w.Disconnected(event.Client.MQTTClient, event.Client.ID, event.Time, whyOf(event.Reason))
		}
	}
}

// compare tells w of the connections that ended or began without its being told.
func (b *Broker) compare(w Watcher) {
	known := b.auth.live.all() // who logs in from now on is none that ended
	connz, err := b.server.Connz(&server.ConnzOptions{Limit: b.server.NumClients() + spareConnections})
	if err != nil {
		b.log.Error("the broker's connections cannot be listed", zap.Error(err))
		return
	}
	live := make(map[uint64]bool, len(connz.Conns))
	for _, c := range connz.Conns {
		live[c.Cid] = true
	}
	now, missed := time.Now(), b.auth.live.compare(known, live)
	for device, ids := range missed.ended {
		for _, id := range ids {
			w.Disconnected(device, id, now, presence.Faulty)
		}
	}
	for device, ids := range missed.begun {
		for _, id := range ids {
			w.Connected(device, id, now)
		}
	}
}

func (b *Broker) reads(m *nats.Msg, event any) bool {
	err := json.Unmarshal(m.Data, event)
	if err != nil {
		b.log.Error("broker's event about a connection cannot be read", zap.Error(err))
	}
	return err == nil
}

// isDevice reports whether a connection is one that was let in as a device: its user name is its client id.
func (b *Broker) isDevice(c server.ClientInfo) bool {
	return c.MQTTClient != "" && c.User == c.MQTTClient && !b.auth.isBridge(c.User)
}

// whyOf puts the server's reasons into few words.
func whyOf(reason string) presence.Why {
	switch reason {
	case server.ClientClosed.String(), server.ReadError.String(), server.WriteError.String():
		return presence.Closed
	case server.DuplicateClientID.String():
		return presence.Takeover
	case server.Kicked.String():
		return presence.Kicked
	case server.AuthenticationExpired.String():
		return presence.Expired
	case server.StaleConnection.String():
		return presence.Silent
	case server.ServerShutdown.String():
		return presence.Shutdown
	}
	return presence.Faulty
}
