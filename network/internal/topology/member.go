package topology

import (
	"fmt"
	"strconv"
)

// The roles under which a member's gateway signs transactions. Each has its own
// certificate and its own bearer token.
const (
	RoleAdmin    = "admin"
	RoleOperator = "operator"
	RoleQuality  = "quality"
	RoleViewer   = "viewer"
	RoleRelay    = "relay"
)

// Roles returns every role, in a fixed order.
func Roles() []string {
	return []string{RoleAdmin, RoleOperator, RoleQuality, RoleViewer, RoleRelay}
}

// Member is one organisation of the consortium. It runs one peer, one orderer,
// one chaincode process and one gateway.
type Member struct {
	// ID is the member id and the Fabric MSP id.
	ID string
	// Name is the organisation's display name.
	Name string
	// GLN is its GS1 Global Location Number: 13 digits, the last a check digit.
	GLN string
	// index places the member's ports and is its consenter id less one.
	index int
}

// Members returns the members of the demo consortium, in a fixed order.
func Members() []Member {
	names := []struct{ id, name string }{
		{"producer", "Producer Ltd"},
		{"carrier", "Carrier Ltd"},
		{"retailer", "Retailer Ltd"},
		{"auditor", "Auditor Ltd"},
	}
	members := make([]Member, len(names))
	for i, n := range names {
		members[i] = Member{ID: n.id, Name: n.name, GLN: gln(i + 1), index: i}
	}
	return members
}

// ConsenterID is the member's number in the ordering service, from 1.
func (m Member) ConsenterID() int { return m.index + 1 }

// PeerHost is the name in the certificate of the member's peer.
func (m Member) PeerHost() string { return "peer." + m.ID }

// OrdererHost is the name in the certificate of the member's orderer.
func (m Member) OrdererHost() string { return "orderer." + m.ID }

// Quorum is how many of n members must agree: more than half.
func Quorum(n int) int { return n/2 + 1 }

// gln makes a Global Location Number under 952, the GS1 prefix that is set
// aside for demonstrations, so that it can never be a real party's.
func gln(serial int) string {
	digits := fmt.Sprintf("952%09d", serial)
	return digits + strconv.Itoa(checkDigit(digits))
}

// checkDigit computes the GS1 modulo-10 check digit (GS1 General
// Specifications, section 7.9): weights 3 and 1 alternate from the right.
func checkDigit(digits string) int {
	sum := 0
	for i := range len(digits) {
		weight := 1
		if (len(digits)-i)%2 == 1 {
			weight = 3
		}
		sum += weight * int(digits[i]-'0')
	}
	return (10 - sum%10) % 10
}
