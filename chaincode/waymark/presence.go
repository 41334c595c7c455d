package waymark

import (
	"cmp"
	"time"
)

// PresenceState is whether a device is there.
type PresenceState string

// The states.
const (
	PresenceOnline PresenceState = "online" // it has connected
	PresenceGone   PresenceState = "gone"   // its connection has ended
)

// PresenceStates returns every state.
func PresenceStates() []PresenceState { return []PresenceState{PresenceOnline, PresenceGone} }

// Presence is what a device says of its connection. It travels as the payload of a signed message
// of kind attest.Presence: published when the device has connected, and left with the broker
// as its last will.
type Presence struct {
	State PresenceState `json:"state"`
	// At is when the session began, seconds since 1970: the same in both statements of a session.
	At      int64  `json:"at"`
	Session string `json:"session"` // an id that the device makes anew for each connection
}

// Validate checks the form of the statement.
func (p Presence) Validate() error {
	if p.State != PresenceOnline && p.State != PresenceGone {
		return InvalidField("/state", "must be one of %v", PresenceStates())
	}
	return first(validateSeconds("/at", p.At), ValidateID("/session", p.Session))
}

// After reports whether the statement is newer than another one of the same device: of a session
// that began later, or that the session has ended. It is an order of all statements, so that the
// newest is the same in whatever order they come, and older ones that come again change nothing.
func (p Presence) After(other Presence) bool {
	later := cmp.Or(cmp.Compare(p.At, other.At), cmp.Compare(p.Session, other.Session))
	return later > 0 || later == 0 && p.State == PresenceGone && other.State == PresenceOnline
}

// ParsePresence reads the payload of a presence: one JSON object with the members of Presence,
// letter for letter, each once, and none that is null. It returns Invalid.
func ParsePresence(payload []byte) (Presence, error) {
	var p Presence
	if err := readStatement(payload, "the presence's payload", &p, "state", "at", "session"); err != nil {
		return Presence{}, err
	}
	return p, p.Validate()
}

// PresenceMode is where what a device says of its presence goes.
type PresenceMode string

// PresenceRecorded lets it go to the ledger, for every member to see. Without it the bridge keeps it.
const PresenceRecorded PresenceMode = "recorded"

// PresenceModes returns every mode.
func PresenceModes() []PresenceMode { return []PresenceMode{PresenceRecorded} }

// RecordsPresence reports whether the owner lets what the device says of its presence go to the ledger.
func (a *DeviceAttributes) RecordsPresence() bool {
	return a != nil && a.Presence == PresenceRecorded
}

// DevicePresence is the newest that a device has said of its presence.
type DevicePresence struct {
	Device  string        `json:"device" form:"id"`
	State   PresenceState `json:"state"`
	At      time.Time     `json:"at"`                // when the session began, by the device's clock
	Session string        `json:"session" form:"id"` // an id that the device made for it
	Key     string        `json:"key" form:"id"`     // id of the device's key that signed it
	// Edge is the device that held that key and signed with it; absent if the device did.
	Edge     string `json:"edge,omitempty" metadata:",optional" form:"id"`
	Digest   []byte `json:"digest"` // base64 of the message's digest
	Recorded Stamp  `json:"recorded"`
}

// Said is the statement that the record is of.
func (p DevicePresence) Said() Presence {
	return Presence{State: p.State, At: p.At.Unix(), Session: p.Session}
}

// RecordPresenceRequest carries a signed Presence of a device: a JWS compact text, or a COSE_Sign1 as
// base64url.
type RecordPresenceRequest struct {
	Device   string `json:"device" form:"id"`
	Presence string `json:"presence" form:"message"`
}

// Validate checks the form of the request.
func (r RecordPresenceRequest) Validate() error { return CheckForms(r) }

// PresenceEvent is the payload of EventDevicePresence.
type PresenceEvent struct {
	Device  string        `json:"device"`
	State   PresenceState `json:"state"`
	At      time.Time     `json:"at"`
	Session string        `json:"session"`
}
