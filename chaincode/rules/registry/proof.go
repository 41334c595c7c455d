package registry

import (
	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// proveRegistration parses a signed registration and checks that the key which
// it names has signed it, for this consortium.
func proveRegistration(pointer, text, consortium string) (waymark.Registration, error) {
	var none waymark.Registration
	m, err := parseKind(pointer, text, attest.Registration, consortium)
	if err != nil {
		return none, err
	}
	s, err := parseStatement(pointer, m.Payload)
	if err != nil {
		return none, err
	}
	if s.Device != m.Device || s.KeyID != m.KeyID {
		return none, waymark.InvalidField(pointer, "names another device or key in its payload than in its header")
	}
	if err := attest.ValidateJWK(s.JWK); err != nil {
		return none, err
	}
	_, err = m.Verify(s.JWK)
	return s, err
}

// parseKind parses a message that must be of one kind and for this consortium.
func parseKind(pointer, text string, kind attest.Kind, consortium string) (*attest.Message, error) {
	m, err := attest.Parse(text)
	if err != nil {
		return nil, waymark.InvalidField(pointer, "%s", waymark.AsError(err).Message)
	}
	if m.Kind != kind || m.Consortium != consortium {
		return nil, waymark.InvalidField(pointer, "must be a message of type %s for consortium %s", kind, consortium)
	}
	return m, nil
}

func parseStatement(pointer string, payload []byte) (waymark.Registration, error) {
	s, err := waymark.ParseRegistration(payload)
	if e := waymark.AsError(err); e != nil && e.Field == "" {
		return s, waymark.InvalidField(pointer, "%s", e.Message)
	}
	return s, err
}

// concerns reports whether a statement is of the device and owner on record.
func concerns(s waymark.Registration, d *waymark.Device) bool {
	return s.Device == d.ID && s.Owner == d.Owner && s.Model == d.Model
}

// proveRotation checks both signatures of a rotation and returns the statement
// about the new key.
func proveRotation(tx ledger.Tx, text string, d *waymark.Device) (waymark.Registration, error) {
	var none waymark.Registration
	m, err := parseKind("/rotation", text, attest.Rotation, tx.Channel)
	if err != nil {
		return none, err
	}
	s, err := proveRegistration("/rotation", string(m.Payload), tx.Channel)
	if err != nil {
		return none, err
	}
	if m.Device != d.ID || !concerns(s, d) {
		return none, waymark.InvalidField("/rotation", "is of another device, owner or model than the one on record")
	}
	key, ok := rotationKey(tx, d, m.KeyID, s)
	if !ok {
		return none, waymark.Errorf(waymark.Unauthenticated, "the rotation is not signed by the newest key in force of device %s", d.ID).Because(waymark.ReasonKey)
	}
	_, err = m.Verify(key.JWK)
	return s, err
}

// rotationKey returns the key that must have signed a rotation: the newest in force.
// A repeated rotation is signed by a key that no longer is; any key that the device
// had will do if the rotation led to the newest one, so that it can be answered as a
// repetition.
func rotationKey(tx ledger.Tx, d *waymark.Device, signer string, s waymark.Registration) (waymark.DeviceKey, bool) {
	if isNewest(d, s) {
		return d.Key(signer)
	}
	key, found := d.NewestKey(tx.Time)
	return key, found && key.ID == signer
}
