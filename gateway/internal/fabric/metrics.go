package fabric

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// metrics counts what happens to transactions.
type metrics struct {
	submissions *prometheus.CounterVec
	retries     *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		submissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_submissions_total",
			Help: "Writes by transaction and outcome: committed, moot (there was nothing to change), or why not.",
		}, []string{"transaction", "outcome"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_retries_total",
			Help: "Steps taken again inside one write, by cause.",
		}, []string{"cause"}),
	}
	registry.MustRegister(m.submissions, m.retries)
	return m
}

func (m *metrics) submitted(tx waymark.Transaction, outcome string) {
	m.submissions.WithLabelValues(string(tx), outcome).Inc()
}

func (m *metrics) retried(cause kind) {
	m.retries.WithLabelValues(string(cause)).Inc()
}
