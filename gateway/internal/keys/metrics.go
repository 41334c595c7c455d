package keys

import (
	"github.com/prometheus/client_golang/prometheus"
)

var _ prometheus.Collector = (*Set)(nil)

func expiryDesc() *prometheus.Desc {
	return prometheus.NewDesc("waymark_gateway_certificate_expiry_seconds",
		"When a certificate ends, in seconds since 1970.", []string{"name"}, nil)
}

func staleDesc() *prometheus.Desc {
	return prometheus.NewDesc("waymark_gateway_keys_stale",
		"Whether the files of a certificate or key hold what cannot be used, so that what they held before is: 1 or 0.", []string{"part"}, nil)
}

// Describe implements prometheus.Collector.
func (s *Set) Describe(to chan<- *prometheus.Desc) {
	to <- expiryDesc()
	to <- staleDesc()
}

// Collect implements prometheus.Collector.
func (s *Set) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.parts {
		stale := 0.0
		if f.err != nil {
			stale = 1
		}
		to <- prometheus.MustNewConstMetric(staleDesc(), prometheus.GaugeValue, stale, name)
		for certificate, ends := range f.expires {
			to <- prometheus.MustNewConstMetric(expiryDesc(), prometheus.GaugeValue, float64(ends.Unix()), certificate)
		}
	}
}
