package topology

import (
	"fmt"
	"strings"
)

// AnyOf is a Fabric signature policy that one signature of the given role, of
// any member, satisfies.
func AnyOf(role string) string { return "OR(" + principals(role) + ")" }

// MostOf is a Fabric signature policy that signatures of the given role from
// more than half of the members satisfy: any three of four.
func MostOf(role string) string {
	return fmt.Sprintf("OutOf(%d, %s)", Quorum(len(Members())), principals(role))
}

// principals lists the role of every member, as in 'producer.peer'.
func principals(role string) string {
	var names []string
	for _, m := range Members() {
		names = append(names, "'"+m.ID+"."+role+"'")
	}
	return strings.Join(names, ", ")
}
