package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var txID = fmt.Sprintf("%064x", 1)

// world is everything around a book.
type world struct {
	mu        sync.Mutex
	shelf     map[string][]byte // of open commands
	followed  string
	broken    bool // the disk
	published []string
	at        []time.Duration // when, since the start
	start     time.Time
	open      map[string][]waymark.Command // at the gateway, by device
	asked     []string
	away      bool   // the gateway
	during    func() // happens once, while the gateway answers
	slow      func() // happens once, while the disk is written

	strangers map[string]bool // devices that were never there
}

func newWorld() *world {
	return &world{shelf: map[string][]byte{}, open: map[string][]waymark.Command{}, start: time.Now()}
}

func (w *world) Write(changes []spool.Change) error {
	w.mu.Lock()
	slow := w.slow
	w.slow = nil
	w.mu.Unlock()
	if slow != nil {
		slow()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return errors.New("no space left on device")
	}
	for _, c := range changes {
		switch {
		case c.Shelf == spool.ShelfFollowed:
			w.followed = string(c.Value)
		case c.Value == nil:
			delete(w.shelf, c.Key)
		default:
			w.shelf[c.Key] = c.Value
		}
	}
	return nil
}

func (w *world) Each(_ spool.Shelf, visit func(string, []byte) error) (int, error) {
	for key, value := range maps.Clone(w.shelf) {
		if err := visit(key, value); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (w *world) Send(_ context.Context, device string, kind attest.Kind, statement waymark.Validator) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, is := statement.(waymark.DeliveredCommand)
	if !is || c.Device != device || kind != attest.Command {
		return fmt.Errorf("to %s: %s of %+v", device, kind, statement)
	}
	w.published, w.at = append(w.published, device+"/"+c.ID), append(w.at, time.Since(w.start).Round(time.Millisecond))
	return nil
}

func (w *world) OpenCommands(_ context.Context, device string) ([]waymark.Command, error) {
	w.mu.Lock()
	w.asked = append(w.asked, device)
	away, open, during := w.away, slices.Clone(w.open[device]), w.during
	w.during = nil
	w.mu.Unlock()
	if during != nil {
		during()
	}
	if away {
		return nil, errors.New("away")
	}
	return open, nil
}

func (w *world) CommandPublished(error) {}

func (w *world) Knows(device string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.strangers[device]
}

// has makes the gateway have commands of logger-1, and no others.
func (w *world) has(ids ...string) {
	w.set(func() {
		w.open["logger-1"] = nil
		for _, id := range ids {
			w.open["logger-1"] = append(w.open["logger-1"], requested("logger-1", id))
		}
	})
}

func (w *world) set(change func()) { w.mu.Lock(); change(); w.mu.Unlock() }

// take returns what was published since the last time.
func (w *world) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	published := w.published
	w.published = nil
	return published
}

// bound gives a book that runs another limit.
func (b *Book) bound(limit int) { b.mu.Lock(); b.limit = limit; b.mu.Unlock() }

// run runs a book in a bubble, where time passes when nothing else happens.
func run(t *testing.T, w *world, test func(b *Book)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w.start = time.Now()
		b, err := Open(w, w, w, w, w, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { b.Run(ctx); close(done) }()
		test(b)
		cancel()
		<-done
	})
}

func event(t *testing.T, n int, kind, device, id string, expires time.Time) client.Event {
	t.Helper()
	data, err := json.Marshal(waymark.CommandEvent{Device: device, ID: id, Name: "wake", Arguments: `{"minutes":5}`, ExpiresAt: expires})
	if err != nil {
		t.Fatal(err)
	}
	return client.Event{ID: fmt.Sprintf("%d:0:0", n), Type: "waymark." + kind, Subject: device, Data: data, TxID: txID, Time: time.Now()}
}

func checkpoint(id string) spool.Change {
	return spool.Change{Shelf: spool.ShelfFollowed, Key: "command", Value: []byte(id)}
}

func take(t *testing.T, b *Book, events ...client.Event) {
	t.Helper()
	if err := b.Take(events, checkpoint(events[len(events)-1].ID)); err != nil {
		t.Fatal(err)
	}
}

func TestACommandIsRepeatedWithGrowingPausesUntilItExpires(t *testing.T) {
	w := newWorld()
	w.has("c-1")
	run(t, w, func(b *Book) {
		time.AfterFunc(4*time.Minute, func() { w.has() })
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(4*time.Minute)))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		want := []time.Duration{0, 5 * time.Second, 15 * time.Second, 35 * time.Second, 75 * time.Second, 135 * time.Second, 195 * time.Second}
		if !slices.Equal(w.at, want) {
			t.Errorf("published after %v, want %v", w.at, want)
		}
		if b.Len() != 0 || len(w.shelf) != 0 || w.followed != "1:0:0" {
			t.Errorf("%d open, on the disk %v, followed to %q", b.Len(), w.shelf, w.followed)
		}
	})
}

func TestWhatEndsACommand(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, b *Book){
		"closed by an event": func(t *testing.T, b *Book) {
			take(t, b, event(t, 2, waymark.EventCommandClosed, "logger-1", "c-1", time.Now()))
		},
		"cancelled by an event": func(t *testing.T, b *Book) {
			take(t, b, event(t, 2, waymark.EventCommandCancelled, "logger-1", "c-1", time.Now()))
		},
		"closed by its receipt": func(_ *testing.T, b *Book) { b.Closed("logger-1", "c-1") },
	} {
		w := newWorld()
		w.has("c-1")
		run(t, w, func(b *Book) {
			take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)))
			time.Sleep(time.Second)
			end(t, b)
			if len(w.take()) == 0 {
				t.Errorf("%s: it was not published", name)
			}
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if got := w.take(); len(got) != 0 || b.Len() != 0 || len(w.shelf) != 0 {
				t.Errorf("%s: published %v, %d open, on the disk %v", name, got, b.Len(), w.shelf)
			}
		})
	}
}

// A command that its device has answered is not published again while the disk fails, and leaves it afterwards.
func TestAClosedCommandOnADiskThatFails(t *testing.T) {
	w := newWorld()
	w.has("c-1")
	run(t, w, func(b *Book) {
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)))
		time.Sleep(time.Second)
		if len(w.take()) == 0 {
			t.Error("it was not published")
		}
		w.set(func() { w.broken = true })
		w.has()
		b.Closed("logger-1", "c-1")
		time.Sleep(10 * time.Minute)
		b.Connected("logger-1")
		time.Sleep(time.Minute)
		if got := w.take(); len(got) != 0 || len(w.shelf) != 1 {
			t.Errorf("published %v, on the disk %v", got, w.shelf)
		}
		w.set(func() { w.broken = false })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.take(); len(got) != 0 || b.Len() != 0 || len(w.shelf) != 0 {
			t.Errorf("published %v, %d open, on the disk %v", got, b.Len(), w.shelf)
		}
	})
}

// requested is a command as the gateway has it, open for long.
func requested(device, id string) waymark.Command {
	return waymark.Command{ID: id, Device: device, Name: "wake", Arguments: "{}", ExpiresAt: time.Now().Add(1e6 * time.Hour), Requested: waymark.Stamp{TxID: txID}}
}

// What has ended is not opened again by an answer of the gateway that was asked before, or whose peer is behind. One that the book
// never had neither.
func TestAnOldAnswerOpensNothing(t *testing.T) {
	far := time.Now().Add(1e6 * time.Hour)
	for name, end := range map[string]func(t *testing.T, b *Book){
		"cancelled by an event": func(t *testing.T, b *Book) {
			take(t, b, event(t, 2, waymark.EventCommandCancelled, "logger-1", "c-1", far), event(t, 3, waymark.EventCommandClosed, "logger-1", "c-2", far))
		},
		"closed by its receipt": func(_ *testing.T, b *Book) { b.Closed("logger-1", "c-1"); b.Closed("logger-1", "c-2") },
		"moved": func(t *testing.T, b *Book) {
			if err := b.Moved("logger-1"); err != nil {
				t.Error(err)
			}
		},
	} {
		for _, before := range []bool{false, true} {
			w := newWorld()
			run(t, w, func(b *Book) {
				w.has("c-1", "c-2")
				if !before {
					w.set(func() { w.during = func() { end(t, b) } })
				}
				take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", far))
				time.Sleep(time.Second)
				if before {
					end(t, b)
				}
				b.fallBehind("logger-1")
				time.Sleep(settling / 2)
				w.has()
				w.take()
				time.Sleep(time.Hour)
				if got := w.take(); len(got) != 0 || b.Len() != 0 || len(w.shelf) != 0 || len(w.asked) == 0 {
					t.Errorf("%s, before the question %t: published %d, %d open, on the disk %v, asked %v", name, before, len(got), b.Len(), w.shelf, w.asked)
				}
			})
		}
	}
}

// How many have ended is bounded, and whatever has is known for as long as an answer may be older.
func TestTheEndedAreBounded(t *testing.T) {
	e, start := newEnded(), time.Now()
	for n := range maxEnded + 10 {
		e.note(name{"logger-1", fmt.Sprint(n)}, start)
	}
	if len(e.order) != maxEnded || len(e.at) != maxEnded || e.since(start, name{"logger-1", "9"}) || !e.since(start, name{"logger-1", "10"}) {
		t.Errorf("%d in order, %d known", len(e.order), len(e.at))
	}
	e.note(name{"logger-1", "10"}, start.Add(settling))
	e.note(name{"logger-1", "last"}, start.Add(settling+2*refreshTimeout))
	if len(e.order) != 2 || !e.since(start.Add(settling+refreshTimeout), name{"logger-1", "10"}) || e.since(start.Add(2*settling), name{"logger-1", "10"}) {
		t.Errorf("%d in order, %d known", len(e.order), len(e.at))
	}
}

// A receipt in the spool pauses the repeating. If the ledger does not take it, it goes on, as long as the gateway has the command.
func TestAReceiptPausesACommand(t *testing.T) {
	w := newWorld()
	run(t, w, func(b *Book) {
		w.has("c-1")
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)))
		synctest.Wait()
		b.Answered("logger-1", "c-1")
		w.take()
		time.Sleep(9 * time.Minute)
		if got := w.take(); len(got) != 0 {
			t.Errorf("repeated %v", got)
		}
		b.Refused("logger-1", "c-1")
		time.Sleep(6 * time.Second)
		if got := w.take(); len(got) != 1 {
			t.Errorf("after its receipt was refused: %v", got)
		}
		w.has()
		b.Refused("logger-1", "c-1")
		b.Refused("logger-2", "c-1")
		time.Sleep(time.Minute)
		if got := w.take(); len(got) != 0 || b.Len() != 0 || slices.Contains(w.asked, "logger-2") {
			t.Errorf("of a command that the gateway has no more: %v, asked %v", got, w.asked)
		}
	})
}

func TestADeviceThatConnectsIsToldAtOnce(t *testing.T) {
	w := newWorld()
	w.open["logger-1"] = []waymark.Command{{ID: "c-1", Device: "logger-1", Name: "wake", Arguments: "{}", ExpiresAt: time.Now().Add(1e6 * time.Hour),
		Requested: waymark.Stamp{TxID: txID}}}
	run(t, w, func(b *Book) {
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)),
			event(t, 2, waymark.EventCommandRequested, "logger-2", "c-1", time.Now().Add(time.Hour)))
		time.Sleep(10*time.Minute + time.Second) // the pauses are long by now
		w.take()
		b.Connected("logger-1")
		time.Sleep(time.Second)
		if got := w.take(); !slices.Equal(got, []string{"logger-1/c-1"}) {
			t.Errorf("published %v", got)
		}
	})
}

// A command of before the bridge's time comes from the gateway, once its device is there; asked is once for each.
func TestWhatTheBookLacksComesFromTheGateway(t *testing.T) {
	w := newWorld()
	w.open["logger-1"] = []waymark.Command{{ID: "c-0", Device: "logger-1", Name: "wake", Arguments: "{}", ExpiresAt: time.Now().Add(1e6 * time.Hour),
		State: waymark.CommandRequested, Requested: waymark.Stamp{TxID: txID}}}
	w.away = true
	run(t, w, func(b *Book) {
		for range 3 {
			b.Seen("logger-1")
		}
		time.Sleep(time.Second)
		w.mu.Lock()
		w.away = false
		w.mu.Unlock()
		time.Sleep(3 * time.Second)
		b.Seen("logger-1")
		synctest.Wait()
		if got := w.take(); !slices.Equal(got, []string{"logger-1/c-0"}) || len(w.asked) != 2 || b.Stale() != 0 {
			t.Errorf("published %v, asked for %v", got, w.asked)
		}
	})
}

// What the gateway does not have any more ends, unless it is so new that its peer may not know it yet.
func TestWhatTheGatewayLacksEnds(t *testing.T) {
	w := newWorld()
	run(t, w, func(b *Book) {
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "old", time.Now().Add(time.Hour)))
		time.Sleep(time.Minute)
		take(t, b, event(t, 2, waymark.EventCommandRequested, "logger-1", "new", time.Now().Add(time.Hour)))
		b.Connected("logger-1")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(w.shelf) != 1 || w.shelf["logger-1\x00new"] == nil {
			t.Errorf("on the disk %v", w.shelf)
		}
		if err := b.Moved("logger-1"); err != nil || b.Len() != 0 {
			t.Errorf("the new owner's device has %d commands of before, %v", b.Len(), err)
		}
	})
}

func TestABookOutlivesTheProcess(t *testing.T) {
	w := newWorld()
	w.has("c-1")
	run(t, w, func(b *Book) {
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)))
		synctest.Wait()
		w.mu.Lock()
		w.broken = true
		w.mu.Unlock()
		if err := b.Take([]client.Event{event(t, 2, waymark.EventCommandRequested, "logger-1", "c-2", time.Now().Add(time.Hour))}, checkpoint("2:0:0")); err == nil {
			t.Error("taken without a disk")
		}
		w.mu.Lock()
		w.broken = false
		w.mu.Unlock()
		if b.Len() != 1 || w.followed != "1:0:0" {
			t.Errorf("%d open, followed to %s", b.Len(), w.followed)
		}
	})
	w.take()
	w.away = true
	run(t, w, func(*Book) {
		time.Sleep(time.Minute)
		if got := w.take(); len(got) != 0 {
			t.Errorf("after a restart, and before the gateway said that it is open: %v", got)
		}
		w.set(func() { w.away = false })
		time.Sleep(firstPause)
		if got := w.take(); len(got) != 1 || got[0] != "logger-1/c-1" {
			t.Errorf("after a restart: %v", got)
		}
	})
}

// An event that cannot be read costs no other its place.
func TestForeignEvents(t *testing.T) {
	w := newWorld()
	run(t, w, func(b *Book) {
		take(t, b, client.Event{ID: "1:0:0", Type: "waymark.command.requested", Data: []byte(`{"device":7}`)},
			client.Event{ID: "2:0:0", Type: "waymark.command.requested", Data: []byte(`{"device":"a/b","id":"c"}`), TxID: txID},
			event(t, 3, waymark.EventCommandRequested, "logger-1", "late", time.Now().Add(-time.Second)),
			event(t, 4, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)))
		if b.Len() != 1 || w.followed != "4:0:0" {
			t.Errorf("%d open, followed to %s", b.Len(), w.followed)
		}
	})
}
