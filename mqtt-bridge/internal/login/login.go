package login

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Registry is the ledger's.
type Registry interface {
	Devices
	Authorities
}

// Checker checks how devices log in. It is safe for concurrent use.
type Checker struct {
	consortium string
	registry   *cache
	vouchers   *vouchers
}

// New makes a checker of the passwords that name consortium, and of certificates.
func New(consortium string, registry Registry) *Checker {
	devices := newCache(registry, time.Now)
	return &Checker{consortium: consortium, registry: devices, vouchers: newVouchers(registry, time.Now, devices.questions)}
}

// Login checks that password is a Connect message of the device, in force now,
// signed by a key of the device that is in force now, and that the device is active. It returns
// when the password or the key expires. Errors are Unauthenticated, Forbidden for a device
// that is not active, or Unavailable when the registry cannot be asked.
func (c *Checker) Login(ctx context.Context, device, password string) (time.Time, error) {
	m, err := attest.Parse(password)
	if err != nil {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "the password is not a signed message: %s", waymark.AsError(err).Message)
	}
	if m.Device != device || m.Consortium != c.consortium {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "the password is for another device or consortium")
	}
	now := time.Now()
	expires, err := m.CheckLogin(now)
	if err != nil {
		return time.Time{}, err
	}
	key, err := c.checkSignature(ctx, m, now)
	if err != nil {
		return time.Time{}, err
	}
	return earlier(expires, key.NotAfter), nil // nobody stays connected on a key that has ended
}

// Active reports whether the registry says now that the device may speak: it is active and has a key in force, and its
// newest one came by no revoked certificate and, if an edge holds it, that edge may sign with it. When the
// registry cannot be asked it errs on the side of the device: the ledger checks
// every message anyway.
func (c *Checker) Active(ctx context.Context, device string) bool {
	ask, now := c.registry.within(suspectFor), time.Now()
	d, err := ask(ctx, device)
	if err == nil {
		_, err = c.mayLogIn(ctx, d, now, ask, func(d *waymark.Device) (waymark.DeviceKey, error) { return c.newestKey(ctx, d, now) })
	}
	return err == nil || waymark.CodeOf(err) == waymark.Unavailable
}

// checkSignature checks the signature by a key in force that did not come by a revoked certificate.
func (c *Checker) checkSignature(ctx context.Context, m *attest.Message, now time.Time) (waymark.DeviceKey, error) {
	key, err := c.inForce(ctx, m.Device, now, func(d *waymark.Device) (waymark.DeviceKey, error) { return namedKey(d, m.KeyID, now) })
	if err != nil {
		return key, err
	}
	return key, c.checkBy(ctx, m, key)
}

// checkBy checks the signature by a key, and that the key did not come by a revoked certificate.
func (c *Checker) checkBy(ctx context.Context, m *attest.Message, key waymark.DeviceKey) error {
	if _, err := m.Verify(key.JWK); err != nil {
		return err
	}
	return c.vouchers.check(ctx, key.Certificate)
}

// finder finds the key of a device by which it logs in.
type finder func(*waymark.Device) (waymark.DeviceKey, error)

// inForce returns the key by which a device may log in now. What memory would refuse is asked
// of the registry anew: the device may have been resumed, or its key rotated, a moment ago.
func (c *Checker) inForce(ctx context.Context, id string, now time.Time, find finder) (waymark.DeviceKey, error) {
	var key waymark.DeviceKey
	var err error
	for _, ask := range []asker{c.registry.readily(freshFor), c.registry.readily(suspectFor)} {
		device, unknown := ask(ctx, id)
		if unknown != nil {
			return key, unknown
		}
		if key, err = c.mayLogIn(ctx, device, now, ask, find); err == nil {
			break
		}
	}
	return key, err
}

// mayLogIn returns the key by which a device may log in now.
func (c *Checker) mayLogIn(ctx context.Context, device *waymark.Device, now time.Time, ask asker, find finder) (waymark.DeviceKey, error) {
	if device.State != waymark.DeviceActive {
		return waymark.DeviceKey{}, waymark.Errorf(waymark.Forbidden, "device %s is %s", device.ID, device.State)
	}
	return c.mayUse(ctx, device, now, ask, find)
}

// mayUse returns the key that is found for a device, if the edge that holds it, of which ask tells, may sign with it. It ends
// no later than that of the edge.
func (c *Checker) mayUse(ctx context.Context, device *waymark.Device, now time.Time, ask asker, find finder) (waymark.DeviceKey, error) {
	key, err := find(device)
	if err != nil || key.Edge == "" {
		return key, err
	}
	edge, err := ask(ctx, key.Edge)
	if waymark.CodeOf(err) == waymark.Unavailable {
		return key, err
	}
	if err := device.CheckEdge(edge, key, now); err != nil {
		return key, err
	}
	own, _ := edge.OwnKey(key.JWK)
	if end := earlier(own.NotAfter, key.NotAfter); !end.IsZero() {
		key.NotAfter = end
	}
	return key, c.vouchers.check(ctx, own.Certificate)
}

// newestKey returns the newest key in force, if it came by no revoked certificate.
func (c *Checker) newestKey(ctx context.Context, device *waymark.Device, now time.Time) (waymark.DeviceKey, error) {
	key, found := device.NewestKey(now)
	if !found {
		return key, waymark.Errorf(waymark.Unauthenticated, "device %s has no key in force", device.ID)
	}
	return key, c.vouchers.check(ctx, key.Certificate)
}

// namedKey returns the key in force of an id.
func namedKey(device *waymark.Device, keyID string, now time.Time) (waymark.DeviceKey, error) {
	key, found := device.KeyInForce(keyID, now)
	if !found {
		return waymark.DeviceKey{}, waymark.Errorf(waymark.Unauthenticated, "key %s is not in force for device %s: it is not registered, or has ended; the owner has to rotate or replace it", keyID, device.ID)
	}
	return key, nil
}
