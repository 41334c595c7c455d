package main

import (
	"context"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// clock gives the samples their times and keeps the pace.
type clock struct {
	speed     float64
	gap       time.Duration // between two messages
	keepFrom  time.Time     // the file's own start; zero to use the wall clock
	began     time.Time
	published int

	pending []senml.Reading // of the message that is being filled
}

func newClock(o options, fileStart time.Time) *clock {
	c := &clock{speed: o.speed, began: time.Now()}
	if o.rate > 0 {
		c.gap = time.Duration(float64(time.Second) / o.rate)
	}
	if o.keepTimes {
		c.keepFrom = fileStart
	}
	return c
}

// reach waits until a sample is due and returns its time. On the wall clock that
// is when it is due, so it is never in the future and never before the device
// began; the interval between two samples is compressed by the speed.
func (c *clock) reach(ctx context.Context, after time.Duration) (time.Time, error) {
	switch {
	case !c.keepFrom.IsZero():
		return c.keepFrom.Add(after), ctx.Err()
	case c.speed == 0:
		return now(), ctx.Err()
	}
	due := c.began.Add(time.Duration(float64(after) / c.speed))
	if err := sleepUntil(ctx, due); err != nil {
		return time.Time{}, err
	}
	return due.UTC().Truncate(time.Millisecond), nil
}

// pace waits as long as the rate asks for after a message.
func (c *clock) pace(ctx context.Context) error {
	c.published++
	if c.gap == 0 {
		return ctx.Err()
	}
	return sleepUntil(ctx, c.began.Add(time.Duration(c.published)*c.gap))
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func sleepUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
