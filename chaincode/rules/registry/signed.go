package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Signed checks that the device signed the message, with a key that it has or had, and returns
// that key. Whether it is in force, the caller has to ask.
//
// Codes: Unauthenticated for a key that the device never had, and for another's signature.
func Signed(device *waymark.Device, m *attest.Message) (waymark.DeviceKey, attest.Digest, error) {
	key, found := device.Key(m.KeyID)
	if !found {
		return key, attest.Digest{}, waymark.Errorf(waymark.Unauthenticated, "device %s has no key %s", m.Device, m.KeyID).Because(waymark.ReasonKey)
	}
	digest, err := m.Verify(key.JWK)
	return key, digest, err
}
