package requests

import "github.com/prometheus/client_golang/prometheus"

// metrics counts what becomes of writes.
type metrics struct {
	replayed  prometheus.Counter
	recovered *prometheus.CounterVec
	unkept    prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, r *Runner) *metrics {
	m := &metrics{
		replayed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waymark_gateway_requests_replayed_total",
			Help: "Writes that were answered from what was kept under their Idempotency-Key.",
		}),
		recovered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_requests_recovered_total",
			Help: "Kept writes that no request worked on any more and that were brought to their end, by how they ended.",
		}, []string{"outcome"}),
		unkept: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waymark_gateway_requests_unkept_total",
			Help: "Writes that asked to be kept and were refused, since what is kept takes as much as it may.",
		}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "waymark_gateway_requests_" + name, Help: help}, value)
	}
	registry.MustRegister(m.replayed, m.recovered, m.unkept,
		gauge("pending", "Writes that are under way.", r.pending),
		gauge("kept_bytes", "What writes that have ended take of the database, of all gateways that share it.", r.kept.bytes),
		gauge("kept_bytes_limit", "What they may take.", func() float64 { return float64(r.limits.KeptBytes) }))
	return m
}
