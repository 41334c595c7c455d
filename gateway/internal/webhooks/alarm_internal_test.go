package webhooks

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestTheDatabasesClockIsSet while something waits for it: the wait is no longer than it was to be.
func TestTheDatabasesClockIsSet(t *testing.T) {
	const start, minute, hour = int64(1_772_352_000_000), int64(60_000), int64(3_600_000)
	synctest.Test(t, func(t *testing.T) {
		var a alarm
		for _, step := range []struct {
			name          string
			after         time.Duration // of the process's clock
			at, now, want int64         // want: how long it waits yet
		}{
			{"nothing to wait for", 0, 0, start, 0},
			{"it is heard of", 0, start + 5*minute, start, 5 * minute},
			{"a minute later", time.Minute, start + 5*minute, start + minute, 4 * minute},
			{"the clock goes back an hour", time.Minute, start + 5*minute, start + 2*minute - hour, 3 * minute},
			{"it is due by our own", 3 * time.Minute, start + 5*minute, start + 5*minute - hour, 0},
			{"another time", 0, start + 10*minute, start + 5*minute, 5 * minute},
			{"the clock goes on an hour", 0, start + 10*minute, start + 5*minute + hour, 0},
			{"one that was kept before the clock went back a year", 0, start, start - 365*24*hour, 27 * hour},
			{"and that comes too", 27 * time.Hour, start, start - 365*24*hour + 27*hour, 0},
			{"one that is no time", 0, 1<<63 - 1, start, 27 * hour},
		} {
			time.Sleep(step.after)
			if got := a.heard(step.at, step.now) - step.now; got != step.want {
				t.Errorf("%s: waits %d ms, want %d", step.name, got, step.want)
			}
		}
	})
}
