package login

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Device returns a registered device, as the registry said at most a short time ago. Errors are
// Unauthenticated for one that is not registered, and Unavailable when the registry cannot be asked.
func (c *Checker) Device(ctx context.Context, id string) (*waymark.Device, error) {
	return c.registry.within(freshFor)(ctx, id)
}

// Known reports whether a device is remembered: its login waits for the registry for a moment at most.
func (c *Checker) Known(device string) bool {
	_, found := c.registry.known.lookup(device)
	return found
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

// Spoken is Signed for a device of any state, which it returns: one that is suspended leaves a last will. What memory would
// refuse is asked anew, and what the registry said more than a short time ago decides nothing: what is refused is
// refused for good. Errors are also Unavailable.
func (c *Checker) Spoken(ctx context.Context, m *attest.Message) (*waymark.Device, error) {
	if m.Consortium != c.consortium {
		return nil, errConsortium
	}
	device, err := c.spoken(ctx, m, c.registry.surely(freshFor))
	if err != nil && waymark.CodeOf(err) != waymark.Unavailable {
		return c.spoken(ctx, m, c.registry.surely(suspectFor))
	}
	return device, err
}

func (c *Checker) spoken(ctx context.Context, m *attest.Message, ask asker) (*waymark.Device, error) {
	device, err := ask(ctx, m.Device)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	key, err := c.mayUse(ctx, device, now, ask, func(d *waymark.Device) (waymark.DeviceKey, error) { return namedKey(d, m.KeyID, now) })
	if err == nil {
		err = c.checkBy(ctx, m, key)
	}
	return device, err
}

var errConsortium = waymark.Errorf(waymark.Unauthenticated, "the message is for another consortium")

// SignedFor returns the devices for which an edge holds a key, of those that are remembered.
func (c *Checker) SignedFor(edge string) []string {
	return c.registry.known.find(withKey(func(k waymark.DeviceKey) bool { return k.Edge == edge }))
}

// VouchedFor returns the devices with a key that came by a certificate of a serial number under a device CA of owner,
// of those that are remembered.
func (c *Checker) VouchedFor(owner, serial string) []string {
	return c.registry.known.find(withKey(func(k waymark.DeviceKey) bool {
		v := k.Certificate
		return v != nil && v.Owner == owner && (v.Serial == serial || slices.Contains(v.Issuers, serial))
	}))
}

func withKey(fits func(waymark.DeviceKey) bool) func(remembered[*waymark.Device]) bool {
	return func(r remembered[*waymark.Device]) bool {
		return r.value != nil && slices.ContainsFunc(r.value.Keys, fits)
	}
}

// Tell is told of a device that something of it has changed: the registry is asked anew.
func (c *Checker) Tell(device string) { c.registry.known.doubt(device) }

// TellRevoked is told of a certificate of owner that it is revoked: the registry is asked anew.
func (c *Checker) TellRevoked(owner, serial string) {
	c.vouchers.revocations.doubtAll(func(id string) bool {
		return strings.HasPrefix(id, owner+"/") && strings.HasSuffix(id, "/"+serial)
	})
}
