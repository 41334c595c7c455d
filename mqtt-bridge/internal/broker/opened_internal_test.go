package broker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"go.uber.org/zap"
)

// A device that logs in before the bridge is subscribed waits for a moment, and no longer.
func TestLoginWaitsUntilDevicesAreLetIn(t *testing.T) {
	for _, test := range []struct {
		name string
		then func(*authenticator) // what happens while it waits
		want waymark.Code
		wait time.Duration
	}{
		{"they are let in", func(a *authenticator) { a.opened.set() }, "", 0},
		{"the broker stops", func(a *authenticator) { a.stopping.set() }, waymark.Unavailable, 0},
		{"nothing", func(*authenticator) {}, waymark.Unavailable, openWait},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, began := newAuthenticator(anybody{}, "waymark-bridge", func(bool) {}, zap.NewNop()), time.Now()
				ended := make(chan error)
				go func() { ended <- a.awaitOpened() }()
				synctest.Wait()
				test.then(a)
				if err := <-ended; waymark.CodeOf(err) != test.want {
					t.Errorf("%v, want %q", err, test.want)
				}
				if got := time.Since(began); got != test.wait {
					t.Errorf("after %s, want %s", got, test.wait)
				}
			})
		})
	}
}
