package waymark

import "time"

// MaxOverlap bounds how long a replaced key may stay valid beside the new one.
const MaxOverlap = 30 * 24 * time.Hour

// KeyOrigin is by what authority a key came to be a device's.
type KeyOrigin string

// The origins.
const (
	KeyByDevice        KeyOrigin = "device"        // the device's own registration or rotation
	KeyByAdministrator KeyOrigin = "administrator" // an admin of the owner replaced what was lost
	KeyByCertificate   KeyOrigin = "certificate"   // a device CA of the owner vouched for it
)

// KeyOrigins returns every origin.
func KeyOrigins() []KeyOrigin {
	return []KeyOrigin{KeyByDevice, KeyByAdministrator, KeyByCertificate}
}

// DeviceKey is a public key of a device with its validity: from NotBefore up to,
// not including, NotAfter, and not at all once it is revoked.
type DeviceKey struct {
	ID        string    `json:"id" form:"id"`
	JWK       JWK       `json:"jwk"`
	NotBefore time.Time `json:"not_before"` // when it was registered
	// NotAfter is when it was replaced or its certificate expires; absent (zero)
	// if it has no end yet.
	NotAfter time.Time `json:"not_after,omitzero" metadata:",optional"`
	// Edge is the device of the same owner that holds the key and signs with it; absent for one that the
	// device has itself. It is in force no longer than it is at the edge, as its own, and the edge active.
	Edge string `json:"edge,omitempty" metadata:",optional" form:"id"`
	// Origin is absent in the oldest records, whose keys all came by the device.
	Origin      KeyOrigin       `json:"origin,omitempty" metadata:",optional"`
	Certificate *KeyCertificate `json:"certificate,omitempty" metadata:",optional"` // of origin certificate only
	Revoked     *KeyRevocation  `json:"revoked,omitempty" metadata:",optional"`
}

// KeyCertificate says which certificate vouched for a key.
type KeyCertificate struct {
	Owner     string    `json:"owner" form:"id"`          // the member whose authority it is
	Authority string    `json:"authority" form:"sha256"`  // the device CA
	IssuerKey string    `json:"issuer_key" form:"sha256"` // the key of that CA, Authority.KeyID: by it certificates are revoked
	Serial    string    `json:"serial"`                   // of the device's certificate, lower-case hex
	Issuers   []string  `json:"issuers"`                  // serials of the certificates between it and the authority
	ExpiresAt time.Time `json:"expires_at"`
}

// KeyRevocation says that a key may have been in other hands since From: what was
// recorded under it from then on is disputed, though none of it is erased.
type KeyRevocation struct {
	From   time.Time `json:"from"` // what was recorded under it since then is disputed
	By     Stamp     `json:"by"`
	Reason string    `json:"reason" form:"reason"`
}

// InForce reports whether the key is valid at a time.
func (k DeviceKey) InForce(at time.Time) bool {
	return k.Revoked == nil && !at.Before(k.NotBefore) && (k.NotAfter.IsZero() || at.Before(k.NotAfter))
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

// JudgedAt is the time at which keys are judged for a transaction of time at: that
// time, and never before the newest key began. Members' clocks differ by minutes,
// and a transaction's time is its client's claim: nobody brings a replaced key
// back, or locks a new one out, by a clock that is behind.
func (d Device) JudgedAt(at time.Time) time.Time {
	for _, k := range d.Keys {
		if k.NotBefore.After(at) {
			at = k.NotBefore
		}
	}
	return at
}

// KeyInForce returns the key of an id if it is in force for a transaction of time at.
func (d Device) KeyInForce(id string, at time.Time) (DeviceKey, bool) {
	k, found := d.Key(id)
	return k, found && k.InForce(d.JudgedAt(at))
}

// NewestKey returns the key in force that was added last; false if none is.
func (d Device) NewestKey(at time.Time) (key DeviceKey, found bool) {
	judged := d.JudgedAt(at)
	for _, k := range d.Keys {
		if k.InForce(judged) {
			key, found = k, true
		}
	}
	return key, found
}

// Disputed reports whether what was recorded at a time under a key is disputed,
// because the key has been revoked back to that time or before.
func (d Device) Disputed(keyID string, recorded time.Time) bool {
	k, found := d.Key(keyID)
	return found && k.Revoked != nil && !recorded.Before(k.Revoked.From)
}

// RotateKeyRequest carries a Rotation: a signed Registration of the new key,
// wrapped in a message signed by the newest key in force. The keys in force stay
// valid for OverlapSeconds, 0 to MaxOverlap, and end at once without it.
type RotateKeyRequest struct {
	Device         string `json:"device" form:"id"`
	Rotation       string `json:"rotation" form:"message"`
	OverlapSeconds int64  `json:"overlap_seconds,omitempty" metadata:",optional" form:"overlap"`
}

// Validate checks the form of the request.
func (r RotateKeyRequest) Validate() error { return CheckForms(r) }

// ReplaceKeyRequest gives a device whose keys are lost a new one: Registration is
// the statement about it, signed by the new key. All other keys end now.
type ReplaceKeyRequest struct {
	Device       string `json:"device" form:"id"`
	Registration string `json:"registration" form:"message"`
	Reason       string `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r ReplaceKeyRequest) Validate() error { return CheckForms(r) }

// RevokeKeyRequest says that a key may have been in other hands since From. It can
// be moved back to an earlier time, never to a later one.
type RevokeKeyRequest struct {
	Device string    `json:"device" form:"id"`
	Key    string    `json:"key" form:"id"`
	From   time.Time `json:"from"`
	Reason string    `json:"reason" form:"reason"`
}

// Validate checks the form of the request.
func (r RevokeKeyRequest) Validate() error {
	if r.From.IsZero() {
		return InvalidField("/from", "must be a time (RFC 3339)")
	}
	return CheckForms(r)
}
