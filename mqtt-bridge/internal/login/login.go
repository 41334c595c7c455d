package login

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Checker checks passwords of devices. It is safe for concurrent use.
type Checker struct {
	consortium string
	registry   *cache
}

// New makes a checker of the passwords that name consortium.
func New(consortium string, devices Devices) *Checker {
	return &Checker{consortium: consortium, registry: newCache(devices, time.Now)}
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
	if end := key.NotAfter; err == nil && !end.IsZero() && end.Before(expires) {
		expires = end // nobody stays connected on a key that has ended
	}
	return expires, err
}

// Active reports whether the registry says now that the device may speak, and the edge that signs for it, if any. When the
// registry cannot be asked it errs on the side of the device: the ledger checks
// every message anyway.
func (c *Checker) Active(ctx context.Context, device string) bool {
	d, err := c.registry.device(ctx, device, suspectFor)
	if err == nil && d.State == waymark.DeviceActive && d.Edge() != "" {
		d, err = c.registry.device(ctx, d.Edge(), suspectFor)
	}
	if err != nil {
		return waymark.CodeOf(err) != waymark.Unauthenticated
	}
	return d.State == waymark.DeviceActive
}

// checkSignature checks the signature by a key in force. What memory would refuse
// is asked of the registry anew: the device may have been resumed, or its key
// rotated, a moment ago.
func (c *Checker) checkSignature(ctx context.Context, m *attest.Message, now time.Time) (waymark.DeviceKey, error) {
	device, err := c.registry.device(ctx, m.Device, freshFor)
	if err != nil {
		return waymark.DeviceKey{}, err
	}
	key, err := c.mayLogIn(ctx, device, m.KeyID, now, freshFor)
	if err != nil {
		if device, err = c.registry.device(ctx, m.Device, suspectFor); err == nil {
			key, err = c.mayLogIn(ctx, device, m.KeyID, now, suspectFor)
		}
	}
	if err == nil {
		_, err = m.Verify(key.JWK)
	}
	return key, err
}

// mayLogIn returns the key by which a device may log in now. Of an edge that holds it the registry is asked
// unless it has said something within fresh.
func (c *Checker) mayLogIn(ctx context.Context, device *waymark.Device, keyID string, now time.Time, fresh time.Duration) (waymark.DeviceKey, error) {
	if device.State != waymark.DeviceActive {
		return waymark.DeviceKey{}, waymark.Errorf(waymark.Forbidden, "device %s is %s", device.ID, device.State)
	}
	key, found := device.KeyInForce(keyID, now)
	if !found {
		return waymark.DeviceKey{}, waymark.Errorf(waymark.Unauthenticated, "key %s is not in force for device %s: it is not registered, or has ended; the owner has to rotate or replace it", keyID, device.ID)
	}
	if key.Edge == "" {
		return key, nil
	}
	edge, err := c.registry.device(ctx, key.Edge, fresh)
	if waymark.CodeOf(err) == waymark.Unavailable {
		return key, err
	}
	return key, device.CheckEdge(edge, key, now)
}
