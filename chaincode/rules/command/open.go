package command

import (
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// waiting lists the commands of a device that may be open, oldest first. It is one
// record, so that two requests of one moment conflict rather than both take the last
// place; it holds at most MaxOpenCommands, because the expired leave as others come, once they have by any clock or when there is no room else.
type waiting struct {
	Commands []entry `json:"commands"`
}

type entry struct {
	ID        string    `json:"id"`
	ExpiresAt time.Time `json:"expires_at"`
}

func loadWaiting(r ledger.Reader, device string) (*waiting, error) {
	w, err := ledger.Load[waiting](r, ledger.OpenCommandsKey(device))
	if err == nil && w == nil {
		w = &waiting{}
	}
	return w, err
}

// anyClock is by how much the times of two transactions of one moment can differ: each is within MaxClockSkew of the endorsers'.
const anyClock = 2 * attest.MaxClockSkew

// dropExpired takes the commands out that have expired at a time.
func (w *waiting) dropExpired(now time.Time) {
	w.Commands = slices.DeleteFunc(w.Commands, func(e entry) bool { return now.After(e.ExpiresAt) })
}

// leave takes a command out of the list of its device, and reports whether it stood there: that of a device which came to another owner
// has none of before. One that has left for want of room had expired by the clock of who asked for the room.
func leave(l ledger.Ledger, device, id string) (waited bool, err error) {
	w, err := loadWaiting(l, device)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(w.Commands, func(e entry) bool { return e.ID == id })
	if i < 0 {
		return false, nil
	}
	w.Commands = slices.Delete(w.Commands, i, i+1)
	return true, ledger.Save(l, ledger.OpenCommandsKey(device), w)
}

// save writes a command and emits its event.
func save(l ledger.Ledger, c *waymark.Command, event string) (*waymark.Command, error) {
	if err := ledger.Save(l, ledger.CommandKey(c.Device, c.ID), c); err != nil {
		return nil, err
	}
	e := waymark.CommandEvent{Device: c.Device, ID: c.ID, Name: c.Name, Arguments: c.Arguments, ExpiresAt: c.ExpiresAt}
	if c.Execution != nil {
		e.Result, e.Late = c.Execution.Result, c.Execution.Late
	}
	return c, l.Emit(event, e)
}

// requireCommand loads a command, or returns NotFound.
func requireCommand(r ledger.Reader, device, id string) (*waymark.Command, error) {
	return ledger.Require[waymark.Command](r, ledger.CommandKey(device, id), "command "+id+" of device "+device)
}
