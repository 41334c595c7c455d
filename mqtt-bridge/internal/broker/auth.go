package broker

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"fmt"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/login"
	"go.uber.org/zap"
)

// loginTimeout bounds one login, the look at the registry included. It is less
// than authSeconds.
const loginTimeout = 8 * time.Second

// openWait is how long a device that logs in may wait until devices are let in: as long as a bridge takes to
// subscribe after it started. So a restart refuses nobody who connects again at once.
const openWait = 2 * time.Second

// internalUser is the name of the broker's own connections inside the process.
// No device can have it: it is no id.
const internalUser = ".internal"

// Logins decides who is a device.
type Logins interface {
	// Login checks a device's password and returns until when it is good. An
	// error says why the device is refused.
	Login(ctx context.Context, device, password string) (time.Time, error)
	// LoginByCertificate does so for a client that proved to hold the key of chain[0].
	LoginByCertificate(ctx context.Context, device string, chain []*x509.Certificate) (time.Time, error)
}

// authenticator admits the bridge, the broker's own connections, and devices
// once the bridge listens.
type authenticator struct {
	logins    Logins
	bridgeID  string
	secret    string      // of the bridge and of internal connections; never leaves the process
	opened    latch       // devices may connect
	stopping  latch       // none will be let in any more
	cramped   atomic.Bool // there is no room for what devices send: they may not, although open
	log       *zap.Logger
	observe   func(accepted bool)
	live      *connections // of devices
	newcomers *newcomers
	full      func(device string) bool // as many others as may be are connected
	system    func() *server.Account   // of which the broker's own events are
}

func newAuthenticator(logins Logins, bridgeID string, observe func(bool), log *zap.Logger) *authenticator {
	return &authenticator{logins: logins, bridgeID: bridgeID, secret: rand.Text(), observe: observe, log: log,
		opened: newLatch(), stopping: newLatch(), live: newConnections(), newcomers: newNewcomers()}
}

// Check is called by the server for each new connection, in that connection's
// own goroutine.
func (a *authenticator) Check(c server.ClientAuthentication) bool {
	a.newcomers.introduced(c.RemoteAddress())
	name, password := c.GetOpts().Username, c.GetOpts().Password
	number, clientID, isMQTT := mqttClient(c)
	switch {
	case !isMQTT:
		return a.admitInternal(c, name, password)
	case a.isBridge(name) || a.isBridge(clientID):
		if name != clientID || !a.isSecret(password) {
			return false
		}
		c.RegisterUser(&server.User{Username: name, Permissions: a.bridgePermissions(name)})
		return true
	}
	return a.admitDevice(c, clientID, number)
}

// admitInternal lets in the broker's own connections, one of them into the account of its own events.
func (a *authenticator) admitInternal(c server.ClientAuthentication, name, password string) bool {
	if !a.isSecret(password) {
		return false
	}
	if name == systemUser {
		c.RegisterUser(&server.User{Username: name, Account: a.system()})
	}
	return name == internalUser || name == systemUser
}

// admitDevice lets a device in. It is among the live ones before it is looked for room the last time: when there is none any more
// those are disconnected.
func (a *authenticator) admitDevice(c server.ClientAuthentication, clientID string, number uint64) bool {
	expires, err := a.checkDevice(c, clientID)
	if err == nil {
		a.live.begin(clientID, number)
		err = a.hasRoom(clientID)
	}
	a.observe(err == nil)
	if err != nil {
		a.live.end(clientID, number)
		a.log.Info("device refused", zap.String("device_id", login.Printable(clientID)), zap.Error(err))
		return false
	}
	c.RegisterUser(&server.User{Username: clientID, Permissions: devicePermissions(clientID), ConnectionDeadline: expires})
	return true
}

func (a *authenticator) checkDevice(c server.ClientAuthentication, clientID string) (time.Time, error) {
	if err := a.hasRoom(clientID); err != nil {
		return time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), loginTimeout)
	defer cancel()
	if err := a.awaitOpened(); err != nil {
		return time.Time{}, err
	}
	password, chain := c.GetOpts().Password, shownChain(c)
	if err := login.CheckName(clientID, c.GetOpts().Username, len(chain) > 0); err != nil {
		return time.Time{}, err
	}
	if password == "" && len(chain) > 0 {
		return a.logins.LoginByCertificate(ctx, clientID, chain)
	}
	return a.logins.Login(ctx, clientID, password)
}

// hasRoom checks that there is room for a device and for what it sends.
func (a *authenticator) hasRoom(device string) error {
	switch {
	case a.full(device):
		return waymark.Errorf(waymark.ResourceExhausted, "too many devices are connected: wait, then connect again")
	case a.cramped.Load():
		return waymark.Errorf(waymark.ResourceExhausted, "the broker has no room for what you send: connect again later")
	}
	return nil
}

// awaitOpened waits for a moment until devices are let in.
func (a *authenticator) awaitOpened() error {
	timer := time.NewTimer(openWait)
	defer timer.Stop()
	select {
	case <-a.opened.c:
		return nil
	case <-a.stopping.c:
	case <-timer.C:
	}
	return waymark.Errorf(waymark.Unavailable, "the bridge is not subscribed yet: connect again")
}

// shownChain is what the client showed in the handshake, which also proved that it holds
// the key of the first. Nothing else is known of it.
func shownChain(c server.ClientAuthentication) []*x509.Certificate {
	if state := c.GetTLSConnectionState(); state != nil {
		return state.PeerCertificates
	}
	return nil
}

func (a *authenticator) isSecret(password string) bool {
	return subtle.ConstantTimeCompare([]byte(password), []byte(a.secret)) == 1
}

// senderID is the client id of the bridge's client that publishes to devices.
func (a *authenticator) senderID() string { return a.bridgeID + SenderSuffix }

func (a *authenticator) isBridge(id string) bool { return login.IsBridge(a.bridgeID, id) }

// bridgePermissions: all devices' messages in by the one client, their down topics out by the other. The
// inbox is where the server itself delivers messages of QoS 1.
func (a *authenticator) bridgePermissions(id string) *server.Permissions {
	none := &server.SubjectPermission{Deny: []string{">"}}
	if id == a.senderID() {
		return &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"waymark.v1.*.down"}}, Subscribe: none}
	}
	return &server.Permissions{Publish: none, Subscribe: &server.SubjectPermission{Allow: []string{"waymark.v1.*.up", "$MQTT.sub.>"}}}
}

// devicePermissions: its own topics, letter for letter.
func devicePermissions(device string) *server.Permissions {
	up, down := login.Subjects(device)
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{up}},
		Subscribe: &server.SubjectPermission{Allow: []string{down}},
	}
}

// connectionName is `address - mid:N - "client id"`.
var connectionName = regexp.MustCompile(`(?s) - mid(?:_ws)?:(\d+) - (".*")$`)

// mqttClient reads the number and the client id from the server's name of the connection:
// there is no other way to them here.
func mqttClient(c server.ClientAuthentication) (number uint64, id string, isMQTT bool) {
	named, ok := c.(fmt.Stringer)
	if !ok {
		return 0, "", false
	}
	parts := connectionName.FindStringSubmatch(named.String())
	if parts == nil {
		return 0, "", false
	}
	number, wrong := strconv.ParseUint(parts[1], 10, 64)
	id, err := strconv.Unquote(parts[2])
	return number, id, err == nil && wrong == nil
}
