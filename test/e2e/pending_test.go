//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/usage"
)

// standing is how a write stands, as its caller is told.
type standing struct {
	TxID       string         `json:"tx_id"`
	State      string         `json:"state"`
	Status     string         `json:"status"`
	ReplacedBy string         `json:"replaced_by"`
	Error      *waymark.Error `json:"error"`
}

// standingOf asks how a write stands.
func standingOf(ctx context.Context, t *testing.T, a *app.App, txID string) standing {
	t.Helper()
	s, err := app.Read[standing](ctx, a, "/v1/transactions/"+txID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inBlock asks how a write stands until it is in a block.
func inBlock(ctx context.Context, t *testing.T, a *app.App, txID string) standing {
	t.Helper()
	for {
		s := standingOf(ctx, t, a, txID)
		if s.State == "committed" || s.State == "invalid" {
			return s
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// last follows a write through all that took its place.
func last(ctx context.Context, t *testing.T, a *app.App, s standing) standing {
	t.Helper()
	for s.ReplacedBy != "" {
		s = inBlock(ctx, t, a, s.ReplacedBy)
	}
	return s
}

// loser makes two writes at once until both were accepted, and returns how the one stands that
// was ordered second, and its key. Each call of write is of two writes that conflict.
func loser(ctx context.Context, t *testing.T, a *app.App, method string, write func(n int) (path string, body [2]any)) (standing, string) {
	t.Helper()
	for n := 0; ; n++ {
		path, body := write(n)
		keys := [2]string{name("key"), name("key")}
		var written [2]gateway.Written[any]
		var failed [2]error
		var group sync.WaitGroup
		for i := range body {
			group.Go(func() {
				written[i], failed[i] = gateway.Write[any](ctx, a.Client, method, path, body[i], gateway.WithKey(keys[i]), gateway.Async())
			})
		}
		group.Wait()
		if err := errors.Join(failed[:]...); err != nil { // one was in a block before the other was endorsed
			if code := waymark.CodeOf(err); code != waymark.Conflict && code != waymark.FailedPrecondition {
				t.Fatal(err)
			}
			continue
		}
		for i, w := range written {
			if s := inBlock(ctx, t, a, w.Transaction.TxID); s.State == "invalid" {
				return s, keys[i]
			}
		}
	}
}

// conflicted checks how a transaction stands that was ordered too late.
func conflicted(t *testing.T, s standing) {
	t.Helper()
	if s.Status != "MVCC_READ_CONFLICT" && s.Status != "PHANTOM_READ_CONFLICT" || (s.ReplacedBy == "") == (s.Error == nil) {
		t.Errorf("got %+v", s)
	}
}

// Of two writes that put one thing into two places, both accepted, one turns out to be invalid:
// its caller is told why, and its key is free.
func TestAsyncIsInvalid(t *testing.T) {
	ctx := limit(t, time.Minute)
	a := operator(t, "producer")
	lost, key := loser(ctx, t, a, http.MethodPost, func(int) (string, [2]any) {
		lines := commission(ctx, t, name("item"))
		return "/v1/goods:pack", [2]any{
			waymark.PackRequest{ID: name("act"), Container: container(), Lines: lines},
			waymark.PackRequest{ID: name("act"), Container: container(), Lines: lines},
		}
	})
	conflicted(t, lost)
	end := last(ctx, t, a, lost)
	if end.State != "invalid" || end.Error == nil || end.Error.Code != waymark.FailedPrecondition || !slices.Contains(end.Error.Reasons, waymark.ReasonGoodsPlace) {
		t.Errorf("got %+v", end)
	}
	if w, err := commissionUnder(ctx, a, key, name("item")); err != nil || w.Replayed {
		t.Errorf("the key is not free: %+v %v", w, err)
	}
}

// Of two writes of one record, both accepted, the one that is ordered second is made anew: both
// take effect, and the key answers with the transaction that took the place.
func TestAsyncIsReplaced(t *testing.T) {
	ctx := limit(t, time.Minute)
	a := operator(t, "producer")
	device := logger(ctx, t, attest.Ed25519).ID()
	path := "/v1/devices/" + device + "/attributes"
	var body [2]any
	lost, key := loser(ctx, t, a, http.MethodPut, func(n int) (string, [2]any) {
		for i := range body {
			body[i] = map[string]any{"attributes": map[string]string{"location_class": fmt.Sprintf("bay-%d-%d", n, i)}, "reason": "moved"}
		}
		return path, body
	})
	conflicted(t, lost)
	end := last(ctx, t, a, lost)
	if end.State != "committed" || end.TxID == lost.TxID {
		t.Errorf("got %+v", end)
	}
	for _, one := range body { // the key says which of the two it was
		again, err := gateway.Write[waymark.Device](ctx, a.Client, http.MethodPut, path, one, gateway.WithKey(key))
		if p, ok := gateway.AsProblem(err); ok && p.Status == http.StatusUnprocessableEntity {
			continue
		}
		if err != nil || !again.Replayed || again.Transaction.TxID != end.TxID {
			t.Errorf("got %+v %v, want %+v", again, err, end)
		}
	}
}

// What a gateway has to hold at once, and the memory that it may take for it: 300 MB.
const (
	crowd     = 2000
	crowdMiB  = 286
	crowdWait = 2 * time.Minute
)

// crowdOf makes so many writes at once, each a connection, half of them by each of two callers,
// as the limits for one ask, and returns their serials and answers.
func crowdOf(ctx context.Context, t *testing.T, options ...gateway.WriteOption) ([]string, []gateway.Written[waymark.Commissioned]) {
	t.Helper()
	callers := []*gateway.Client{patient(t, waymark.Admin), patient(t, waymark.Operator)}
	serials, written := make([]string, crowd), make([]gateway.Written[waymark.Commissioned], crowd)
	var group sync.WaitGroup
	for i := range crowd {
		serials[i] = name("item")
		group.Go(func() {
			var err error
			written[i], err = gateway.Write[waymark.Commissioned](ctx, callers[i%2], http.MethodPost, "/v1/goods:commission", making(serials[i]), options...)
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	group.Wait()
	return serials, written
}

// patient is a client of the producer's gateway that repeats what was lost or refused for a while.
func patient(t *testing.T, role waymark.Role) *gateway.Client {
	t.Helper()
	m := local.at.Members["producer"]
	roots, err := gateway.Roots(m.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := gateway.New(gateway.Options{URL: m.GatewayURL, Roots: roots, Token: gateway.Token(m.Tokens[string(role)]), Attempts: 20, Timeout: crowdWait})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Two thousand writes that wait for their blocks at once, and two thousand that are pending
// while nothing is ordered: within its memory the gateway takes all to their end, once.
func TestTwoThousandWritesAtOnce(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	commission(ctx, t, name("item")) // registers the product
	a := operator(t, "producer")
	pid, err := local.PID(ctx, "gateway.producer")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		make func(*testing.T) []string
	}{
		{"waiting", func(t *testing.T) []string {
			serials, written := crowdOf(ctx, t)
			for i, w := range written {
				if w.Pending || w.Transaction.Status != "VALID" {
					t.Errorf("%d: %+v", i, w)
				}
			}
			return serials
		}},
		{"pending", func(t *testing.T) []string {
			resume := haltOrdering(ctx, t)
			serials, written := crowdOf(ctx, t, gateway.Async())
			if got := metric(ctx, t, a, "waymark_gateway_requests_pending"); got != fmt.Sprint(crowd) {
				t.Errorf("%s are pending", got)
			}
			resume()
			for metric(ctx, t, a, "waymark_gateway_requests_pending") != "0" {
				time.Sleep(100 * time.Millisecond)
			}
			for i, w := range written[:20] { // each question reads a large block; effects sees all
				if s := inBlock(ctx, t, a, w.Transaction.TxID); s.State != "committed" {
					t.Errorf("%d: %+v", i, s)
				}
			}
			return serials
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := usage.Process(pid).ForgetPeak(); err != nil {
				t.Fatal(err)
			}
			serials := tt.make(t)
			peak, err := usage.Process(pid).PeakMiB()
			fmt.Printf("%d writes %s: the gateway had up to %d MiB\n", crowd, tt.name, peak)
			if err != nil || peak > crowdMiB {
				t.Errorf("%d MiB, %v", peak, err)
			}
			counts := effects(ctx, t, serials)
			for _, serial := range serials {
				if counts[serial] != 1 {
					t.Errorf("%s: %d transactions", serial, counts[serial])
				}
			}
		})
	}
}

// haltOrdering stops as many orderers as leave no quorum until it is resumed.
func haltOrdering(ctx context.Context, t *testing.T) (resume func()) {
	t.Helper()
	halted := []string{"orderer.carrier", "orderer.retailer"}
	resume = sync.OnceFunc(func() {
		for _, name := range halted {
			if err := local.Start(context.WithoutCancel(ctx), name); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(resume)
	for _, name := range halted {
		if err := local.Stop(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	return resume
}

// metric is the value of a metric at a gateway.
func metric(ctx context.Context, t *testing.T, a *app.App, name string) string {
	t.Helper()
	_, body, err := a.Do(ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("there is no metric %s", name)
	return ""
}
