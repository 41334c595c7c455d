package waymark

// DeviceState is where a device is in its lifecycle.
type DeviceState string

// The states. Only an active device's messages are recorded; retired is final.
const (
	DeviceRegistered DeviceState = "registered" // known, not yet reporting
	DeviceActive     DeviceState = "active"
	DeviceSuspended  DeviceState = "suspended"
	DeviceRetired    DeviceState = "retired"
)

// DeviceStates returns every state of a device.
func DeviceStates() []DeviceState {
	return []DeviceState{DeviceRegistered, DeviceActive, DeviceSuspended, DeviceRetired}
}

// Device is a thing with its own key, registered by the member that owns it.
type Device struct {
	ID         string      `json:"id" form:"id"`
	Owner      string      `json:"owner" form:"id"`
	Model      string      `json:"model" form:"model"`
	State      DeviceState `json:"state"`
	Keys       []DeviceKey `json:"keys"` // oldest first
	Registered Stamp       `json:"registered"`
	Changed    Stamp       `json:"changed"`            // the last change of state, key or owner
	Reason     string      `json:"reason" form:"note"` // why it changed last
	// Owned says when it came to its present owner; absent while that is who registered it.
	Owned *Stamp `json:"owned,omitempty" metadata:",optional"`
	// Attributes are what its owner says of it; absent before the owner did.
	Attributes *DeviceAttributes `json:"attributes,omitempty" metadata:",optional"`
	// Described says who set the attributes last, when and why.
	Described *Change `json:"described,omitempty" metadata:",optional"`
}

// Change says who changed something, when and why.
type Change struct {
	By     Stamp  `json:"by"`
	Reason string `json:"reason" form:"reason"`
}

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
	Device string `json:"device" form:"id"`
	Owner  string `json:"owner" form:"id"` // the member that is to own the device; no other can register it
	Model  string `json:"model" form:"model"`
	KeyID  string `json:"key_id" form:"id"`
	JWK    JWK    `json:"jwk"`
	// Edge is the device of the same owner that holds the key, and so signs for this one: the key is
	// one of its own. Absent for a device that signs itself.
	Edge string `json:"edge,omitempty" metadata:",optional" form:"id"`
}

// Validate checks the form of the statement; attest checks the key itself.
func (r Registration) Validate() error { return CheckForms(r) }

// RegisterDeviceRequest carries a signed Registration: a JWS compact text, or a
// COSE_Sign1 as base64url. The device is registered, and reports once it is
// activated: with Activate at once.
type RegisterDeviceRequest struct {
	Registration string `json:"registration" form:"message"`
	Activate     bool   `json:"activate,omitempty" metadata:",optional"`
}

// Validate checks the form of the request.
func (r RegisterDeviceRequest) Validate() error { return CheckForms(r) }

// DeviceStateRequest activates, suspends, resumes or retires a device.
type DeviceStateRequest struct {
	Device string `json:"device" form:"id"`
	Reason string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r DeviceStateRequest) Validate() error { return CheckForms(r) }

// DeviceQuery names a device.
type DeviceQuery struct {
	Device string `json:"device" form:"id"`
}

// Validate checks the form of the query.
func (q DeviceQuery) Validate() error { return CheckForms(q) }
