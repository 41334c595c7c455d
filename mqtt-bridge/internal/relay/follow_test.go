package relay_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// held fills a spool with what one device sent, of which the gateway takes three into a batch that stays
// under way, and two more come after them.
func held(t *testing.T) (*rig, string) {
	t.Helper()
	d := neighbours(t, 1)[0]
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Hold()
		r.add(t, d.ID, next(t, d, 3)...)
	})
	waitFor(t, "a batch", func() bool { return r.gateway.Asked() == 1 })
	r.add(t, d.ID, next(t, d, 2)...)
	return r, d.ID
}

// relayed checks that all are recorded, in order, by so many submissions.
func relayed(t *testing.T, r *rig, device string, asked int) {
	t.Helper()
	r.drained(t)
	if got := r.gateway.Order(device); !slices.Equal(got, []uint64{1, 2, 3, 4, 5}) || len(r.quarantine(t)) != 0 {
		t.Errorf("recorded %v, %d in quarantine", got, len(r.quarantine(t)))
	}
	if got := r.gateway.Asked(); got != asked {
		t.Errorf("submitted %d batches, want %d", got, asked)
	}
	waitFor(t, "health", func() bool { return r.relay.Health() == nil })
}

// A batch that is under way is not submitted again until it has an end, nor is it halved or set aside,
// and nothing of its devices overtakes it.
func TestUnderWayIsFollowed(t *testing.T) {
	for _, end := range []gatewaytest.End{gatewaytest.Committed, gatewaytest.Untold, gatewaytest.Invalid, gatewaytest.Unknown} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel() // they wait
			r, device := held(t)
			waitFor(t, "more rounds than a batch may fail", func() bool { return r.counts.retried("under_way") > 3 })
			if got := r.gateway.Asked(); got != 1 || r.spool.Usage().Messages != 5 || r.relay.Health() == nil || r.relay.SetAside() != 0 {
				t.Errorf("submitted %d batches, %d wait, %v, %d set aside", got, r.spool.Usage().Messages, r.relay.Health(), r.relay.SetAside())
			}
			r.gateway.Release(end)
			relayed(t, r, device, 2) // the second with what came after it, and with all but Committed the first again
		})
	}
}

// While the gateway cannot be asked, what is under way is not submitted either.
func TestFollowedThroughFailures(t *testing.T) {
	for _, failure := range []gatewaytest.Failure{
		{}, // connection dropped
		{Status: http.StatusTooManyRequests, Code: waymark.ResourceExhausted},
		{Status: http.StatusServiceUnavailable, Code: waymark.Unavailable},
		{Status: http.StatusUnauthorized, Code: waymark.Unauthenticated},
	} {
		t.Run(http.StatusText(failure.Status), func(t *testing.T) {
			r, device := held(t)
			r.gateway.Fail(func([]string) *gatewaytest.Failure { return &failure })
			before := r.gateway.Followed()
			waitFor(t, "some tries", func() bool { return r.gateway.Followed() > before+3 })
			r.gateway.Release(gatewaytest.Committed)
			r.gateway.Fail(nil)
			relayed(t, r, device, 2)
		})
	}
}

// A token of another caller may not ask for the transaction, and what it did is a duplicate.
func TestWhatOthersSubmittedIsSubmittedAgain(t *testing.T) {
	r, device := held(t)
	r.gateway.Release(gatewaytest.Committed)
	r.gateway.Fail(func(texts []string) *gatewaytest.Failure {
		if texts == nil {
			return &gatewaytest.Failure{Status: http.StatusForbidden, Code: waymark.Forbidden}
		}
		return nil
	})
	relayed(t, r, device, 2)
}

// What a restarted relay does not know to be under way it submits once more, and follows that.
func TestUnderWayThroughARestart(t *testing.T) {
	r, device := held(t)
	r.stop()
	r.open(t)
	r.start()
	waitFor(t, "a second copy", func() bool { return r.gateway.Asked() == 2 })
	seen := r.gateway.Followed()
	waitFor(t, "some questions", func() bool { return r.gateway.Followed() > seen+5 })
	r.gateway.Release(gatewaytest.Committed)
	relayed(t, r, device, 2)
}

// A verdict comes with the end of what was under way, too.
func TestRejectedWhileUnderWay(t *testing.T) {
	r, device := held(t)
	r.gateway.Reject(device, "x")
	r.gateway.Release(gatewaytest.Committed)
	r.drained(t)
	q := r.quarantine(t)
	if len(q) != 5 || q[0].Code != waymark.Invalid || !slices.Equal(q[0].Reasons, []string{"x"}) {
		t.Errorf("quarantine: %+v", q)
	}
}
