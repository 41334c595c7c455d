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

func newMetrics(registry prometheus.Registerer, s *stream) *metrics {
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
	for name, gauge := range streamGauges() {
		registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: "waymark_gateway_" + name, Help: gauge.help},
			func() float64 { return gauge.value(s.now()) }))
	}
	return m
}

type streamGauge struct {
	help  string
	value func(StreamState) float64
}

func streamGauges() map[string]streamGauge {
	return map[string]streamGauge{
		"block_stream_connected": {"Whether the peer's blocks are being read: 1 or 0.", func(s StreamState) float64 {
			if s.Connected {
				return 1
			}
			return 0
		}},
		"block_number":         {"The last block that was read.", func(s StreamState) float64 { return float64(s.Block) }},
		"blocks_behind":        {"How many more blocks the peer had when it was asked last.", func(s StreamState) float64 { return float64(s.Behind) }},
		"transactions_pending": {"Submitted transactions that wait for their block.", func(s StreamState) float64 { return float64(s.Pending) }},
	}
}

func (m *metrics) submitted(tx waymark.Transaction, outcome string) {
	m.submissions.WithLabelValues(string(tx), outcome).Inc()
}

func (m *metrics) retried(cause kind) {
	m.retries.WithLabelValues(string(cause)).Inc()
}
