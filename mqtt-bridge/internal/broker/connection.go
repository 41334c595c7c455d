package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/packet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"go.uber.org/zap"
)

// ending is the end of a connection for a reason that is to be told.
type ending presence.Why

func (e ending) Error() string { return "the connection ends: " + string(e) }

var (
	errUnread     = errors.New("the client does not read what it is sent")
	errCrowdedOut = errors.New("too many have not logged in")
	errGoodbye    = errors.New("the client disconnects") // its will is not published (clause 3.14.4)
)

// connection is one of a client, which is a device once it was let in.
type connection struct {
	*Broker

	number  uint64
	raw     net.Conn
	conn    *tls.Conn // over raw
	in      *packet.Reader
	out     outbox
	end     context.CancelCauseFunc // ends it; the first cause counts
	over    chan struct{}           // closed once nothing comes of it any more
	listens atomic.Bool             // to its down topic

	device    string
	will      []byte // nil for none
	keepAlive time.Duration
}

// serve serves one connection until it ends, or ctx does.
func (b *Broker) serve(ctx context.Context, raw net.Conn) {
	ctx, end := context.WithCancelCause(ctx)
	c := &connection{Broker: b, number: b.numbers.Add(1), raw: raw, conn: tls.Server(raw, b.tls), end: end, over: make(chan struct{})}
	c.in = packet.NewReader(c.conn, maxPacket, readBuffer)
	c.out = outbox{conn: c.conn, failed: end}
	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		c.hangUp()
		close(closed)
	})
	defer close(c.over)
	defer func() { <-closed }()
	defer end(nil)
	session, err := c.introduce(ctx)
	if err != nil {
		c.Log.Debug("a connection ends before it has said who it is", zap.Stringer("from", raw.RemoteAddr()), zap.Error(err))
		return
	}
	until, err := b.admit(ctx, c, session)
	if err != nil {
		c.out.add(packet.NewConnack(packet.NotAuthorized))
		return
	}
	defer b.devices.leave(c)
	c.attend(ctx, until)
}

// hangUp ends the connection once what waits for the client is written, if it reads that at once.
func (c *connection) hangUp() {
	if c.out.settle(farewell) {
		_ = c.conn.Close() // which says goodbye
	}
	_ = c.raw.Close()
}

// introduce shakes hands and reads the CONNECT.
func (c *connection) introduce(ctx context.Context) (s packet.Session, err error) {
	handshake, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := c.conn.HandshakeContext(handshake); err != nil {
		return s, err
	}
	c.newcomers.greet(c)
	defer c.newcomers.introduced(c)
	if err := c.raw.SetReadDeadline(time.Now().Add(connectTimeout)); err != nil {
		return s, err
	}
	head, err := c.in.Head()
	if err == nil && head.Kind != packet.Connect {
		err = packet.ErrMalformed
	}
	if err != nil {
		return s, err
	}
	body, err := c.in.Body(head)
	if err != nil {
		return s, err
	}
	if s, err = packet.ParseConnect(body); errors.Is(err, packet.ErrVersion) {
		c.out.add(packet.NewConnack(packet.WrongVersion))
	}
	return s, err
}

// attend serves a device that was let in, and then brings its will.
func (c *connection) attend(ctx context.Context, until time.Time) {
	c.Watcher.Connected(c.device, c.number, time.Now())
	expiry := time.AfterFunc(time.Until(until), func() { c.end(ending(presence.Expired)) })
	defer expiry.Stop()
	c.out.add(packet.NewConnack(packet.Accepted))
	c.end(c.converse(ctx))
	cause := context.Cause(ctx)
	why := whyOf(cause)
	if !errors.Is(cause, errGoodbye) && why != presence.Shutdown {
		c.bequeath(ctx)
	}
	if why == presence.Faulty {
		c.Log.Info("a device's connection ends", zap.String("device_id", c.device), zap.Error(cause))
	}
	c.Watcher.Disconnected(c.device, c.number, time.Now(), why)
}

// whyOf puts the end of a connection into few words.
func whyOf(cause error) presence.Why {
	var told ending
	switch {
	case errors.As(cause, &told):
		return presence.Why(told)
	case errors.Is(cause, os.ErrDeadlineExceeded):
		return presence.Silent
	case errors.Is(cause, context.Canceled), errors.Is(cause, intake.ErrClosed): // of the broker, of the receiver
		return presence.Shutdown
	case errors.Is(cause, packet.ErrMalformed), errors.Is(cause, errUnread):
		return presence.Faulty
	}
	return presence.Closed
}
