package inquiry

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// question is an inquiry that waits, or was answered a moment ago.
type question struct {
	message *attest.Message
	number  uint64 // of the message that is asked for
	hash    string // of what was published, empty if the device has not said it
	asked   time.Time
	due     time.Time // when it is looked at next
	looks   int       // how often it was
	begun   time.Time // when it was looked at first
	busy    bool      // it is being looked at

	signed   bool // the signature was checked
	settled  bool // the message left its queue since
	behind   time.Duration
	found    found // how it went into quarantine; zero if it did not
	answered bool
}

// found is a message in quarantine.
type found struct {
	digest string // of the message, as a commit receipt has it
	code   spool.Code
}

// lookAt are the times after an inquiry at which the gateway is asked, besides when its message leaves its queue. With the last
// of them the wait ends.
func lookAt() []time.Duration {
	return []time.Duration{0, 300 * time.Millisecond, time.Second, 5 * time.Second, 20 * time.Second, time.Minute}
}

// How soon the gateway is asked again for a message that it has recorded: its read model may be a block behind.
const (
	firstBehind = 100 * time.Millisecond
	maxBehind   = 10 * time.Second
)

// followed is when the next question of the device may be looked at.
func (q *question) followed(now time.Time) time.Time {
	if q.begun.IsZero() {
		return q.due
	}
	return later(now, q.begun.Add(minPause))
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// last reports whether the wait ends now.
func (q *question) last(now time.Time) bool {
	times := lookAt()
	return !now.Before(q.asked.Add(times[len(times)-1]))
}

// ends is an outcome if the wait ends now, empty if there is time for another look.
func (q *question) ends(outcome string) string {
	if !q.last(time.Now()) {
		return ""
	}
	return outcome
}

// looked plans the next look.
func (q *question) looked(now time.Time) {
	times := lookAt()
	q.looks = min(q.looks+1, len(times)-1)
	q.due = q.asked.Add(times[q.looks])
	q.behind = min(max(2*q.behind, firstBehind), maxBehind)
	if soon := now.Add(q.behind); q.due.Before(now) || q.settled && soon.Before(q.due) {
		q.due = soon
	}
}
