package broker

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/packet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"go.uber.org/zap"
)

// Logins decides who is a device.
type Logins interface {
	// Login checks a device's password and returns until when it is good. An
	// error says why the device is refused.
	Login(ctx context.Context, device, password string) (time.Time, error)
	// LoginByCertificate does so for a client that proved to hold the key of chain[0].
	LoginByCertificate(ctx context.Context, device string, chain []*x509.Certificate) (time.Time, error)
}

// admit lets a device in that has said who it is, once the connection that it takes over from has ended: so nothing of that comes after
// what this one brings. It returns until when the device may stay.
func (b *Broker) admit(ctx context.Context, c *connection, s packet.Session) (until time.Time, err error) {
	until, err = b.check(ctx, c, s)
	var before *connection
	if err == nil {
		c.device, c.will, c.keepAlive = s.ClientID, willOf(s), time.Duration(s.KeepAlive)*time.Second
		before, err = b.devices.enter(c)
	}
	b.Observe(err == nil)
	if err != nil {
		b.Log.Info("device refused", zap.String("device_id", login.Printable(s.ClientID)), zap.Error(err))
		return until, err
	}
	if before != nil {
		before.end(ending(presence.Takeover))
		<-before.over
	}
	if ctx.Err() != nil { // another took over meanwhile: nobody was let in, and nothing is to be told
		b.devices.leave(c)
		return until, context.Cause(ctx)
	}
	return until, nil
}

// check looks at the names first, and asks the registry last.
func (b *Broker) check(ctx context.Context, c *connection, s packet.Session) (time.Time, error) {
	chain := c.conn.ConnectionState().PeerCertificates
	if login.IsBridge(b.options.BridgeID, s.ClientID) || login.IsBridge(b.options.BridgeID, s.User) {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "no device is called as the bridge")
	}
	if err := login.CheckName(s.ClientID, s.User, len(chain) > 0); err != nil {
		return time.Time{}, err
	}
	if err := b.devices.check(s.ClientID); err != nil {
		return time.Time{}, err
	}
	if s.Will != nil && len(s.Will.Payload) > maxWill {
		return time.Time{}, waymark.Errorf(waymark.Invalid, "a last will has at most %d bytes", maxWill)
	}
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	if s.Password == "" && len(chain) > 0 {
		return b.Logins.LoginByCertificate(ctx, s.ClientID, chain)
	}
	return b.Logins.Login(ctx, s.ClientID, s.Password)
}
