package requests

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what becomes of writes.
type metrics struct {
	replayed  prometheus.Counter
	recovered *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer, pending func() float64) *metrics {
	m := &metrics{
		replayed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waymark_gateway_requests_replayed_total",
			Help: "Writes that were answered from what was kept under their Idempotency-Key.",
		}),
		recovered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_requests_recovered_total",
			Help: "Kept writes that no request worked on any more and that were brought to their end, by how they ended.",
		}, []string{"outcome"}),
	}
	registry.MustRegister(m.replayed, m.recovered, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "waymark_gateway_requests_pending",
		Help: "Writes that are under way.",
	}, pending))
	return m
}
