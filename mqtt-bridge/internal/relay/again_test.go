package relay

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

var undisclosed = &spool.Verdict{Code: waymark.Unavailable, Reasons: []string{waymark.ReasonUndisclosed}}

// ward is a Quarantine whose messages the ledger answers at once when they are replayed.
type ward struct {
	mu      sync.Mutex // a test has it but while it lets time pass
	again   *again
	held    []spool.Quarantined // by number
	last    uint64
	begun   time.Time
	away    bool // what is replayed comes back
	silent  bool // what is replayed is not answered
	full    bool // there is no room to replay to
	rounds  []time.Duration
	offered []int // by round
	pages   int
}

func (w *ward) add(n int, v spool.Verdict) {
	for range n {
		w.put(fmt.Sprintf("logger-%d", w.last%7), []byte(fmt.Sprint(w.last)), v)
	}
}

func (w *ward) put(device string, payload []byte, v spool.Verdict) {
	w.last++
	w.held = append(w.held, spool.Quarantined{Number: w.last, Device: device, Payload: payload, Verdict: v})
}

func (w *ward) List(after uint64, limit int) ([]spool.Quarantined, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages++
	var listed []spool.Quarantined
	for _, q := range w.held {
		if q.Number > after && len(listed) < limit {
			listed = append(listed, q)
		}
	}
	return listed, nil
}

func (w *ward) Replay(number uint64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := slices.IndexFunc(w.held, func(q spool.Quarantined) bool { return q.Number == number })
	if w.full {
		return spool.ErrFull
	}
	q := w.held[at]
	w.held = slices.Delete(w.held, at, at+1)
	if now := time.Since(w.begun); len(w.rounds) == 0 || w.rounds[len(w.rounds)-1] != now {
		w.rounds, w.offered = append(w.rounds, now), append(w.offered, 0)
	}
	w.offered[len(w.offered)-1]++
	switch {
	case w.silent:
	case w.away:
		w.put(q.Device, q.Payload, q.Verdict)
		w.again.settled(spool.Entry{Device: q.Device, Payload: q.Payload}, &q.Verdict)
	default:
		w.again.settled(spool.Entry{Device: q.Device, Payload: q.Payload}, nil)
	}
	return nil
}

// inRounds runs a test with a clock of its own.
func inRounds(t *testing.T, w *ward, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w.again, w.begun = newAgain(w, time.Minute, func(string) {}, zap.NewNop()), time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.mu.Lock()
		defer w.mu.Unlock()
		go w.again.run(ctx)
		test(t)
	})
}

func (w *ward) pass(d time.Duration) {
	w.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
	w.mu.Lock()
}

func minutes(n ...int) []time.Duration {
	var at []time.Duration
	for _, m := range n {
		at = append(at, time.Duration(m)*time.Minute)
	}
	return at
}

func TestPauseDoublesUntilSomethingIsDisclosed(t *testing.T) {
	w := &ward{away: true}
	w.add(250, *undisclosed)
	inRounds(t, w, func(t *testing.T) {
		w.pass(130 * time.Minute)
		if want := minutes(1, 3, 7, 15, 31, 63, 95, 127); !slices.Equal(w.rounds, want) {
			t.Errorf("rounds at %v, want %v", w.rounds, want)
		}
		w.away = false
		w.pass(40 * time.Minute)
		if want := minutes(159, 160, 161); !slices.Equal(w.rounds[8:], want) || len(w.held) != 0 {
			t.Errorf("then rounds at %v, want %v; %d are left", w.rounds[8:], want, len(w.held))
		}
		if slices.Max(w.offered) != 100 {
			t.Errorf("offered %v", w.offered)
		}
	})
}

// One that comes when there was none is offered a minute later, and further ones do not
// put it off.
func TestFirstOfferIsSoon(t *testing.T) {
	w := &ward{away: true}
	w.add(300, spool.Verdict{Code: waymark.Invalid})
	inRounds(t, w, func(t *testing.T) {
		w.pass(10*time.Minute + time.Second)
		if w.pages > 5 { // three full ones and the end, once
			t.Errorf("looked at %d pages for nothing", w.pages)
		}
		for range 8 {
			w.add(1, *undisclosed)
			q := w.held[len(w.held)-1]
			w.again.settled(spool.Entry{Device: q.Device, Payload: q.Payload}, &q.Verdict)
			w.pass(20 * time.Second)
		}
		if len(w.rounds) != 1 || w.rounds[0] != 11*time.Minute+time.Second {
			t.Errorf("rounds at %v", w.rounds)
		}
	})
}

// What the ledger does not answer stays on offer, so that no more than a round's messages
// fill the spool.
func TestUnansweredOffersAreBounded(t *testing.T) {
	w := &ward{silent: true}
	w.add(250, *undisclosed)
	inRounds(t, w, func(t *testing.T) {
		w.pass(30 * time.Minute)
		if !slices.Equal(w.offered, []int{100}) {
			t.Errorf("offered %v in the first 30 minutes", w.offered)
		}
		w.silent = false
		w.pass(100 * time.Minute) // those on offer count no more
		if len(w.held) != 0 {
			t.Errorf("%d were not offered: %v at %v", len(w.held), w.offered, w.rounds)
		}
	})
}

// A spool without room puts a round off, and costs nothing its place.
func TestOffersWaitForRoom(t *testing.T) {
	w := &ward{full: true}
	w.add(3, *undisclosed)
	inRounds(t, w, func(t *testing.T) {
		w.pass(2 * time.Minute)
		w.full = false
		w.pass(2 * time.Minute)
		if len(w.held) != 0 || !slices.Equal(w.rounds, minutes(3)) {
			t.Errorf("rounds at %v, %d are left", w.rounds, len(w.held))
		}
	})
}

// However much of something else is in quarantine, a round looks at so much of it only,
// and the next goes on from there.
func TestRoundLooksAtSoMuchOnly(t *testing.T) {
	w := &ward{}
	w.add(maxPages*pageSize+10, spool.Verdict{Code: waymark.Invalid})
	w.add(1, *undisclosed)
	inRounds(t, w, func(t *testing.T) {
		w.pass(90 * time.Second)
		if w.pages != maxPages || len(w.rounds) != 0 {
			t.Errorf("looked at %d pages, rounds at %v", w.pages, w.rounds)
		}
		w.pass(time.Minute)
		if !slices.Equal(w.rounds, minutes(2)) || len(w.held) != maxPages*pageSize+10 {
			t.Errorf("rounds at %v, %d are left", w.rounds, len(w.held))
		}
	})
}
