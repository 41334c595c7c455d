package command

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A command of a former owner is not published, whichever of the two streams of events is behind the other, and whatever the event says
// of its time: the gateway is asked before, though its peer may be behind.
func TestACommandOfTheFormerOwner(t *testing.T) {
	far := time.Now().Add(1e6 * time.Hour)
	for _, test := range []struct {
		name   string
		before bool // the book is told of the transfer before the command
		ago    time.Duration
		behind time.Duration // the gateway, from the transfer on
	}{
		{"told of the transfer before", true, 0, 0},
		{"told of the transfer before, by a gateway that is behind", true, 0, settling - time.Second},
		{"told of the transfer later", false, 0, 0},
		{"of long ago", false, time.Hour, 0},
		{"from the future", false, -time.Hour, 0},
	} {
		w := newWorld()
		run(t, w, func(b *Book) {
			if test.behind > 0 {
				w.has("c-1")
				time.AfterFunc(test.behind, func() { w.has() })
			}
			if test.before {
				if err := b.Moved("logger-1"); err != nil {
					t.Fatal(err)
				}
			}
			e := event(t, 5, waymark.EventCommandRequested, "logger-1", "c-1", far)
			e.Time = e.Time.Add(-test.ago)
			take(t, b, e)
			time.Sleep(2 * settling)
			synctest.Wait()
			if got := w.take(); len(got) != 0 || b.Len() != 0 || len(w.shelf) != 0 || len(w.asked) == 0 {
				t.Errorf("%s: published %v, %d open, on the disk %v, asked %v", test.name, got, b.Len(), w.shelf, w.asked)
			}
		})
	}
}

// Nor is one that the bridge had on its disk, and had not asked for, when it was killed. What is open still is published.
func TestWhatWasNotConfirmedBeforeTheRestart(t *testing.T) {
	w := newWorld()
	w.away = true
	run(t, w, func(b *Book) {
		far := time.Now().Add(time.Hour)
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "ended", far), event(t, 2, waymark.EventCommandRequested, "logger-1", "open", far))
		time.Sleep(time.Second)
	})
	if got := w.take(); len(got) != 0 || len(w.shelf) != 2 || w.followed != "2:0:0" {
		t.Fatalf("published %v, on the disk %v, followed to %s", got, w.shelf, w.followed)
	}
	w.away = false
	w.has("open")
	run(t, w, func(b *Book) {
		time.Sleep(2 * settling)
		synctest.Wait()
		if got := w.take(); !slices.Contains(got, "logger-1/open") || slices.Contains(got, "logger-1/ended") || b.Len() != 1 || len(w.shelf) != 1 {
			t.Errorf("published %v, %d open, on the disk %v", got, b.Len(), w.shelf)
		}
	})
}

// What a transfer ended just before the start is not known any more, and the peer of the gateway may not know of it yet: it is asked again.
func TestAnAnswerOfJustAfterTheStart(t *testing.T) {
	w := newWorld()
	w.has("c-1")
	run(t, w, func(b *Book) {
		b.Connected("logger-1")
		time.Sleep(time.Second)
		w.has()
		time.Sleep(settling)
		synctest.Wait()
		if b.Len() != 0 || len(w.shelf) != 0 || len(w.take()) == 0 {
			t.Errorf("%d open, on the disk %v, asked %v", b.Len(), w.shelf, w.asked)
		}
	})
}

// A command of the new owner's is published, whether it came before the book was told of that owner or after, once the gateway has
// surely settled.
func TestTheNewOwnersCommand(t *testing.T) {
	for _, before := range []bool{true, false} {
		w := newWorld()
		w.has("c-1")
		run(t, w, func(b *Book) {
			time.Sleep(time.Hour)
			e := event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour))
			if before {
				take(t, b, e)
				time.Sleep(time.Second)
			}
			if err := b.Moved("logger-1"); err != nil || b.Len() != 0 {
				t.Errorf("%d open, %v", b.Len(), err)
			}
			if !before {
				take(t, b, e)
			}
			w.take()
			time.Sleep(settling + time.Second)
			synctest.Wait()
			if got := w.take(); !slices.Equal(got, []string{"logger-1/c-1"}) || b.Len() != 1 || len(w.shelf) != 1 {
				t.Errorf("told of before %t: published %v, %d open, on the disk %v", before, got, b.Len(), w.shelf)
			}
		})
	}
}

// An event can be ahead of the peer that the gateway asks.
func TestAPeerThatIsBehind(t *testing.T) {
	w := newWorld()
	run(t, w, func(b *Book) {
		time.AfterFunc(10*time.Second, func() { w.has("c-1") })
		take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", time.Now().Add(time.Hour)))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := w.take(); !slices.Contains(got, "logger-1/c-1") || b.Len() != 1 {
			t.Errorf("published %v, %d open, asked %v", got, b.Len(), w.asked)
		}
	})
}
