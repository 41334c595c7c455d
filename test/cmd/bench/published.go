package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

// published is when each message was, of each device by its place, in nanoseconds since 1970.
type published [][]int64

// readPublished reads what a fleet wrote, which is of no use afterwards.
func readPublished(path string) (p published, err error) {
	content, err := os.ReadFile(path) //nolint:gosec // the fleet's
	if err != nil {
		return nil, fmt.Errorf("when messages were published: %w", err)
	}
	if err := json.Unmarshal(content, &p); err != nil {
		return nil, fmt.Errorf("when messages were published: %w", err)
	}
	return p, os.Remove(path)
}

// during says of a message that was recorded in a time how long that was after it was published.
func (p published) during(from, to time.Time) func(arrival) (time.Duration, bool) {
	return func(a arrival) (time.Duration, bool) {
		place, err := strconv.Atoi(a.place)
		if err != nil || place < 0 || place >= len(p) || a.number < 1 || a.number > uint64(len(p[place])) || a.at.Before(from) || !a.at.Before(to) {
			return 0, false
		}
		return a.at.Sub(time.Unix(0, p[place][a.number-1])), true
	}
}
