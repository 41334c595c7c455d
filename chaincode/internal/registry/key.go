package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/waymark-ledger/waymark/chaincode/internal/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// MaxKeys bounds the keys that a device can have had.
const MaxKeys = 32

// RotateKey replaces the key in force. The request holds a registration of the
// new key, signed by the new key, inside a message signed by the key in force:
// only who holds both can rotate. The same rotation again changes nothing.
func RotateKey(l ledger.Ledger, r waymark.RotateKeyRequest) (*waymark.Device, error) {
	d, err := manage(l, r.Device)
	if err != nil {
		return nil, err
	}
	statement, err := proveRotation(r.Rotation, d, l.Tx().Channel)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(d.Keys, func(k waymark.DeviceKey) bool { return k.ID == statement.KeyID }); i >= 0 {
		if i == len(d.Keys)-1 && d.Keys[i].JWK == statement.JWK {
			return d, nil
		}
		return nil, waymark.Errorf(waymark.AlreadyExists, "device %s has had a key %s already: give the new one another id", d.ID, statement.KeyID)
	}
	if err := mayRotate(d); err != nil {
		return nil, err
	}
	now := l.Tx().Time
	d.Keys[len(d.Keys)-1].NotAfter = now
	d.Keys = append(d.Keys, waymark.DeviceKey{ID: statement.KeyID, JWK: statement.JWK, NotBefore: now})
	d.Changed, d.Reason = l.Tx().Stamp(), "key rotated"
	return save(l, d, waymark.EventDeviceKeyRotated)
}

// mayRotate lets a suspended device change its key: that may be why it is suspended.
func mayRotate(d *waymark.Device) error {
	switch {
	case d.State == waymark.DeviceRetired:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s is %s", d.ID, d.State).Because(reasonLifecycle)
	case len(d.Keys) >= MaxKeys:
		return waymark.Errorf(waymark.FailedPrecondition, "device %s has had %d keys: retire it and register a new one", d.ID, MaxKeys).Because(waymark.ReasonLimit)
	}
	return nil
}

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
	var s waymark.Registration
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&s)
	if _, end := decoder.Token(); err != nil || !errors.Is(end, io.EOF) {
		return s, waymark.InvalidField(pointer, "must carry a registration statement: device, owner, model, key_id, jwk")
	}
	return s, s.Validate()
}

// proveRotation checks both signatures of a rotation and returns the statement
// about the new key.
func proveRotation(text string, d *waymark.Device, consortium string) (waymark.Registration, error) {
	var none waymark.Registration
	m, err := parseKind("/rotation", text, attest.Rotation, consortium)
	if err != nil {
		return none, err
	}
	s, err := proveRegistration("/rotation", string(m.Payload), consortium)
	if err != nil {
		return none, err
	}
	if m.Device != d.ID || s.Device != d.ID || s.Owner != d.Owner || s.Model != d.Model {
		return none, waymark.InvalidField("/rotation", "is of another device, owner or model than the one on record")
	}
	key, ok := rotationKey(d, m.KeyID, s.KeyID)
	if !ok {
		return none, waymark.Errorf(waymark.Unauthenticated, "the rotation is not signed by the key in force of device %s", d.ID).Because(waymark.ReasonKey)
	}
	_, err = m.Verify(key.JWK)
	return s, err
}

// rotationKey returns the key that must have signed a rotation to key next: the
// one in force. A repeated rotation is signed by a key that no longer is; that key
// is returned if the rotation led to the key in force, so that it can be answered
// as a repetition.
func rotationKey(d *waymark.Device, signer, next string) (waymark.DeviceKey, bool) {
	key, found := d.Key(signer)
	repeated := d.Keys[len(d.Keys)-1].ID == next
	return key, found && (key.InForce() || repeated)
}
