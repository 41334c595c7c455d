package main

import (
	"context"
	"time"
)

// due is when the messages of a device are: the first, and how long one is after another.
type due struct {
	first time.Time
	each  time.Duration
}

// due is that of the device at a place: the devices take turns.
func (f *fleet) due(place int) due {
	between := float64(time.Second) / f.rate
	return due{first: f.start.Add(time.Duration(float64(place) * between)), each: time.Duration(float64(len(f.all)) * between)}
}

// wait has a device publish each message when it is due. What was written before is sent before it waits, and one that comes late
// is published at once: the time that it was due is what counts.
func (u due) wait(d *device) turn {
	next := u.first
	return func(ctx context.Context, stop <-chan struct{}) (bool, error) {
		left := time.Until(next)
		next = next.Add(u.each)
		if left <= 0 {
			select {
			case <-stop:
				return false, d.flush()
			default:
				return true, nil
			}
		}
		if err := d.flush(); err != nil {
			return false, err
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		select {
		case <-timer.C:
			return true, nil
		case <-stop:
			return false, nil
		case <-ctx.Done():
			return false, nil // somebody else has failed
		}
	}
}
