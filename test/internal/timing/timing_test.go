package timing_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/timing"
)

const plenty = time.Minute

func text(err error) string { return err.Error() }

func TestQuantile(t *testing.T) {
	ms := func(values ...int) (all []time.Duration) {
		for _, v := range values {
			all = append(all, time.Duration(v)*time.Millisecond)
		}
		return all
	}
	twenty := ms(20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
	tests := []struct {
		name    string
		give    []time.Duration
		percent int
		want    int
	}{
		{"none", nil, 95, 0},
		{"one", ms(7), 50, 7},
		{"median of two", ms(9, 3), 50, 3},
		{"median of three, unsorted", ms(9, 1, 5), 50, 5},
		{"95 of twenty", twenty, 95, 19},
		{"100 of twenty", twenty, 100, 20},
		{"0 of twenty", twenty, 0, 1},
	}
	for _, tt := range tests {
		if got := timing.Quantile(tt.give, tt.percent); got != time.Duration(tt.want)*time.Millisecond {
			t.Errorf("%s: %v, want %d ms", tt.name, got, tt.want)
		}
	}
}

func TestRunMakesEachCallOnceAndCountsFailuresApart(t *testing.T) {
	var seen [50]atomic.Int64
	var now, most atomic.Int64
	cell, err := timing.Run(t.Context(), timing.Load{Count: 50, InFlight: 4, Limit: plenty, Timeout: plenty},
		func(worker, n int) (timing.Call, error) {
			if worker < 0 || worker > 3 {
				t.Errorf("worker %d", worker)
			}
			return func(context.Context) error {
				seen[n].Add(1)
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Millisecond)
				now.Add(-1)
				if n%10 == 0 {
					return errors.New("ten")
				}
				return nil
			}, nil
		}, text)
	if err != nil {
		t.Fatal(err)
	}
	for n := range seen {
		if seen[n].Load() != 1 {
			t.Errorf("call %d was made %d times", n, seen[n].Load())
		}
	}
	s := cell.Summary()
	if s.Done != 45 || s.Failed != 5 || cell.Failures["ten"] != 5 {
		t.Errorf("%+v, %v", s, cell.Failures)
	}
	if most.Load() > 4 {
		t.Errorf("%d calls in flight", most.Load())
	}
	if s.Median < time.Millisecond || s.P95 < s.Median || s.P99 < s.P95 || s.PerSecond <= 0 || s.PerSecond > 4000 {
		t.Errorf("%+v", s)
	}
}

func TestRoundsAddUp(t *testing.T) {
	var all timing.Cell
	for _, latency := range []time.Duration{time.Millisecond, 3 * time.Millisecond} {
		all.Add(timing.Cell{Latencies: []time.Duration{latency}, Failures: map[string]int{"conflict": 1}, Elapsed: time.Second})
	}
	if s := all.Summary(); s.Done != 2 || s.Failed != 2 || s.PerSecond != 1 || s.P99 != 3*time.Millisecond || all.Failures["conflict"] != 2 {
		t.Errorf("%+v, %v", s, all.Failures)
	}
}

func TestRunEndsAtItsLimit(t *testing.T) {
	synctest.Test(t, runEndsAtItsLimit)
}

func runEndsAtItsLimit(t *testing.T) {
	cell, err := timing.Run(t.Context(), timing.Load{Count: 1 << 30, InFlight: 2, Limit: 20 * time.Millisecond, Timeout: plenty},
		func(int, int) (timing.Call, error) {
			return func(context.Context) error { time.Sleep(time.Millisecond); return nil }, nil
		}, text)
	if err != nil || len(cell.Latencies) == 0 || cell.Elapsed < 20*time.Millisecond {
		t.Errorf("%d calls in %v, %v", len(cell.Latencies), cell.Elapsed, err)
	}
}

func TestACallThatTakesTooLongFails(t *testing.T) {
	cell, err := timing.Run(t.Context(), timing.Load{Count: 1, InFlight: 1, Limit: plenty, Timeout: time.Millisecond},
		func(int, int) (timing.Call, error) {
			return func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, nil
		}, text)
	if s := cell.Summary(); err != nil || s.Failed != 1 || s.Median != 0 || s.PerSecond != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRunReturnsWhatKeepsItFromCalling(t *testing.T) {
	fault := errors.New("no call")
	load := timing.Load{Count: 10, InFlight: 2, Limit: plenty, Timeout: plenty}
	_, err := timing.Run(t.Context(), load, func(int, int) (timing.Call, error) { return nil, fault }, text)
	if !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = timing.Run(ctx, load, nil, text); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
