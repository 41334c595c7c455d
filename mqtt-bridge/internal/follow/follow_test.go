package follow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/follow"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a gateway and a disk.
type source struct {
	mu       sync.Mutex
	last     int // event that there is
	refused  error
	shelf    string
	asked    []string // after which events it was asked for
	taken    []string
	broken   bool
	position int
}

func (s *source) Position(context.Context, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position++
	return fmt.Sprintf("%d:0:0", s.last), s.refused
}

// Events is those that there are, and then a refusal: as a gateway whose token has ended.
func (s *source) Events(ctx context.Context, _, after string) iter.Seq2[client.Event, error] {
	return func(yield func(client.Event, error) bool) {
		s.mu.Lock()
		s.asked = append(s.asked, after)
		var n int
		_, _ = fmt.Sscanf(after, "%d:", &n)
		last := s.last
		s.mu.Unlock()
		for n++; n <= last; n++ {
			if !yield(client.Event{ID: fmt.Sprintf("%d:0:0", n)}, nil) {
				return
			}
		}
		yield(client.Event{}, errors.Join(ctx.Err(), errors.New("refused")))
	}
}

func (s *source) Write(changes []spool.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shelf = string(changes[len(changes)-1].Value)
	return nil
}

func (s *source) Each(_ spool.Shelf, visit func(string, []byte) error) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shelf == "" {
		return 0, nil
	}
	return 0, visit("command", []byte(s.shelf))
}

func (s *source) take(_ context.Context, events []client.Event, at spool.Change) error {
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if broken {
		return errors.New("no space left on device")
	}
	s.mu.Lock()
	for _, e := range events {
		s.taken = append(s.taken, e.ID)
	}
	s.mu.Unlock()
	return s.Write([]spool.Change{at})
}

func (s *source) set(change func()) { s.mu.Lock(); change(); s.mu.Unlock() }

func TestEveryEventIsTakenOnceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{last: 5, refused: errors.New("away")}
		stream := follow.New("command", s, s, s.take, zap.NewNop())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { stream.Run(ctx); close(done) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if stream.Failure() == nil || len(s.asked) != 0 {
			t.Errorf("failure %v, asked %v", stream.Failure(), s.asked)
		}
		s.set(func() { s.refused = nil })
		time.Sleep(time.Minute) // it begins behind event 5
		s.set(func() { s.last, s.broken = 700, true })
		time.Sleep(time.Minute)
		s.set(func() { s.broken = false })
		time.Sleep(time.Minute)
		synctest.Wait()
		var want []string
		for n := 6; n <= 700; n++ {
			want = append(want, fmt.Sprintf("%d:0:0", n))
		}
		if !slices.Equal(s.taken, want) || s.shelf != "700:0:0" {
			t.Errorf("taken %d events, want %d; followed to %s", len(s.taken), len(want), s.shelf)
		}
		cancel()
		<-done
	})
}

func TestABridgeGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{last: 9, shelf: "7:0:0"}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { follow.New("command", s, s, s.take, zap.NewNop()).Run(ctx); close(done) }()
		synctest.Wait()
		if !slices.Equal(s.taken, []string{"8:0:0", "9:0:0"}) || s.position != 0 {
			t.Errorf("taken %v", s.taken)
		}
		cancel()
		<-done
	})
}
