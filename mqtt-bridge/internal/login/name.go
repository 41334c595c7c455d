package login

import (
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// IsBridge reports whether a client id or user name is the bridge's, or of one of its
// sessions, which are called as it is with a hyphen and a number after it. No device has
// such a name, lest it take over a session and its backlog.
func IsBridge(bridge, name string) bool {
	return name == bridge || strings.HasPrefix(name, bridge+"-")
}

// CheckName checks the names that a client gives itself: its client id is a device id, and
// so is its user name, which only a client that shows a certificate can leave out. Else a
// device could take over another's session. It fails with Invalid or Unauthenticated.
func CheckName(clientID, user string, certified bool) error {
	if err := waymark.ValidateID("/client_id", clientID); err != nil {
		return err
	}
	if clientID != user && (user != "" || !certified) {
		return waymark.Errorf(waymark.Unauthenticated, "client id and user name must both be the device id")
	}
	return nil
}

// Subjects are a device's own topics as nats-server names them: the one to which it
// publishes, and the one that it may subscribe.
func Subjects(device string) (up, down string) {
	return "waymark.v1." + device + ".up", "waymark.v1." + device + ".down"
}

// Printable keeps a hostile name from filling the log.
func Printable(name string) string {
	if waymark.ValidateID("", name) != nil {
		return "(not an id)"
	}
	return name
}
