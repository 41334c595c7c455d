package command

import (
	"container/heap"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// When a command is published again.
const (
	// afterConnect is how long a device that has connected has for its subscription.
	afterConnect = 250 * time.Millisecond
	firstPause   = 5 * time.Second
	maxPause     = time.Minute
	// firstQuestion is the pause after the gateway was asked for a command that its peer may not know yet.
	firstQuestion = time.Second
	// afterReceipt is the pause while the device's receipt is on its way to the ledger, which closes the command.
	afterReceipt = 10 * time.Minute
)

// waiting is an open command.
type waiting struct {
	command   waymark.DeliveredCommand
	since     time.Time     // when it came to be known here
	confirmed bool          // the gateway said, since the start, that it is open; else it is not published
	due       time.Time     // when it is published, or the gateway asked for it, next
	pause     time.Duration // after that
	closed    bool          // it is only still on the disk
	place     int           // in the schedule
}

// over reports whether the device need not, or must not, act on it any more.
func (w *waiting) over(now time.Time) bool { return w.closed || now.Unix() > w.command.ExpiresAt }

// again plans the next time.
func (w *waiting) again(now time.Time) {
	w.due, w.pause = now.Add(w.pause), min(2*w.pause, maxPause)
}

// schedule is a heap: what is due first is at 0.
type schedule []*waiting

func (s *schedule) add(w *waiting)     { heap.Push(s, w) }
func (s *schedule) remove(w *waiting)  { heap.Remove(s, w.place) }
func (s *schedule) changed(w *waiting) { heap.Fix(s, w.place) }
func (s schedule) Len() int            { return len(s) }
func (s schedule) Less(i, j int) bool  { return s[i].due.Before(s[j].due) }
func (s schedule) Swap(i, j int)       { s[i], s[j] = s[j], s[i]; s[i].place, s[j].place = i, j }
func (s *schedule) Push(x any)         { w, _ := x.(*waiting); w.place = len(*s); *s = append(*s, w) }
func (s *schedule) Pop() any {
	last := len(*s) - 1
	w := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return w
}

// round is what is to be done now.
type round struct {
	due    []waymark.DeliveredCommand // to be published
	unsure []string                   // devices of commands that are not confirmed
	over   []name
	next   time.Time // when there is more
}

// take takes what is due at a time, at most limit commands, and plans their next time.
func (s *schedule) take(now time.Time, limit int) round {
	r := round{next: now.Add(maxPause)}
	for ; len(*s) > 0; limit-- {
		w := (*s)[0]
		if w.due.After(now) {
			r.next = w.due
			break
		}
		if limit == 0 {
			r.next = now
			break
		}
		switch {
		case w.over(now):
			r.over = append(r.over, nameOf(w.command))
			w.due = now.Add(maxPause) // in case that it cannot be taken off the disk now
		case w.confirmed:
			r.due = append(r.due, w.command)
			w.again(now)
		default:
			r.unsure = append(r.unsure, w.command.Device)
			w.again(now)
		}
		s.changed(w)
	}
	return r
}
