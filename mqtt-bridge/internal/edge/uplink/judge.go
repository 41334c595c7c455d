package uplink

import (
	"context"
	"time"
)

// judgeEvery is the least time between two connections of the edge itself.
const judgeEvery = 5 * time.Second

// judge connects as the edge itself when a device was refused, for a moment and without anything to say, until ctx ends: only the
// broker can tell whether it lets in anybody.
func (u *Uplink) judge(ctx context.Context) {
	for {
		select {
		case <-u.standing.doubt:
		case <-ctx.Done():
			return
		}
		l, err := u.login(ctx, u.options.Edge)
		u.standing.judged(err)
		if err == nil {
			l.close()
		}
		select {
		case <-time.After(judgeEvery):
		case <-ctx.Done():
			return
		}
	}
}
