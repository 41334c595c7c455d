package relay_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// capacity is a gateway that takes some time for each batch and for each message, one batch at a time, and fails at one
// that is too large after as long as it would have taken.
func capacity(most int) func([]string) *gatewaytest.Failure {
	return func(texts []string) *gatewaytest.Failure {
		time.Sleep(2*time.Millisecond + time.Duration(len(texts))*50*time.Microsecond)
		if len(texts) > most {
			return &gatewaytest.Failure{Status: http.StatusGatewayTimeout, Code: waymark.Unavailable}
		}
		return nil
	}
}

// BenchmarkCapacity measures messages a second through a gateway that takes so many at once.
func BenchmarkCapacity(b *testing.B) {
	for _, most := range []int{20, 60, 100} {
		b.Run(fmt.Sprint("most=", most), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				d := gatewaytest.NewDevice(b, "logger-1", attest.JWS)
				r := newRig(b, roomy(), func(r *rig) {
					r.gateway.Fail(capacity(most))
					r.add(b, d.ID, next(b, d, 4000)...)
				})
				b.StartTimer()
				r.drained(b)
			}
			b.ReportMetric(4000*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// What a gateway takes at once is found, and little is sent in vain after that.
func TestBatchesSettleNearWhatTheGatewayTakes(t *testing.T) {
	const most, total = 30, 2000
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Fail(capacity(most))
		r.add(t, d.ID, next(t, d, total)...)
	})
	r.drained(t)
	batches := r.gateway.Batches()
	if got := r.gateway.Order(d.ID); len(got) != total || len(r.quarantine(t)) != 0 {
		t.Fatalf("%d recorded, %d in quarantine", len(got), len(r.quarantine(t)))
	}
	if mean := total / len(batches); mean < most/2 {
		t.Errorf("batches have %d messages, and %d would be taken", mean, most)
	}
	if vain := r.gateway.Asked() - len(batches); vain > len(batches) {
		t.Errorf("%d batches in vain for %d", vain, len(batches))
	}
}
