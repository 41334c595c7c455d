package model_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// peer is what a reader asks: everybody is a viewer of the carrier's.
type peer struct{ height uint64 }

func (peer) Caller(ledger.Identity) (rules.Caller, error) {
	return rules.Caller{Member: "carrier", Role: waymark.Viewer}, nil
}

func (peer) Evaluate(context.Context, ledger.Call) (json.RawMessage, error) {
	return json.Marshal(access.Baseline())
}

func (p peer) Height(context.Context) (uint64, error) { return p.height, nil }

func (p peer) reader(t *testing.T, m *model.Model) *model.Reader {
	t.Helper()
	return model.NewReader(m, p, "own", scenario.Channel, func(string) string { return "" }, cursor.New(databasetest.SQLite(t)()))
}

// remade: a model that is made anew under a reader gives no answer before it is as far as it was, and then goes on: nothing is skipped.
func remade(t *testing.T, open databasetest.Opener) {
	w, same := newWorld(t), open(t)
	registered := ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})}
	for range 5 {
		w.telling(registered)
	}
	db := same()
	m := model.New(db)
	r := peer{uint64(len(w.blocks))}.reader(t, m)
	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := r.Events(impatient, "app", waymark.EventsQuery{}, ""); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("before there is a block: %v", err)
	}
	ask := func(want waymark.Code) {
		t.Helper()
		_, events := r.Events(t.Context(), "app", waymark.EventsQuery{}, "1:2:0")
		_, shipments := r.Shipments(t.Context(), "app", waymark.ShipmentsQuery{})
		_, last := r.Last(t.Context())
		_, _, event := r.Event(t.Context(), "app", "2:2:0", "")
		for n, err := range []error{events, shipments, last, event} {
			if got := waymark.CodeOf(err); err != nil && got != want || err == nil && want != "" {
				t.Errorf("question %d at %d blocks: %v", n, m.Height(), err)
			}
		}
	}
	for _, anew := range []bool{false, true} {
		if anew {
			must(t, db.Empty(t.Context()))
			eventually(t, func() bool { _, err := r.Last(t.Context()); return err != nil }) // it is looked for now and then
		}
		for _, b := range w.blocks {
			ask(waymark.Unavailable)
			must(t, m.Apply(t.Context(), b))
			if m.Height() != b.Number+1 {
				t.Errorf("%d blocks are said to be %d", b.Number+1, m.Height())
			}
		}
		ask("")
		list, err := r.Events(t.Context(), "app", waymark.EventsQuery{}, "1:2:0")
		if err != nil || len(list.Events) != 4 {
			t.Errorf("%d events, %v", len(list.Events), err)
		}
	}
	if _, _, err := r.Event(t.Context(), "app", fmt.Sprintf("%d:2:0", len(w.blocks)), ""); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("an event of a block to come: %v", err)
	}
}

// whatIsRareIsFound among many events, in looks that are bounded.
func whatIsRareIsFound(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	registered := ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})}
	odd := ledger.Event{Name: "member.odd", Payload: registered.Payload}
	w.telling(odd)
	w.telling(slices.Repeat([]ledger.Event{registered}, 4100)...)
	w.telling(odd, ledger.Event{Name: "memberXodd.x", Payload: registered.Payload}, ledger.Event{Name: "Member.odd", Payload: registered.Payload})
	must(t, m.Replay(t.Context(), newChain(0, w.blocks...), uint64(len(w.blocks))))
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
	for _, tt := range []struct {
		filter model.EventFilter
		want   int
	}{{model.EventFilter{Kind: "member.odd"}, 2}, {model.EventFilter{Kind: "member"}, 4102}, {model.EventFilter{Kind: "member_"}, 0}, {model.EventFilter{Member: "carrier", Kind: "member.odd"}, 0}} {
		if got, _ := follow(t, m, by, tt.filter, model.End(0)); len(got) != tt.want {
			t.Errorf("%+v: %d, want %d", tt.filter, len(got), tt.want)
		}
		told, err := m.Events(t.Context(), by, tt.filter, model.Position{Block: 2})
		if want := tt.filter.Kind == "member_"; err != nil || (told.Next == model.End(told.Height)) != want {
			t.Errorf("%+v: one look goes to %s, %v", tt.filter, told.Next, err)
		}
	}
}
