package timing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Call makes one call. A nil error means that it did what it should.
type Call func(ctx context.Context) error

// Load is what one cell of a table asks for.
type Load struct {
	Count    int           // calls, if there is time
	InFlight int           // at once
	Limit    time.Duration // after which no call is begun
	Timeout  time.Duration // of one call
}

// Cell is what was measured.
type Cell struct {
	// Latencies are those of the calls that did what they should, in no order.
	Latencies []time.Duration
	// Failures counts the others, by what Run was told to call them.
	Failures map[string]int
	// Elapsed is from the first call to the end of the last.
	Elapsed time.Duration
}

// Next makes the nth call, from 0 on, of a worker from 0 to InFlight-1; a worker has
// one call in flight. What Next does is not part of a latency.
type Next func(worker, n int) (Call, error)

// Run makes the calls of a load. name sorts failures. An error of next ends the cell
// and is returned.
func Run(ctx context.Context, load Load, next Next, name func(error) string) (Cell, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &runner{load: load, next: next, name: name, start: time.Now(), end: cancel, cell: Cell{Failures: map[string]int{}}}
	var workers sync.WaitGroup
	for worker := range load.InFlight {
		workers.Go(func() { r.work(ctx, worker) })
	}
	workers.Wait()
	r.cell.Elapsed = time.Since(r.start)
	return r.cell, context.Cause(ctx)
}

// runner is a cell while it is measured.
type runner struct {
	load  Load
	next  Next
	name  func(error) string
	start time.Time
	end   context.CancelCauseFunc
	begun atomic.Int64

	mu   sync.Mutex
	cell Cell
}

// work makes one worker's calls, one after another, until there are none left.
func (r *runner) work(ctx context.Context, worker int) {
	for time.Since(r.start) < r.load.Limit && ctx.Err() == nil {
		n := int(r.begun.Add(1)) - 1
		if n >= r.load.Count {
			return
		}
		call, err := r.next(worker, n)
		if err != nil {
			r.end(err)
			return
		}
		r.note(once(ctx, r.load.Timeout, call))
	}
}

func (r *runner) note(latency time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.cell.Failures[r.name(err)]++
		return
	}
	r.cell.Latencies = append(r.cell.Latencies, latency)
}

// once times one call.
func once(ctx context.Context, timeout time.Duration, call Call) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	start := time.Now()
	err := call(ctx)
	return time.Since(start), err
}
