package waymark

import "time"

// Role is what a caller may act as inside its member. The member's certificate
// authority puts it into the caller's certificate as attribute "waymark.role".
type Role string

// The roles.
const (
	Admin    Role = "admin"    // manages the member's record and its devices
	Operator Role = "operator" // works with devices and shipments
	Quality  Role = "quality"  // reads, releases excursions, sets and lifts quarantine
	Viewer   Role = "viewer"   // reads
	Relay    Role = "relay"    // only relays signed messages of devices
)

// Roles returns every role.
func Roles() []Role { return []Role{Admin, Operator, Quality, Viewer, Relay} }

// RoleAttribute is the certificate attribute that carries the Role.
const RoleAttribute = "waymark.role"

// AppAttribute is the certificate attribute that names the application which acts:
// an id, or absent.
const AppAttribute = "waymark.app"

// Stamp says which transaction wrote a record, when, and who acted.
type Stamp struct {
	TxID   string    `json:"tx_id" form:"transaction"`
	Time   time.Time `json:"time"` // the transaction's time, UTC, to the millisecond
	Member string    `json:"member" form:"id"`
	Role   Role      `json:"role"`
}
