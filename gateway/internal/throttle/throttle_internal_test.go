package throttle

import (
	"fmt"
	"testing"
	"time"
)

// clock is a time that moves when it is told to.
type clock struct{ at time.Time }

func newThrottle(rates Rates) (*Throttle, *clock) {
	c := &clock{at: time.Unix(1_800_000_000, 0)}
	t := New(rates)
	t.now = func() time.Time { return c.at }
	return t, c
}

func some() Rates {
	return Rates{Read: {PerSecond: 2, Burst: 4}, Write: {PerSecond: 1, Burst: 1}, Messages: {PerSecond: 1, Burst: 1}, Anonymous: {PerSecond: 1, Burst: 1}}
}

func TestTake(t *testing.T) {
	th, c := newThrottle(some())
	const half = 500 * time.Millisecond
	steps := []struct {
		after time.Duration
		want  Grant
	}{
		{want: Grant{Allowed: true, Remaining: 3, Reset: half}},
		{want: Grant{Allowed: true, Remaining: 2, Reset: 2 * half}},
		{want: Grant{Allowed: true, Remaining: 1, Reset: 3 * half}},
		{want: Grant{Allowed: true, Remaining: 0, Reset: 4 * half}},
		{want: Grant{Reset: 4 * half, Wait: half}},
		{after: half / 2, want: Grant{Reset: 7 * half / 2, Wait: half / 2}},
		{after: half / 2, want: Grant{Allowed: true, Reset: 4 * half}},
		{after: time.Hour, want: Grant{Allowed: true, Remaining: 3, Reset: half}},
	}
	for i, step := range steps {
		c.at = c.at.Add(step.after)
		want := step.want
		want.Class, want.Burst, want.Window = Read, 4, 4*half
		if got := th.Take(Read, "a"); got != want {
			t.Errorf("step %d: %+v\nwant    %+v", i, got, want)
		}
	}
}

func TestCallersAndClassesAreApart(t *testing.T) {
	th, _ := newThrottle(some())
	for _, k := range []key{{Write, "a"}, {Write, "b"}, {Messages, "a"}, {Read, "a"}} {
		if !th.Take(k.class, k.caller).Allowed {
			t.Errorf("%+v has no token", k)
		}
	}
	if th.Take(Write, "a").Allowed {
		t.Error("the second write of a is allowed")
	}
}

func TestBucketsAreBounded(t *testing.T) {
	th, c := newThrottle(some())
	for i := range maxBuckets {
		th.Take(Write, fmt.Sprint(i))
	}
	if !th.Take(Write, "late").Allowed || th.Take(Write, "later").Allowed {
		t.Error("those for whom there is no place do not share one bucket")
	}
	if th.Take(Write, "7").Allowed {
		t.Error("who has a bucket was given another one")
	}
	if n := len(th.callers.all); n > maxBuckets+len(some()) {
		t.Errorf("%d buckets", n)
	}
	c.at = c.at.Add(sweepEvery)
	if !th.Take(Write, "late").Allowed || !th.Take(Write, "later").Allowed || len(th.callers.all) > 10 {
		t.Errorf("%d buckets after all were full", len(th.callers.all))
	}
}

// Strangers take no caller's place, however many addresses they have.
func TestStrangersTakeNoPlaceOfCallers(t *testing.T) {
	th, _ := newThrottle(some())
	for i := range maxBuckets {
		th.Take(Anonymous, fmt.Sprint(i))
	}
	if !th.Take(Anonymous, "late").Allowed || th.Take(Anonymous, "later").Allowed {
		t.Error("strangers for whom there is no place do not share one bucket")
	}
	if !th.Take(Write, "a").Allowed || !th.Take(Write, "b").Allowed || th.Take(Write, "a").Allowed {
		t.Error("callers have no bucket of their own")
	}
	if n := len(th.addresses.all); n > maxBuckets+2 {
		t.Errorf("%d buckets", n)
	}
}

func TestSet(t *testing.T) {
	th, _ := newThrottle(some())
	th.Take(Write, "a")
	next := some()
	next[Write] = Rate{PerSecond: 10, Burst: 20}
	th.Set(next)
	if got := th.Take(Write, "a"); !got.Allowed || got.Burst != 20 || got.Remaining != 19 {
		t.Errorf("got %+v", got)
	}
}
