//go:build e2e

package e2e

import (
	"net/http"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	gateway "github.com/waymark-ledger/waymark/gateway/client"
)

// What is kept is bounded: a caller that has as much as one may is refused more before anything is done,
// and what it has is told again.
func TestWhatIsKeptIsBounded(t *testing.T) {
	ctx := limit(t, 2*time.Minute)
	commission(ctx, t, name("item")) // registers the product
	a, _ := over(ctx, t, "producer", filepath.Join(t.TempDir(), "gateway.db"), "requests: {kept_bytes: 1048576}")
	serial, key := name("item"), name("key")
	first, err := insist(ctx, a, key, serial)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(err error) bool {
		p, ok := gateway.AsProblem(err)
		return ok && p.Status == http.StatusTooManyRequests && p.RetryAfter > 0 && reflect.DeepEqual(p.Reasons, []string{"kept-bytes"})
	}
	var group sync.WaitGroup
	var last string // that was refused
	var mu sync.Mutex
	for range 4 {
		group.Go(func() {
			for {
				serial := name("item")
				if _, err := commissionUnder(ctx, a, name("key"), serial); err != nil {
					if !refused(err) {
						t.Errorf("got %v", err)
					}
					mu.Lock()
					defer mu.Unlock()
					last = serial
					return
				}
			}
		})
	}
	group.Wait()
	if n := effects(ctx, t, []string{last})[last]; n != 0 {
		t.Errorf("%d effects of what was refused", n)
	}
	if _, err := commissionUnder(ctx, a, name("key"), name("item"), gateway.Async()); !refused(err) {
		t.Errorf("what asks to be followed: %v", err)
	}
	again, err := commissionUnder(ctx, a, key, serial)
	same(t, again, first, err)
	if _, err := gateway.Write[any](ctx, a.Client, http.MethodPost, "/v1/goods:commission", making(name("item")), gateway.WithoutKey()); err != nil {
		t.Errorf("without a key: %v", err)
	}
}
