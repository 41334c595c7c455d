package command

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// settling is how far the gateway's peer may be behind the events of another: for so long its answers say nothing of what has
// just come or ended.
const settling = 30 * time.Second

// maxEnded bounds the commands that are remembered to have ended. Beyond it those of longest ago are forgotten sooner.
const maxEnded = 10_000

// ended are the commands that ended a moment ago. The gateway may have been asked before, or its peer may not know of it yet: no
// answer opens them again.
type ended struct {
	order []ending // oldest first
	at    map[name]time.Time
}

type ending struct {
	name name
	at   time.Time
}

func newEnded() ended { return ended{at: map[name]time.Time{}} }

// allOf stands for all commands of a device.
func allOf(device string) name { return name{device: device} }

func (e *ended) note(n name, at time.Time) {
	for len(e.order) > 0 && (len(e.order) >= maxEnded || at.Sub(e.order[0].at) > settling+refreshTimeout) {
		if oldest := e.order[0]; e.at[oldest.name].Equal(oldest.at) {
			delete(e.at, oldest.name)
		}
		e.order = e.order[1:]
	}
	e.order, e.at[n] = append(e.order, ending{n, at}), at
}

// since reports whether a command may have ended since an answer that was asked for at a time.
func (e *ended) since(asked time.Time, n name) bool {
	for _, n := range []name{n, allOf(n.device)} {
		if at, found := e.at[n]; found && asked.Before(at.Add(settling)) {
			return true
		}
	}
	return false
}

// noteEnded notes those that are to be closed. To be called with writing held.
func (b *Book) noteEnded(changed map[name]*waymark.DeliveredCommand) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for n, c := range changed {
		if c == nil {
			b.ended.note(n, now)
		}
	}
}

// withhold takes out of an answer what may have ended since it was asked for. To be called with writing held.
func (b *Book) withhold(asked time.Time, answer map[name]*waymark.DeliveredCommand) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n, c := range answer {
		if c != nil && b.ended.since(asked, n) {
			delete(answer, n)
		}
	}
}
