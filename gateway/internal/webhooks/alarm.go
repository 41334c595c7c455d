package webhooks

import "time"

// longestWait is about the longest that anything is to wait for: the last pause of the schedule, with its jitter.
const longestWait = 27 * time.Hour

// alarm is a time of the database's clock that is waited for. That clock may be set meanwhile: by the clock of this process the
// wait is no longer than it was when the time was first heard of, and never longer than longestWait.
type alarm struct {
	at  int64     // milliseconds since 1970, by the database's clock; 0 for none
	due time.Time // by this process's clock
}

// heard takes a time and what the database's clock says, and returns the time as it is to be: one that has come at once is as good as now.
func (a *alarm) heard(at, now int64) int64 {
	wait := time.Duration(min(max(0, at-now), longestWait.Milliseconds())) * time.Millisecond
	if a.at != at {
		*a = alarm{at: at, due: time.Now().Add(wait)}
	}
	return now + min(wait, max(0, time.Until(a.due))).Milliseconds()
}
