package waymark

import "time"

// DeviceState is where a device is in its lifecycle.
type DeviceState string

// The states. Only an active device's messages are recorded; retired is final.
const (
	DeviceActive    DeviceState = "active"
	DeviceSuspended DeviceState = "suspended"
	DeviceRetired   DeviceState = "retired"
)

// DeviceStates returns every state of a device.
func DeviceStates() []DeviceState {
	return []DeviceState{DeviceActive, DeviceSuspended, DeviceRetired}
}

// Device is a thing with its own key, registered by the member that owns it.
type Device struct {
	ID         string      `json:"id"`
	Owner      string      `json:"owner"`
	Model      string      `json:"model"`
	State      DeviceState `json:"state"`
	Keys       []DeviceKey `json:"keys"` // oldest first; the last one is in force
	Registered Stamp       `json:"registered"`
	Changed    Stamp       `json:"changed"` // the last change of state or key
	Reason     string      `json:"reason"`  // why it changed last
}

// Key returns a key that the device has or had, by its id.
func (d Device) Key(id string) (key DeviceKey, found bool) {
	for _, k := range d.Keys {
		if k.ID == id {
			return k, true
		}
	}
	return DeviceKey{}, false
}

// KeyInForce returns the key of an id if it is in force.
func (d Device) KeyInForce(id string) (DeviceKey, bool) {
	k, found := d.Key(id)
	return k, found && k.InForce()
}

// DeviceKey is a public key of a device with its validity.
type DeviceKey struct {
	ID        string    `json:"id"`
	JWK       JWK       `json:"jwk"`
	NotBefore time.Time `json:"not_before"` // when it was registered
	// NotAfter is when it was replaced; absent (zero) while it is in force.
	NotAfter time.Time `json:"not_after,omitzero" metadata:",optional"`
}

// InForce reports whether the key has not been replaced.
func (k DeviceKey) InForce() bool { return k.NotAfter.IsZero() }

// JWK is a public key as a JSON Web Key (RFC 7517): Ed25519 (kty OKP, RFC 8037),
// ECDSA P-256 (kty EC, RFC 7518, clause 6.2) or ML-DSA-44 (kty AKP, RFC 9964,
// clause 3). The key fixes the algorithm. Members of another key type are absent.
type JWK struct {
	KeyType   string `json:"kty"`
	Algorithm string `json:"alg,omitempty" metadata:",optional"` // ML-DSA-44 only
	Curve     string `json:"crv,omitempty" metadata:",optional"` // Ed25519 and P-256 only
	X         string `json:"x,omitempty" metadata:",optional"`   // base64url without padding, with Curve
	Y         string `json:"y,omitempty" metadata:",optional"`   // P-256 only
	Public    string `json:"pub,omitempty" metadata:",optional"` // base64url without padding, ML-DSA-44 only
}

// Registration is the statement that a device signs with the very key it
// registers, which proves that it holds the private half. It travels as the
// payload of a signed message of kind Registration.
type Registration struct {
	Device string `json:"device"`
	Owner  string `json:"owner"` // the member that is to own the device; no other can register it
	Model  string `json:"model"`
	KeyID  string `json:"key_id"`
	JWK    JWK    `json:"jwk"`
}

// Validate checks the form of the statement; attest checks the key itself.
func (r Registration) Validate() error {
	return first(
		ValidateID("/device", r.Device),
		ValidateID("/owner", r.Owner),
		ValidateText("/model", r.Model, 100, true),
		ValidateID("/key_id", r.KeyID),
	)
}

// RegisterDeviceRequest carries a signed Registration: a JWS compact text, or a
// COSE_Sign1 as base64url.
type RegisterDeviceRequest struct {
	Registration string `json:"registration"`
}

// Validate checks the form of the request.
func (r RegisterDeviceRequest) Validate() error {
	return validateMessage("/registration", r.Registration)
}

// RotateKeyRequest carries a Rotation: a signed Registration of the new key,
// wrapped in a message signed by the key in force.
type RotateKeyRequest struct {
	Device   string `json:"device"`
	Rotation string `json:"rotation"`
}

// Validate checks the form of the request.
func (r RotateKeyRequest) Validate() error {
	return first(ValidateID("/device", r.Device), validateMessage("/rotation", r.Rotation))
}

// DeviceStateRequest suspends, resumes or retires a device.
type DeviceStateRequest struct {
	Device string `json:"device"`
	Reason string `json:"reason"`
}

// Validate checks the form of the request.
func (r DeviceStateRequest) Validate() error {
	return first(ValidateID("/device", r.Device), ValidateText("/reason", r.Reason, 200, true))
}

// DeviceQuery names a device.
type DeviceQuery struct {
	Device string `json:"device"`
}

// Validate checks the form of the query.
func (q DeviceQuery) Validate() error { return ValidateID("/device", q.Device) }
