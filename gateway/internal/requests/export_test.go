package requests

import "time"

// NewQuickRunner is NewRunner for tests that do not wait long for a death to be noticed.
func NewQuickRunner(o Options, dead time.Duration) *Runner {
	r := newRunner(o, pace{beat: 10 * time.Millisecond, dead: dead, recover: 10 * time.Millisecond, prune: time.Minute})
	r.Start()
	return r
}

// Kill ends a runner as far as that can be done in its process: what runs is cancelled, and
// nothing is left in order. Its books must have been closed to it before.
func (r *Runner) Kill() {
	r.mu.Lock()
	r.stopping = true
	close(r.stop)
	r.mu.Unlock()
	r.cancelAll()
	r.running.Wait()
}
