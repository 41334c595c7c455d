package relay_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// neighbours makes n devices that share a shard.
func neighbours(t *testing.T, n int) []*gatewaytest.Device {
	t.Helper()
	var devices []*gatewaytest.Device
	for i := 0; len(devices) < n; i++ {
		if id := fmt.Sprintf("logger-%d", i); spool.ShardOf(id) == 0 {
			devices = append(devices, gatewaytest.NewDevice(t, id, attest.JWS))
		}
	}
	return devices
}

func failAt(poison []string, failure gatewaytest.Failure) func([]string) *gatewaytest.Failure {
	return func(texts []string) *gatewaytest.Failure {
		for _, text := range texts {
			if slices.Contains(poison, text) {
				return &failure
			}
		}
		return nil
	}
}

func TestMessageThatFailsForEverIsStuckAndBlocksNobody(t *testing.T) {
	for _, failure := range []gatewaytest.Failure{
		{}, // the connection is dropped
		{Status: http.StatusUnprocessableEntity, Code: waymark.FailedPrecondition},
		{Status: http.StatusServiceUnavailable, Code: waymark.Unavailable},
	} {
		t.Run(http.StatusText(failure.Status), func(t *testing.T) {
			devices := neighbours(t, 3)
			bad, good := devices[:2], devices[2]
			var poison []string
			r := newRig(t, roomy(), func(r *rig) {
				for i := range 10 {
					for _, d := range bad {
						signed := next(t, d, 1)
						if i == 1 {
							poison = append(poison, string(signed[0]))
						}
						r.add(t, d.ID, signed...)
					}
					if i < 2 { // too few successes beside the poison for it to be given up
						r.add(t, good.ID, next(t, good, 1)...)
					}
				}
				r.gateway.Fail(failAt(poison, failure))
			})
			waitFor(t, "the others", func() bool { return len(r.gateway.Order(good.ID)) == 2 })
			if len(r.quarantine(t)) != 0 {
				t.Error("given up before the others had their turn")
			}
			for len(r.quarantine(t)) < len(poison) { // the sign that the gateway is up
				r.add(t, good.ID, next(t, good, 1)...)
				time.Sleep(20 * time.Millisecond)
			}
			r.drained(t)
			for _, q := range r.quarantine(t) {
				if q.Code != spool.Stuck || q.Attempts < 4 || !slices.Contains(poison, string(q.Payload)) {
					t.Errorf("quarantine: %s %s after %d: %s", q.Device, q.Code, q.Attempts, q.Detail)
				}
			}
			for _, d := range bad {
				if got := r.gateway.Order(d.ID); !slices.Equal(got, []uint64{1, 3, 4, 5, 6, 7, 8, 9, 10}) {
					t.Errorf("recorded of %s: %v", d.ID, got)
				}
			}
			if n := len(r.quarantine(t)); n != 2 || r.relay.SetAside() != 0 {
				t.Errorf("%d in quarantine, %d set aside", n, r.relay.SetAside())
			}
			if got := r.gateway.Order(good.ID); !slices.IsSorted(got) {
				t.Error("out of order")
			}
		})
	}
}

func TestStuckCanBeReplayed(t *testing.T) {
	devices := neighbours(t, 2)
	var poison string
	r := newRig(t, roomy(), func(r *rig) {
		signed := next(t, devices[0], 1)
		poison = string(signed[0])
		r.gateway.Fail(failAt([]string{poison}, gatewaytest.Failure{Status: http.StatusInternalServerError}))
		r.add(t, devices[0].ID, signed...)
	})
	for len(r.quarantine(t)) == 0 {
		r.add(t, devices[1].ID, next(t, devices[1], 1)...)
		time.Sleep(20 * time.Millisecond)
	}
	r.gateway.Fail(nil)
	if err := r.spool.Replay(r.quarantine(t)[0].Number); err != nil {
		t.Fatal(err)
	}
	r.drained(t)
	if got := r.gateway.Order(devices[0].ID); !slices.Equal(got, []uint64{1}) || len(r.quarantine(t)) != 0 {
		t.Errorf("recorded %v", got)
	}
}

// However long the gateway fails at everything, nothing goes into quarantine.
func TestOutagePutsNothingIntoQuarantine(t *testing.T) {
	devices := neighbours(t, 20)
	const each = 5
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Fail(func([]string) *gatewaytest.Failure {
			return &gatewaytest.Failure{Status: http.StatusInternalServerError, Code: waymark.Internal}
		})
		for _, d := range devices {
			r.add(t, d.ID, next(t, d, each)...)
		}
	})
	waitFor(t, "as many failures as would do", func() bool { return r.gateway.Asked() > 40 })
	if got := r.quarantine(t); len(got) != 0 || r.spool.Usage().Messages != each*20 {
		t.Errorf("%d in quarantine, %d wait", len(got), r.spool.Usage().Messages)
	}
	r.gateway.Fail(nil)
	r.drained(t)
	for _, d := range devices {
		if got := r.gateway.Order(d.ID); !slices.Equal(got, []uint64{1, 2, 3, 4, 5}) {
			t.Errorf("recorded of %s: %v", d.ID, got)
		}
	}
	if len(r.quarantine(t)) != 0 || r.relay.SetAside() != 0 {
		t.Errorf("%d in quarantine, %d set aside", len(r.quarantine(t)), r.relay.SetAside())
	}
}

func TestBatchesShrinkAndGrowAgain(t *testing.T) {
	d := neighbours(t, 1)[0]
	small := 0 // batches, one after another
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Fail(func(texts []string) *gatewaytest.Failure {
			if len(texts) <= 10 {
				small++
			} else if small < 2 { // it takes too long for the gateway, until now
				return &gatewaytest.Failure{Status: http.StatusGatewayTimeout}
			}
			return nil
		})
		r.add(t, d.ID, next(t, d, 60)...)
	})
	r.drained(t)
	r.add(t, d.ID, next(t, d, 1)...)
	r.drained(t)
	if got := r.gateway.Order(d.ID); len(got) != 61 || !slices.IsSorted(got) || len(r.quarantine(t)) != 0 {
		t.Errorf("recorded %v, %d in quarantine", got, len(r.quarantine(t)))
	}
	largest := 0
	for _, b := range r.gateway.Batches() {
		largest = max(largest, len(b))
	}
	if largest <= 10 {
		t.Errorf("the largest batch had %d messages", largest)
	}
}
