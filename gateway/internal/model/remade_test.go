package model_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
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
	about := payload(t, waymark.DeviceEvent{Device: "logger-1", Owner: "producer"})
	resumed, odd := ledger.Event{Name: waymark.EventDeviceResumed, Payload: about}, ledger.Event{Name: waymark.EventDeviceRetired, Payload: about}
	w.telling(odd)
	w.telling(slices.Repeat([]ledger.Event{resumed}, 4100)...)
	w.telling(odd, ledger.Event{Name: "deviceXretired.x", Payload: about}, ledger.Event{Name: "Device.retired", Payload: about})
	must(t, m.Replay(t.Context(), newChain(0, w.blocks...), uint64(len(w.blocks))))
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
	for _, tt := range []struct {
		filter model.EventFilter
		want   int
	}{{model.EventFilter{Kind: waymark.EventDeviceRetired}, 2}, {model.EventFilter{Kind: "device"}, 4102}, {model.EventFilter{Kind: "device_"}, 0}, {model.EventFilter{Member: "carrier", Kind: waymark.EventDeviceRetired}, 0}} {
		if got, _ := follow(t, m, by, tt.filter, model.End(0)); len(got) != tt.want {
			t.Errorf("%+v: %d, want %d", tt.filter, len(got), tt.want)
		}
		told, err := m.Events(t.Context(), by, tt.filter, model.Position{Block: 2})
		if want := tt.filter.Kind == "device_"; err != nil || (told.Next == model.End(told.Height)) != want {
			t.Errorf("%+v: one look goes to %s, %v", tt.filter, told.Next, err)
		}
	}
}

// eventsGoBack: pages from the last event on have what pages from the first on have, the other way round.
func eventsGoBack(t *testing.T, open databasetest.Opener) {
	w := newWorld(t)
	registered := ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})}
	resumed := ledger.Event{Name: waymark.EventDeviceResumed, Payload: payload(t, waymark.DeviceEvent{Device: "logger-1", Owner: "producer"})}
	for _, n := range []int{3, 450, 1, 2050} {
		w.telling(append(slices.Repeat([]ledger.Event{registered}, n), resumed)...)
	}
	r := peer{uint64(len(w.blocks))}.reader(t, w.modelOf(t, open))
	pages := func(q waymark.EventsQuery, after string) (ids []string) {
		for {
			list, err := r.Events(t.Context(), "app", q, after)
			must(t, err)
			for _, e := range list.Events {
				ids = append(ids, e.ID)
			}
			if list.Next == after {
				return ids
			}
			after = list.Next
		}
	}
	for _, tt := range []struct {
		q    waymark.EventsQuery
		want int
	}{{waymark.EventsQuery{}, 2508}, {waymark.EventsQuery{Kind: "device"}, 4}, {waymark.EventsQuery{Device: "logger-1", Member: "carrier"}, 2}, {waymark.EventsQuery{Shipment: "s0"}, 0}} {
		forth := pages(tt.q, "0:0:0")
		tt.q.Order = waymark.LatestFirst
		back := pages(tt.q, "")
		if slices.Reverse(back); len(back) != tt.want || !slices.Equal(back, forth) {
			t.Errorf("%+v: %d forth, and %d back", tt.q, len(forth), len(back))
		}
		if middle := pages(tt.q, "2:3:0"); tt.q.Kind == "" && tt.q.Device == "" && tt.want > 0 && len(middle) != 5 {
			t.Errorf("%+v: before the second of a block there are %v", tt.q, middle)
		}
	}
}

// otherVersion: of rows that another version of the gateway made none is told and none added, until they are made anew.
func otherVersion(t *testing.T, open databasetest.Opener) {
	w, m := newWorld(t), opened(t, open)
	w.Now = w.Now.Add(1)
	w.block()
	must(t, m.Apply(t.Context(), w.blocks[0]))
	must(t, m.DB().Update(t.Context(), func(ctx context.Context, s database.Statements) error {
		_, err := s.ExecContext(ctx, "UPDATE checkpoint SET version = version + 1")
		return err
	}))
	by := w.by("producer", waymark.Viewer)
	_, asked := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{})
	_, followed := m.Events(t.Context(), by, model.EventFilter{}, model.End(0))
	for n, err := range []error{m.Apply(t.Context(), w.blocks[1]), asked, followed} {
		if waymark.CodeOf(err) != waymark.Unavailable || !strings.Contains(err.Error(), "gateway model rebuild") {
			t.Errorf("%d: %v", n, err)
		}
	}
	must(t, m.DB().Empty(t.Context()))
	must(t, m.Replay(t.Context(), newChain(0, w.blocks...), 2))
	if _, err := m.Shipments(t.Context(), by, waymark.ShipmentsQuery{}); err != nil {
		t.Error(err)
	}
}
