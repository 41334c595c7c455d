package requests_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
	"go.uber.org/zap"
)

// TestNoMoreIsPromisedThanCanBeKept: what asks to be kept is refused before anything is done, what was
// kept is told again, and there is room when something is forgotten.
func TestNoMoreIsPromisedThanCanBeKept(t *testing.T) {
	m := newMember(t)
	m.limit.KeptBytes = 22000 // of which an answer takes more than 1024, and one caller's a tenth
	beat, r := requests.Rounds(requests.Options{Store: m.store, Resolver: m.chain, Ended: m.ended.add, Limits: m.limit,
		Logger: zap.NewNop(), Registry: prometheus.NewRegistry()})
	t.Cleanup(func() { r.Close(context.Background()) })
	written := 0
	write := func(q requests.Request) {
		t.Helper()
		out, err := r.Do(t.Context(), q, requests.Wish{})
		done(t, out, err)
		written++
		until(t, "its end is not noted", func() bool {
			must(t, beat(t.Context()))
			return r.Kept() >= int64(written)*1024
		})
	}
	refused := func(q requests.Request, w requests.Wish) {
		t.Helper()
		_, err := r.Do(t.Context(), q, w)
		if e := waymark.AsError(err); e == nil || e.Code != waymark.ResourceExhausted || len(e.Reasons) != 1 || e.Reasons[0] != requests.ReasonKeptBytes {
			t.Errorf("got %v", err)
		}
	}
	of := func(caller, key, about string) requests.Request {
		q := m.request(key, about)
		q.Caller = caller
		return q
	}
	write(of("erp", "k1", "a"))
	write(of("erp", "k2", "b"))
	write(of("erp", "k3", "c")) // more than a tenth
	refused(of("erp", "k4", "no"), requests.Wish{})
	refused(of("erp", "", "no"), requests.Wish{Async: true})
	refused(of("erp", "", "no"), requests.Wish{Wait: time.Second})
	if out, err := r.Do(t.Context(), of("erp", "k1", "a"), requests.Wish{}); done(t, out, err).Location != "/v1/things/a" || !out.Replayed {
		t.Errorf("the first answer is gone: %+v", out)
	}
	out, err := r.Do(t.Context(), of("erp", "", "unkept"), requests.Wish{})
	done(t, out, err)
	for n := range 18 { // more than all
		write(of(fmt.Sprint("scanner", n/2), fmt.Sprint("k", n), fmt.Sprint("d", n)))
	}
	refused(of("third", "k", "no"), requests.Wish{})
	if n := m.chain.effects("no"); n != 0 {
		t.Errorf("%d effects of what was refused", n)
	}
	if n, err := m.store.Prune(t.Context(), 0, 100); n != written || err != nil {
		t.Fatalf("forgot %d, %v", n, err)
	}
	written = 0
	until(t, "nobody asks what is kept", func() bool {
		must(t, beat(t.Context()))
		return r.Kept() == 0
	})
	write(of("erp", "k4", "f"))
}
