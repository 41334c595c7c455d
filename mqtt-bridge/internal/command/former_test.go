package command

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"go.uber.org/zap"
)

// A command of a former owner is not opened, whichever of the two streams of events is behind the other.
func TestACommandOfTheFormerOwner(t *testing.T) {
	far := time.Now().Add(1e6 * time.Hour)
	for _, test := range []struct {
		name  string
		ago   time.Duration // when it was requested
		moved string        // the event of the transfer, if the book has been told of it
		open  bool          // at the gateway
		want  int
	}{
		{"it was told of the transfer before", 0, "9:0:0", true, 0},
		{"a command of the new owner", 0, "4:0:0", true, 1},
		{"old, and ended meanwhile", time.Minute, "", false, 0},
		{"old, and open", time.Minute, "", true, 1},
		{"from the future, and ended", -time.Minute, "", false, 0},
	} {
		w := newWorld()
		run(t, w, func(b *Book) {
			if test.open {
				w.open["logger-1"] = []waymark.Command{requested("logger-1", "c-1")}
			}
			if test.moved != "" {
				if err := b.Moved("logger-1", test.moved); err != nil {
					t.Fatal(err)
				}
			}
			e := event(t, 5, waymark.EventCommandRequested, "logger-1", "c-1", far)
			e.Time = e.Time.Add(-test.ago)
			take(t, b, e)
			synctest.Wait()
			if b.Len() != test.want {
				t.Errorf("%s: %d open, want %d; asked %v", test.name, b.Len(), test.want, w.asked)
			}
		})
	}
}

// Nor is one that is told of while the transfer is being written.
func TestACommandOfTheFormerOwnerMeanwhile(t *testing.T) {
	w := newWorld()
	b, err := Open(w, w, w, w, w, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	far := time.Now().Add(time.Hour)
	take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", far)) // so that there is something to write
	taken := make(chan error, 1)
	e := event(t, 2, waymark.EventCommandRequested, "logger-1", "c-2", far)
	w.slow = func() {
		go func() { taken <- b.Take([]client.Event{e}, checkpoint(e.ID)) }()
		time.Sleep(50 * time.Millisecond) // in which it comes as far as it can
	}
	if err := errors.Join(b.Moved("logger-1", "9:0:0"), <-taken); err != nil || b.Len() != 0 {
		t.Errorf("%d open, %v", b.Len(), err)
	}
}
