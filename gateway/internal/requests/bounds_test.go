package requests_test

import (
	"fmt"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

func TestBounds(t *testing.T) {
	m := newMember(t)
	m.limit.Pending, m.limit.Bytes = 2, 10
	m.chain.hold = make(chan struct{})
	p := m.start()
	for i := range 2 {
		if out, err := p.Do(t.Context(), m.request("", fmt.Sprint(i)), requests.Wish{Async: true}); err != nil || out.Pending == nil {
			t.Fatalf("got %+v %v", out, err)
		}
	}
	if _, err := p.Do(t.Context(), m.request("", "c"), requests.Wish{Async: true}); waymark.CodeOf(err) != waymark.ResourceExhausted {
		t.Errorf("a third: %v", err)
	}
	m.chain.set(func() { close(m.chain.hold); m.chain.hold = nil })
	until(t, "it does not recover", func() bool {
		_, err := p.Do(t.Context(), m.request("", "d"), requests.Wish{})
		return err == nil
	})
	large := m.request("", "e")
	large.Bytes = 11
	if _, err := p.Do(t.Context(), large, requests.Wish{}); waymark.CodeOf(err) != waymark.ResourceExhausted {
		t.Errorf("a large one: %v", err)
	}
	p.stop(t.Context())
	if _, err := p.Do(t.Context(), m.request("", "f"), requests.Wish{}); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("after the end: %v", err)
	}
}

// What a caller has under way counts as its own after it was answered 202.
func TestOneCallerHasAPart(t *testing.T) {
	for name, tt := range map[string]struct {
		limit requests.Limits
		bytes int64
	}{
		"of the writes":   {requests.Limits{Pending: 4, Bytes: 1000, CallerPercent: 50}, 1},
		"of the bytes":    {requests.Limits{Pending: 100, Bytes: 40, CallerPercent: 50}, 10},
		"one of any size": {requests.Limits{Pending: 100, Bytes: 40, CallerPercent: 50}, 20},
		"one, of no more": {requests.Limits{Pending: 100, Bytes: 1000, CallerPercent: 1}, 500},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMember(t)
			tt.limit.Answer, tt.limit.Keep, tt.limit.KeptBytes = m.limit.Answer, m.limit.Keep, m.limit.KeptBytes
			m.limit = tt.limit
			m.chain.hold = make(chan struct{})
			p := m.start()
			ask := func(caller string) error {
				q := m.request("", "a")
				q.Caller, q.Bytes = caller, tt.bytes
				_, err := p.Do(t.Context(), q, requests.Wish{Async: true})
				return err
			}
			held := 0
			for ; ask("erp") == nil; held++ {
			}
			if err := ask("crm"); held == 0 || err != nil {
				t.Errorf("after %d of one caller, another: %v", held, err)
			}
			if err := ask("erp"); waymark.CodeOf(err) != waymark.ResourceExhausted {
				t.Errorf("one more: %v", err)
			}
			close(m.chain.hold)
		})
	}
}
