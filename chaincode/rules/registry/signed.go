package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Claim is a message and the device that is to have signed it.
type Claim struct {
	Device  *waymark.Device
	Message *attest.Message
}

// Signature is what came of a Claim: the key of the device that signed the message, which it
// has or had, and the digest of what it signed. Whether the key is in force, the caller has to ask.
//
// Codes of Err: Unauthenticated for a key that the device never had, and for another's signature.
type Signature struct {
	Key    waymark.DeviceKey
	Digest attest.Digest
	Err    error
}

// Signatures checks claims, all together.
func Signatures(claims []Claim) []Signature {
	signatures := make([]Signature, len(claims))
	var checks []attest.Check
	var of []int // the claim of each check
	for i, c := range claims {
		key, found := c.Device.Key(c.Message.KeyID)
		if signatures[i].Key = key; !found {
			signatures[i].Err = waymark.Errorf(waymark.Unauthenticated, "device %s has no key %s", c.Message.Device, c.Message.KeyID).Because(waymark.ReasonKey)
			continue
		}
		checks, of = append(checks, attest.Check{Message: c.Message, Key: key.JWK}), append(of, i)
	}
	for n, v := range attest.VerifyAll(checks) {
		signatures[of[n]].Digest, signatures[of[n]].Err = v.Digest, v.Err
	}
	return signatures
}

// Signed is Signatures of one claim.
func Signed(device *waymark.Device, m *attest.Message) (waymark.DeviceKey, attest.Digest, error) {
	s := Signatures([]Claim{{device, m}})[0]
	return s.Key, s.Digest, s.Err
}
