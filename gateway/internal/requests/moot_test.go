package requests_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// moot makes a request that has nothing to change.
func (m *member) moot(key, about string) requests.Request {
	q := m.request(key, about)
	q.Run = func(context.Context, ledger.Journal) (ledger.Committed, error) {
		return ledger.Committed{Result: json.RawMessage(`{"changed":false}`)}, nil
	}
	return q
}

// A key holds for a write that had nothing to change, too: though there be something later.
func TestNothingToChangeIsAnAnswer(t *testing.T) {
	m := newMember(t)
	p := m.start()
	first, err := p.Do(t.Context(), m.moot("k", "a"), requests.Wish{})
	want := requests.Answer{Status: 201, Location: "/v1/things/a", Result: json.RawMessage(`{"changed":false}`)}
	if err != nil || first.Replayed || first.Pending != nil || !reflect.DeepEqual(first.Answer, want) {
		t.Fatalf("got %+v %v", first, err)
	}
	p.kill() // as soon as it is told
	for _, p := range []*process{m.start(), m.start()} {
		again, err := p.Do(t.Context(), m.request("k", "a"), requests.Wish{})
		if err != nil || !again.Replayed || !reflect.DeepEqual(again.Answer, want) {
			t.Errorf("got %+v %v, want %+v", again, err, want)
		}
		out, err := p.Do(t.Context(), m.request("k", "b"), requests.Wish{})
		if waymark.CodeOf(err) != waymark.FailedPrecondition {
			t.Errorf("another body: %+v %v", out, err)
		}
	}
	if n := m.chain.effects("a") + m.chain.effects("b"); n != 0 {
		t.Errorf("%d effects", n)
	}
}

// What could not be kept is not told, and what is to be asked for again frees the key; without one
// there is nothing to keep.
func TestNothingToChangeIsKept(t *testing.T) {
	m := newMember(t)
	p := m.start()
	for _, wish := range []requests.Wish{{}, {Async: true}} {
		if out, err := p.Do(t.Context(), m.moot("", "a"), wish); err != nil || out.Pending != nil || out.Answer.Result == nil {
			t.Errorf("without a key: %+v %v", out, err)
		}
	}
	left := m.moot("k", "a")
	left.Run = func(context.Context, ledger.Journal) (ledger.Committed, error) {
		return ledger.Committed{Result: json.RawMessage(`{}`), Unfinished: true}, nil
	}
	if out, err := p.Do(t.Context(), left, requests.Wish{}); err != nil || out.Replayed {
		t.Errorf("with something left: %+v %v", out, err)
	}
	q := m.moot("k", "b")
	q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
		p.store.dead.Store(true)
		return m.moot("k", "b").Run(ctx, j)
	}
	if out, err := p.Do(t.Context(), q, requests.Wish{}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("it was told: %+v %v", out, err)
	}
	p.store.dead.Store(false)
	out, err := p.Do(t.Context(), m.request("k", "c"), requests.Wish{})
	done(t, out, err)
}

// Of a write that finds nothing to change and one that does, under one key, one is the first.
func TestNothingToChangeLosesItsKey(t *testing.T) {
	for _, about := range []string{"a", "b"} {
		t.Run(about, func(t *testing.T) {
			m := newMember(t)
			one, other := m.start(), m.start()
			q := m.moot("k", "a")
			q.Run = func(ctx context.Context, j ledger.Journal) (ledger.Committed, error) {
				out, err := other.Do(ctx, m.request("k", about), requests.Wish{})
				done(t, out, err)
				return m.moot("k", "a").Run(ctx, j)
			}
			out, err := one.Do(t.Context(), q, requests.Wish{})
			if about != "a" {
				if waymark.CodeOf(err) != waymark.FailedPrecondition {
					t.Errorf("got %+v %v", out, err)
				}
				return
			}
			if a := done(t, out, err); !out.Replayed || a.Commit.TxID != txID(1) {
				t.Errorf("got %+v", out)
			}
		})
	}
}
