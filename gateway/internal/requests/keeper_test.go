package requests_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
)

// watched are books whose database may be away, and that say what was adopted.
type watched struct {
	mortal
	away    error
	adopted []string
}

func (w *watched) Beats(ctx context.Context) (map[string]int64, error) {
	if w.away != nil {
		return nil, w.away
	}
	return w.SQL.Beats(ctx)
}

func (w *watched) Adopt(ctx context.Context, from, to string) error {
	w.adopted = append(w.adopted, from)
	return w.SQL.Adopt(ctx, from, to)
}

// While the database is away nobody can show that it lives, so that says nothing of anybody.
func TestAnOutageIsNoDeath(t *testing.T) {
	w := &watched{mortal: mortal{SQL: requests.NewSQL(databasetest.SQLite(t)())}}
	round := requests.Rounds(requests.Options{Books: w, Ended: func(requests.Ended) {}, Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	must(t, w.Beat(t.Context(), "other"))
	must(t, round(t.Context()))
	w.away = errors.New("the database is away")
	if err := round(t.Context()); !errors.Is(err, w.away) {
		t.Fatalf("got %v", err)
	}
	w.away = nil
	if must(t, round(t.Context())); len(w.adopted) > 0 {
		t.Errorf("adopted %q", w.adopted)
	}
	if must(t, round(t.Context())); !reflect.DeepEqual(w.adopted, []string{"other"}) {
		t.Errorf("adopted %q", w.adopted)
	}
}

// A process that is killed while nothing is pending leaves the roster too.
func TestTheDeadLeaveTheRoster(t *testing.T) {
	m := newMember(t)
	old := m.start()
	until(t, "it is not on the roster", func() bool { return len(beats(t, m.books)) == 1 })
	before := beats(t, m.books)
	old.kill()
	m.start()
	until(t, "the dead one stays on the roster", func() bool {
		after := beats(t, m.books)
		for gateway := range before {
			if _, there := after[gateway]; there {
				return false
			}
		}
		return len(after) == 1
	})
}

func beats(t *testing.T, s requests.SQL) map[string]int64 {
	t.Helper()
	beats, err := s.Beats(t.Context())
	must(t, err)
	return beats
}
