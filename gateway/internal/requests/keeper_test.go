package requests_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
)

// watched is a store whose database may be away, and that says what was adopted.
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
	round, _ := requests.Rounds(requests.Options{Store: w, Ended: func(requests.Ended) {}, Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
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

// roomless are books in which no row has room any more, and what is there can be changed.
type roomless struct {
	requests.SQL
	full bool
}

func (r *roomless) Begin(ctx context.Context, q requests.Record, first requests.Step) error {
	if r.full {
		return errFull
	}
	return r.SQL.Begin(ctx, q, first)
}

// That there is no room for a row is told, although beats go on, until one has found room.
func TestCheckTellsThatNothingCanBeKept(t *testing.T) {
	m := newMember(t)
	books := &roomless{SQL: m.store, full: true}
	beat, r := requests.Rounds(requests.Options{Store: books, Resolver: m.chain, Ended: m.ended.add, Limits: m.limit,
		Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	t.Cleanup(func() { r.Close(context.Background()) })
	must(t, beat(t.Context()))
	must(t, r.Check(t.Context()))
	if _, err := r.Do(t.Context(), m.request("k1", "a"), requests.Wish{}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("got %v", err)
	}
	must(t, beat(t.Context()))
	if err := r.Check(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("checked: %v", err)
	}
	books.full = false
	out, err := r.Do(t.Context(), m.request("k1", "a"), requests.Wish{})
	done(t, out, err)
	must(t, r.Check(t.Context()))
}

// A database that answers and takes nothing is told, as its write lock can be another process's.
func TestCheckTellsThatNothingCanBeWritten(t *testing.T) {
	open := databasetest.SQLite(t)
	round, runner := requests.Rounds(requests.Options{
		Store: requests.NewSQL(open()), Ended: func(requests.Ended) {}, Logger: zap.NewNop(), Registry: prometheus.NewRegistry(),
	})
	must(t, runner.Check(t.Context()))
	must(t, round(t.Context()))
	must(t, runner.Check(t.Context()))
	locked := errors.New("that is all")
	err := open().Update(t.Context(), func(ctx context.Context, _ database.Statements) error { // holds the lock
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := round(short); err == nil {
			t.Error("a beat without the lock")
		}
		if err := runner.Check(ctx); waymark.CodeOf(err) != waymark.Unavailable || !strings.Contains(waymark.AsError(err).Message, "cannot be written") {
			t.Errorf("told %v", err)
		}
		return locked
	})
	if !errors.Is(err, locked) {
		t.Fatal(err)
	}
	must(t, round(t.Context()))
	must(t, runner.Check(t.Context()))
	if runner.Age(time.Minute); waymark.CodeOf(runner.Check(t.Context())) != waymark.Unavailable {
		t.Error("no beat for a minute")
	}
}

// A process that is killed while nothing is pending leaves the roster too.
func TestTheDeadLeaveTheRoster(t *testing.T) {
	m := newMember(t)
	old := m.start()
	until(t, "it is not on the roster", func() bool { return len(beats(t, m.store)) == 1 })
	before := beats(t, m.store)
	old.kill()
	m.start()
	until(t, "the dead one stays on the roster", func() bool {
		after := beats(t, m.store)
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
