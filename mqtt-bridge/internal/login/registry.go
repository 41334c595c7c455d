package login

import (
	"context"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Device returns a registered device, as the registry said at most a short time ago. Errors are
// Unauthenticated for one that is not registered, and Unavailable when the registry cannot be asked.
func (c *Checker) Device(ctx context.Context, id string) (*waymark.Device, error) {
	return c.registry.device(ctx, id, freshFor)
}

// Signed checks that a message is for the consortium and signed by a key of its device that is in force
// now, and that the device is active. Errors are those of Login.
func (c *Checker) Signed(ctx context.Context, m *attest.Message) error {
	if m.Consortium != c.consortium {
		return errConsortium
	}
	_, err := c.checkSignature(ctx, m, time.Now())
	return err
}

// Spoken is Signed for a device of any state, which it returns: one that is suspended leaves a last will.
func (c *Checker) Spoken(ctx context.Context, m *attest.Message) (*waymark.Device, error) {
	if m.Consortium != c.consortium {
		return nil, errConsortium
	}
	device, err := c.registry.device(ctx, m.Device, freshFor)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	key, err := c.mayUse(ctx, device, now, freshFor, func(d *waymark.Device) (waymark.DeviceKey, error) { return namedKey(d, m.KeyID, now) })
	if err == nil {
		_, err = m.Verify(key.JWK)
	}
	return device, err
}

var errConsortium = waymark.Errorf(waymark.Unauthenticated, "the message is for another consortium")

// SignedFor returns the devices for which an edge holds a key, of those that are remembered.
func (c *Checker) SignedFor(edge string) []string {
	return c.registry.known.find(func(r remembered[*waymark.Device]) bool {
		return r.value != nil && slices.ContainsFunc(r.value.Keys, func(k waymark.DeviceKey) bool { return k.Edge == edge })
	})
}

// Tell is told of a device that something of it has changed: what is remembered of it is asked for anew.
func (c *Checker) Tell(device string) { c.registry.known.forget(device) }
