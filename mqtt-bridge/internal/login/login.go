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
// signed by the device's key in force, and that the device is active. It returns
// when the password expires. Errors are Unauthenticated, Forbidden for a device
// that is not active, or Unavailable when the registry cannot be asked.
func (c *Checker) Login(ctx context.Context, device, password string) (time.Time, error) {
	m, err := attest.Parse(password)
	if err != nil {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "the password is not a signed message: %s", waymark.AsError(err).Message)
	}
	if m.Device != device || m.Consortium != c.consortium {
		return time.Time{}, waymark.Errorf(waymark.Unauthenticated, "the password is for another device or consortium")
	}
	expires, err := m.CheckLogin(time.Now())
	if err != nil {
		return time.Time{}, err
	}
	return expires, c.checkSignature(ctx, m)
}

// Active reports whether the registry says now that the device may speak. When the
// registry cannot be asked it errs on the side of the device: the ledger checks
// every message anyway.
func (c *Checker) Active(ctx context.Context, device string) bool {
	d, err := c.registry.device(ctx, device, suspectFor)
	if err != nil {
		return waymark.CodeOf(err) != waymark.Unauthenticated
	}
	return d.State == waymark.DeviceActive
}

// checkSignature checks the signature by the key in force. What memory would refuse
// is asked of the registry anew: the device may have been resumed, or its key
// rotated, a moment ago.
func (c *Checker) checkSignature(ctx context.Context, m *attest.Message) error {
	device, err := c.registry.device(ctx, m.Device, freshFor)
	if err == nil && mayLogIn(device, m.KeyID) != nil {
		device, err = c.registry.device(ctx, m.Device, suspectFor)
	}
	if err != nil {
		return err
	}
	if err := mayLogIn(device, m.KeyID); err != nil {
		return err
	}
	key, _ := device.KeyInForce(m.KeyID) // mayLogIn found it
	_, err = m.Verify(key.JWK)
	return err
}

func mayLogIn(device *waymark.Device, keyID string) error {
	if device.State != waymark.DeviceActive {
		return waymark.Errorf(waymark.Forbidden, "device %s is %s", device.ID, device.State)
	}
	if _, found := device.KeyInForce(keyID); !found {
		return waymark.Errorf(waymark.Unauthenticated, "key %s is not in force", keyID)
	}
	return nil
}
