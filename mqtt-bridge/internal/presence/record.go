package presence

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Record is what is known of one device. Times are by the bridge's clock, UTC.
type Record struct {
	Device    string    `json:"device"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"` // when it sent something last, or connected
	// Envelope is that of its last message, in which it is answered; empty before the first.
	Envelope attest.Format `json:"envelope,omitempty"`
	// What follows is known of the embedded broker's connections only.
	Connected   bool      `json:"connected"`
	Since       time.Time `json:"since,omitzero"` // when it connected last
	Connections uint64    `json:"connections"`
	Takeovers   uint64    `json:"takeovers"` // connections that ended since the device connected once more
	Ended       *End      `json:"ended,omitempty"`
	// Said is what the device itself said last, by a message or its last will. Its signature was checked.
	Said *waymark.Presence `json:"said,omitempty"`

	connection uint64    // the one that it has
	marked     time.Time // LastSeen, when it was to be written last
}

// End is how a connection ended.
type End struct {
	At  time.Time `json:"at"`
	Why Why       `json:"why"`
}

// Why is why a connection ended.
type Why string

// The reasons.
const (
	Closed   Why = "closed"   // by the device, or on the way
	Takeover Why = "takeover" // the device connected once more
	Kicked   Why = "kicked"   // by this bridge: its device may not speak, or its quarantine is full
	Expired  Why = "expired"  // its password's time was over
	Silent   Why = "silent"   // nothing was heard for its keep-alive
	Faulty   Why = "faulty"   // it broke the protocol, or a bound
	Shutdown Why = "shutdown" // the bridge stopped, or died
)
