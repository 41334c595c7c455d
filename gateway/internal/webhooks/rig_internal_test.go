package webhooks

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"go.uber.org/zap"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// happenings are events that tests make: all of them are for everybody, but for those that are hidden.
type happenings struct {
	mu     sync.Mutex
	events []client.Event
	hidden map[string]bool
	whose  string // the part that was asked by
	err    error
	grown  chan struct{}
}

func newHappenings() *happenings {
	return &happenings{hidden: make(map[string]bool), grown: make(chan struct{})}
}

// happen adds events, and returns their ids.
func (s *happenings) happen(n int) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		id := fmt.Sprintf("%d:0:0", len(s.events)+2)
		s.events, ids = append(s.events, client.Event{ID: id, Type: "waymark.some.thing"}), append(ids, id)
	}
	close(s.grown)
	s.grown = make(chan struct{})
	return ids
}

// Events implements Source.
func (s *happenings) Events(ctx context.Context, _ ledger.Identity, _ waymark.EventsQuery, after string) (client.EventList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whose = share.CallerOf(ctx)
	list := client.EventList{Next: after}
	for _, e := range s.events[s.behind(after):] {
		if list.Next = e.ID; s.hidden[e.ID] {
			break
		}
		if list.Events = append(list.Events, e); len(list.Events) == 3 {
			break
		}
	}
	return list, s.err
}

// behind is the index of the first event after an id.
func (s *happenings) behind(after string) int {
	return slices.IndexFunc(s.events, func(e client.Event) bool { return e.ID == after }) + 1
}

// Event implements Source.
func (s *happenings) Event(_ context.Context, _ ledger.Identity, id, _ string) (client.Event, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.behind(id)
	if n == 0 || s.hidden[id] {
		return client.Event{}, false, s.err
	}
	return s.events[n-1], true, s.err
}

// Last implements Source.
func (s *happenings) Last(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) == 0 {
		return "1:0:0", s.err
	}
	return s.events[len(s.events)-1].ID, s.err
}

// Grown implements Source.
func (s *happenings) Grown(ctx context.Context, after string) {
	s.mu.Lock()
	more, grown := s.behind(after) < len(s.events), s.grown
	s.mu.Unlock()
	if more {
		return
	}
	select {
	case <-grown:
	case <-ctx.Done():
	}
}

// target is a receiver, which keeps what it takes.
type target struct {
	*httptest.Server

	mu     sync.Mutex
	answer func(event string, attempt int) int // the status; 200, if it is nil
	asked  []string                            // the ids of all requests
	taken  []string                            // of events that were answered 2xx
	signed []int                               // how many signatures each request had
}

func newTarget(t *testing.T, answer func(event string, attempt int) int) *target {
	t.Helper()
	g := &target{answer: answer}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		g.sign(r)
		w.WriteHeader(g.take(r.Header.Get(client.HeaderWebhookID)))
	}))
	g.Config.ErrorLog = quiet()
	g.StartTLS()
	t.Cleanup(g.Close)
	return g
}

func (g *target) sign(r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.signed = append(g.signed, len(strings.Fields(r.Header.Get(client.HeaderWebhookSignature))))
}

func (g *target) take(id string) int {
	event := id[len("wh-")+26+1:]
	g.mu.Lock()
	g.asked = append(g.asked, event)
	attempt := 0
	for _, asked := range g.asked {
		if asked == event {
			attempt++
		}
	}
	answer := g.answer
	g.mu.Unlock()
	status := http.StatusOK
	if answer != nil {
		status = answer(event, attempt)
	}
	if status < 300 {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.taken = append(g.taken, event)
	}
	return status
}

func (g *target) has() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.taken)
}

func (g *target) answers(answer func(event string, attempt int) int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

// rig is a deliverer over a store of its own.
type rig struct {
	*happenings

	store     *Store
	book      *Book
	deliverer *Deliverer
	stop      func()
}

// newRig delivers to the targets of a test.
func newRig(t *testing.T, limits Limits, targets ...*target) *rig {
	t.Helper()
	return pacedRig(t, limits, time.Millisecond, targets...)
}

// pacedRig tries again after a while.
func pacedRig(t *testing.T, limits Limits, again time.Duration, targets ...*target) *rig {
	t.Helper()
	s := newHappenings()
	r := &rig{happenings: s, store: NewStore(databasetest.SQLite(t)())}
	guard := guardOf(t, false, "127.0.0.0/8")
	r.book = NewBook(r.store, s, guard, limits)
	o := Options{Store: r.store, Source: s, Guard: guard, Limits: limits, Logger: zap.NewNop(), Registry: prometheus.NewRegistry()}
	if len(targets) > 0 { // they all have the certificate of httptest
		o.Roots = rootsOf(targets[0].Server)
	}
	r.deliverer = newDeliverer(o, pace{look: 5 * time.Millisecond, trouble: time.Millisecond, schedule: []time.Duration{again}})
	r.start(t)
	return r
}

// start runs the deliverer until stop is called, or the test ends.
func (r *rig) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.deliverer.Run(ctx) }()
	r.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(r.stop)
}

func (r *rig) hook(t *testing.T, g *target) client.Webhook {
	t.Helper()
	made, err := r.book.Create(t.Context(), "operator", "token:erp", waymark.WebhookRequest{URL: g.URL})
	must(t, err)
	return made.Webhook
}

func (r *rig) get(t *testing.T, id string) client.Webhook {
	t.Helper()
	w, err := r.book.Get(t.Context(), "operator", id)
	must(t, err)
	return w
}

// await returns once something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (g *target) await(t *testing.T, want ...string) {
	t.Helper()
	await(t, fmt.Sprintf("for %v", want), func() bool { return len(g.has()) >= len(want) })
	if got := g.has(); !slices.Equal(got, want) {
		t.Errorf("taken %v, want %v", got, want)
	}
}
