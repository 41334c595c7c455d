package webhooks

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics tell what becomes of events.
type metrics struct {
	attempts   *prometheus.CounterVec
	delivering prometheus.Gauge
	failing    prometheus.Gauge
	waiting    prometheus.Gauge
}

// The outcomes of attempts.
const (
	outcomeDelivered = "delivered"
	outcomeFailed    = "failed" // and is made again
	outcomeDead      = "dead"   // and is not made again
	outcomeFull      = "full"   // and is made again when the webhook is resumed: it has as many dead letters as it may
	outcomeGone      = "gone"
	outcomeReplayed  = "replayed" // a dead letter was delivered
	outcomeLeft      = "left"     // a dead letter was not
)

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_webhook_attempts_total",
			Help: "Attempts to send an event by a webhook, by how they ended.",
		}, []string{"outcome"}),
		delivering: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waymark_gateway_webhooks_delivering",
			Help: "Webhooks that this process delivers.",
		}),
		failing: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waymark_gateway_webhook_failing_seconds",
			Help: "For how long the webhook has delivered nothing that has failed longest, of those that this process delivers.",
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waymark_gateway_webhooks_waiting",
			Help: "Webhooks by which this process cannot send, whatever their targets do: it cannot read what happened for them, or keep what came of it.",
		}),
	}
	registry.MustRegister(m.attempts, m.delivering, m.failing, m.waiting)
	return m
}

// observe notes what a look at all webhooks has shown.
func (m *metrics) observe(delivering int, failing time.Duration) {
	m.delivering.Set(float64(delivering))
	m.failing.Set(failing.Seconds())
}
