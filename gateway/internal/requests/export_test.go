package requests

import (
	"context"
	"time"
)

// NewQuickRunner is NewRunner for tests that do not wait long for what comes at intervals.
func NewQuickRunner(o Options, dead, barred time.Duration) *Runner {
	r := newRunner(o, pace{beat: 10 * time.Millisecond, dead: dead, recover: 10 * time.Millisecond, prune: time.Minute, barred: barred})
	r.Start()
	return r
}

// Rounds returns what a runner that is not started does at each beat, and the runner. A process
// that has not beaten between two of them counts as dead.
func Rounds(o Options) (func(context.Context) error, *Runner) {
	r, w := newRunner(o, usualPace()), watch{since: make(map[string]sighting)}
	return func(ctx context.Context) error { return r.beat(ctx, w) }, r
}

// Age lets the last beat of a runner be that much longer ago.
func (r *Runner) Age(by time.Duration) { r.beaten.at = r.beaten.at.Add(-by) }

// Kill ends a runner as far as that can be done in its process: what runs is cancelled, and
// nothing is left in order. Its store must have been closed to it before.
func (r *Runner) Kill() {
	r.mu.Lock()
	r.stopping = true
	close(r.stop)
	r.mu.Unlock()
	r.cancelAll()
	r.running.Wait()
}

// Operation is a write that runs, for tests that take each of its steps themselves.
type Operation = operation

// Operation starts a write that does nothing by itself.
func (r *Runner) Operation(q Request) *Operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.newOperation(q, func() {})
	o.keep = true
	if err := r.room.Take(q.Caller, q.held()); err != nil {
		panic(err)
	}
	return o
}

// The steps of a Runner, and of what it keeps.
var (
	Recall     = (*Runner).recall
	Note       = (*Runner).note
	Leave      = (*Runner).leave
	OutcomeOf  = (*Runner).outcome
	RecoverAll = (*Runner).recoverAll
	Conclude   = (*operation).conclude
	Owe        = (*operation).owe
)

// Gateway is the name of this process.
func (r *Runner) Gateway() string { return r.gateway }

// Kept is how much the runner takes the ended writes of all to take.
func (r *Runner) Kept() int64 { return int64(r.kept.bytes()) }
