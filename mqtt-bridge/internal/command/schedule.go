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
	// afterReceipt is the pause while the device's receipt is on its way to the ledger, which closes the command.
	afterReceipt = 10 * time.Minute
)

// waiting is an open command.
type waiting struct {
	command waymark.DeliveredCommand
	since   time.Time     // when it came to be known here
	due     time.Time     // when it is published next
	pause   time.Duration // after that
	place   int           // in the schedule
}

// expired reports whether the device must not act on it any more.
func (w *waiting) expired(now time.Time) bool { return now.Unix() > w.command.ExpiresAt }

// published plans the next time.
func (w *waiting) published(now time.Time) {
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

// due takes what is due at a time, at most limit of them, and plans their next time; and what has expired. next is when there is more.
func (s *schedule) take(now time.Time, limit int) (due []waymark.DeliveredCommand, expired []name, next time.Time) {
	next = now.Add(maxPause)
	for len(*s) > 0 {
		w := (*s)[0]
		if w.due.After(now) {
			return due, expired, w.due
		}
		if len(due)+len(expired) == limit {
			return due, expired, now
		}
		if w.expired(now) {
			expired = append(expired, nameOf(w.command))
			w.due = now.Add(maxPause) // in case that it cannot be taken off the disk now
		} else {
			due = append(due, w.command)
			w.published(now)
		}
		s.changed(w)
	}
	return due, expired, next
}
