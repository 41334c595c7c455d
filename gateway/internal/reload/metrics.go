package reload

import "github.com/prometheus/client_golang/prometheus"

// metrics tell whether what is in force is what the file says.
type metrics struct {
	reloads *prometheus.CounterVec
	good    prometheus.Gauge
	waiting prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waymark_gateway_config_reloads_total",
			Help: "Times the configuration was read again, by outcome: applied or refused.",
		}, []string{"outcome"}),
		good: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waymark_gateway_config_good",
			Help: "1 if the configuration file was accepted when it was last read, 0 if it was refused.",
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "waymark_gateway_config_waiting_keys",
			Help: "Keys of the configuration file that wait for a restart.",
		}),
	}
	m.good.Set(1)
	for _, outcome := range []string{"applied", "refused"} {
		m.reloads.WithLabelValues(outcome)
	}
	registry.MustRegister(m.reloads, m.good, m.waiting)
	return m
}

func (m *metrics) applied(waiting int) {
	m.reloads.WithLabelValues("applied").Inc()
	m.good.Set(1)
	m.waiting.Set(float64(waiting))
}

func (m *metrics) refused() {
	m.reloads.WithLabelValues("refused").Inc()
	m.good.Set(0)
}
