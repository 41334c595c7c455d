package broker

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"testing"
	"time"
)

func TestConnections(t *testing.T) {
	c := newConnections()
	for id := range uint64(6) {
		c.begin("logger-1", id) // taken over again and again
	}
	c.begin("logger-2", 7)
	if got := c.of("logger-1"); !slices.Equal(got, []uint64{2, 3, 4, 5}) {
		t.Errorf("of one device %v are remembered", got)
	}
	if !c.tell("logger-1", 5) || c.tell("logger-1", 5) || c.tell("logger-1", 6) || c.tell("logger-3", 5) {
		t.Error("each that began is told once")
	}
	if c.end("logger-1", 4) || !c.end("logger-1", 5) || c.end("logger-1", 5) {
		t.Error("the end is told of each whose beginning was")
	}
	c.end("logger-2", 7)
	if got := len(c.byDevice); got != 1 {
		t.Errorf("%d devices are remembered", got)
	}
}

// What was dropped is told from what is connected.
func TestConnectionsAreCompared(t *testing.T) {
	c := newConnections()
	for device, id := range map[string]uint64{"known": 1, "ended": 2, "begun": 3, "unheard": 4} {
		c.begin(device, id)
		if device == "known" || device == "ended" {
			c.tell(device, id)
		}
	}
	known := c.all()
	c.begin("late", 5) // after the live ones were listed
	got := c.compare(known, map[uint64]bool{1: true, 3: true, 9: true})
	equal := func(got map[string][]uint64, device string, id uint64) bool {
		return maps.EqualFunc(got, map[string][]uint64{device: {id}}, slices.Equal[[]uint64])
	}
	if !equal(got.ended, "ended", 2) || !equal(got.begun, "begun", 3) {
		t.Errorf("missed %v", got)
	}
	if left := c.of("late"); len(left) != 1 {
		t.Error("who logged in meanwhile is forgotten")
	}
	if again := c.compare(c.all(), map[uint64]bool{1: true, 3: true, 5: true}); len(again.begun) != 1 || len(again.ended) != 0 {
		t.Errorf("missed then %v", again)
	}
	if again := c.compare(c.all(), map[uint64]bool{1: true, 3: true, 5: true}); len(again.begun)+len(again.ended) != 0 {
		t.Errorf("missed again %v", again)
	}
}

// slow lets every device in, once it may.
type slow struct {
	anybody

	came, admit chan struct{}
}

func (s slow) Login(ctx context.Context, device, password string) (time.Time, error) {
	s.came <- struct{}{}
	<-s.admit
	return s.anybody.Login(ctx, device, password)
}

// When there is no room nobody stays, nor is let in who was logging in meanwhile.
func TestNobodyStaysWithoutRoom(t *testing.T) {
	logins := slow{came: make(chan struct{}), admit: make(chan struct{}, 2)}
	b := startFor(t, options(t), logins)
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	connected := dial(t, b)
	if _, err := connected.Write(hello("connected", 0)); err != nil {
		t.Fatal(err)
	}
	<-logins.came
	logins.admit <- struct{}{}
	answer := make([]byte, 4)
	if _, err := io.ReadFull(connected, answer); err != nil || answer[3] != 0 {
		t.Fatalf("answered % x, %v", answer, err)
	}
	waiting := dial(t, b)
	if _, err := waiting.Write(hello("waiting", 0)); err != nil {
		t.Fatal(err)
	}
	<-logins.came
	b.SetRoom(false)
	logins.admit <- struct{}{}
	if _, err := io.ReadFull(waiting, answer); err != nil || answer[3] != 5 {
		t.Errorf("one who was logging in is answered % x, %v; want 20 02 00 05", answer, err)
	}
	if _, err := io.ReadAll(connected); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("one who was connected stays")
	}
	if left := b.auth.live.of("waiting"); len(left) != 0 {
		t.Errorf("%v is taken for connected", left)
	}
}
