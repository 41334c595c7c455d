package relay

import "time"

const (
	// slow is how long an answer may take before batches get smaller: a fraction of the time in which gateways
	// answer a write, and many times what a block takes.
	slow = 5 * time.Second
	// steps is of how many parts a batch grows by one beyond the threshold: in six answers to twice that, and from one
	// message, after an outage with little traffic, to 500 in some fifty.
	steps = 8
)

// window is how many messages a batch may have, found as TCP finds how much may be on its way (RFC 5681): it doubles
// with each answer up to the threshold, half of what last failed or was slow, and grows in small steps
// beyond; so it stays near what gateway and ledger take, and does not fail at twice that again and again.
type window struct {
	size, threshold, most int
	held                  bool // the threshold, until the next answer: what failed again had been cut already
}

func newWindow(most int) window { return window{size: most, threshold: most, most: most} }

// passed is told of n messages that were answered, and whether they filled their batch. Fewer than there may be say
// nothing of more: neither a quick answer to them nor a slow one.
func (w *window) passed(n int, full bool, took time.Duration) {
	w.held = false
	switch {
	case took > slow && full:
		w.cut(n)
	case took > slow:
	case n < w.size:
	case w.size < w.threshold:
		w.size = min(2*w.size, w.threshold)
	default:
		w.size = min(w.size+max(1, w.size/steps), w.most)
	}
}

// cut is told of n messages that were too many, or failed for long enough that they may have been.
func (w *window) cut(n int) {
	w.size = max(1, n/2)
	if !w.held {
		w.threshold, w.held = w.size, true
	}
}

// split is told of n messages of which one is bad: that says nothing of how many there may be.
func (w *window) split(n int) { w.size = max(1, n/2) }
