package share_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/share"
	"pgregory.net/rapid"
)

// has reports whether a turn has come.
func has(turn *share.Turn) bool {
	select {
	case <-turn.Come():
		return true
	default:
		return false
	}
}

// One caller who asks for all holds its part, and the others are served between its own.
func TestTurnsAreShared(t *testing.T) {
	turns := share.NewTurns(4, 50)
	greedy, meek := share.As(t.Context(), "greedy"), share.As(t.Context(), "meek")
	var all []*share.Turn
	for range 10 {
		all = append(all, turns.Join(greedy))
	}
	if !has(all[1]) || has(all[2]) {
		t.Fatal("a caller has another part than it may")
	}
	for range 2 {
		if _, err := turns.Take(share.As(t.Context(), "third")); err != nil {
			t.Fatal(err)
		}
	}
	late := turns.Join(meek)
	if has(late) {
		t.Fatal("more places than there are")
	}
	all[0].Leave()
	all[0].Leave() // gives nothing back again
	if !has(all[2]) || has(all[3]) || has(late) {
		t.Error("the one who waited longer is not the first")
	}
	all[1].Leave()
	if has(all[3]) || !has(late) {
		t.Error("the other caller has no turn")
	}
}

func TestATurnInTime(t *testing.T) {
	turns := share.NewTurns(1, 1)
	turn, err := turns.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.Take(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	turn.Leave()
	if _, err := turns.Take(t.Context()); err != nil {
		t.Error("one that was given up has a place")
	}
}

// TestTurnsByModel joins and leaves in any order: no place is lost or made, none is free while
// somebody may have it, no caller has more than its part, a caller's own come in order, and
// nobody who may have a place is passed over twice by the same caller.
func TestTurnsByModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places, percent := rapid.IntRange(1, 6).Draw(t, "places"), rapid.IntRange(1, 100).Draw(t, "percent")
		m := &model{T: t, most: max(1, places*percent/100), places: places, turns: share.NewTurns(places, percent)}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				m.join(fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "caller")))
			},
			"leave": func(t *rapid.T) {
				if len(m.all) > 0 { // else nobody is there, and nothing changes
					m.leave(rapid.IntRange(0, len(m.all)-1).Draw(t, "who"))
				}
			},
			"": func(*rapid.T) { m.check() },
		})
		for len(m.all) > 0 {
			m.leave(0)
		}
		for i := range places + 1 {
			m.join(fmt.Sprint("late", i))
			m.check()
		}
	})
}

// model is what Turns should be.
type model struct {
	*rapid.T
	most, places int
	turns        *share.Turns
	all          []*asked
}

// asked is one turn of the model.
type asked struct {
	*share.Turn
	caller string
	held   bool
	passed map[string]bool // the callers who were served while this was the next of its own, and might have been served
}

func (m *model) join(caller string) {
	m.all = append(m.all, &asked{Turn: m.turns.Join(share.As(context.Background(), caller)), caller: caller, passed: make(map[string]bool)})
	m.served()
}

func (m *model) leave(at int) {
	gone := m.all[at]
	m.all = slices.Delete(m.all, at, at+1)
	gone.Leave()
	m.served()
}

// held is how many places a caller has.
func (m *model) held(caller string) (n int) {
	for _, a := range m.all {
		if a.held && a.caller == caller {
			n++
		}
	}
	return n
}

// served notes who has come: at most one, since each step frees at most one place.
func (m *model) served() {
	at := slices.IndexFunc(m.all, func(a *asked) bool { return !a.held && has(a.Turn) })
	if at < 0 {
		return
	}
	came, seen := m.all[at], make(map[string]bool)
	for i, a := range m.all {
		if a.held || seen[a.caller] || i == at {
			continue
		}
		seen[a.caller] = true
		switch {
		case a.caller == came.caller && i < at:
			m.Fatalf("%s: one that came later is served first", a.caller)
		case a.caller == came.caller || m.held(a.caller) == m.most:
		case a.passed[came.caller]:
			m.Fatalf("%s is served twice while %s waits", came.caller, a.caller)
		default:
			a.passed[came.caller] = true
		}
	}
	came.held = true
}

func (m *model) check() {
	held, wanted := 0, false
	for _, a := range m.all {
		if a.held {
			held++
		} else if has(a.Turn) {
			m.Fatal("more than one came at once")
		}
		wanted = wanted || !a.held && m.held(a.caller) < m.most
		if m.held(a.caller) > m.most {
			m.Fatalf("%s holds %d of %d", a.caller, m.held(a.caller), m.places)
		}
	}
	if held > m.places || held < m.places && wanted {
		m.Fatalf("%d of %d places are held", held, m.places)
	}
}
