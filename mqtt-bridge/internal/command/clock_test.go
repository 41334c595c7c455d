package command

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A bridge whose clock is ahead takes commands for over that are not. It asks the gateway until both agree, and delivers them then.
func TestACommandThatIsOverByAWrongClock(t *testing.T) {
	for name, arrive := range map[string]func(t *testing.T, b *Book, expires time.Time){
		"told of when it is over": func(t *testing.T, b *Book, expires time.Time) {
			time.Sleep(time.Until(expires) + 10*time.Second)
			take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", expires))
		},
		"over while it is delivered": func(t *testing.T, b *Book, expires time.Time) {
			take(t, b, event(t, 1, waymark.EventCommandRequested, "logger-1", "c-1", expires))
			time.Sleep(time.Until(expires) + 10*time.Second)
		},
	} {
		w := newWorld()
		run(t, w, func(b *Book) {
			expires := time.Now().Add(15 * time.Second)
			wanted := requested("logger-1", "c-1")
			wanted.ExpiresAt = expires
			w.set(func() { w.open["logger-1"] = []waymark.Command{wanted} })
			arrive(t, b, expires)
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if asked := w.questions(); asked < 8 || asked > 12 {
				t.Errorf("%s: the gateway was asked %d times", name, asked)
			}
			w.take()
			wanted.ExpiresAt = time.Now().Add(10 * time.Minute) // to put the clock right is to move this
			w.set(func() { w.open["logger-1"] = []waymark.Command{wanted} })
			time.Sleep(settling + time.Second)
			if len(w.take()) == 0 {
				t.Errorf("%s: it was not published", name)
			}
			w.set(func() { w.open["logger-1"], w.asked = nil, nil })
			time.Sleep(time.Hour)
			synctest.Wait()
			if got := len(w.asked); got != 1 || b.Len() != 0 {
				t.Errorf("%s: the gateway was asked %d times more, and %d are left", name, got, b.Len())
			}
		})
	}
}

// questions is how often the gateway was asked since the last time.
func (w *world) questions() (n int) {
	w.set(func() { n, w.asked = len(w.asked), nil })
	return n
}
