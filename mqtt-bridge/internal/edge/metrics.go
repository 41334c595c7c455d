package edge

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
)

const namespace = "waymark_edge"

// metrics are the counters. No label is anything that a logger can choose.
type metrics struct {
	registry  *prometheus.Registry
	received  *prometheus.CounterVec
	refused   *prometheus.CounterVec
	repeated  prometheus.Counter
	retained  prometheus.Counter
	readings  prometheus.Counter
	signed    prometheus.Counter
	delivered prometheus.Counter
	failures  *prometheus.CounterVec
	withheld  *prometheus.CounterVec
	rebirths  prometheus.Counter
	connects  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		received:  counters("received_total", "Messages of the local broker, by source; none is one that no source reads.", "source"),
		refused:   counters("refused_total", "What gave no reading, by source and reason; the message was acknowledged all the same.", "source", "reason"),
		repeated:  counter("repeated_total", "Messages that the local broker sent again, and that were signed before."),
		retained:  counter("retained_total", "Messages that the local broker had retained, which it sends at each subscription; acknowledged and not read."),
		readings:  counter("readings_total", "Readings that were signed."),
		signed:    counter("signed_total", "Messages that were signed."),
		delivered: counter("delivered_total", "Messages acknowledged by the consortium's broker."),
		failures:  counters("store_failures_total", "Commits that failed, by reason; nothing is acknowledged meanwhile.", "reason"),
		withheld:  counters("withheld_total", "Readings that were acknowledged and not signed, by what is wrong with their device.", "reason"),
		rebirths:  counter("rebirth_requests_total", "Requests to Sparkplug nodes for their births."),
		connects:  counters("connects_total", "Connections of devices to the consortium's broker that were tried, by outcome.", "outcome"),
	}
	m.registry.MustRegister(m.received, m.refused, m.repeated, m.retained, m.readings, m.signed, m.delivered, m.failures, m.withheld, m.rebirths, m.connects,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, value))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// read counts what one message came to.
func (m *metrics) read(r source.Result) {
	name := r.Source
	if name == "" {
		name = "none"
	}
	m.received.WithLabelValues(name).Inc()
	for reason, n := range r.Refused {
		m.refused.WithLabelValues(name, string(reason)).Add(float64(n))
	}
}

// Connected counts a connection that was tried.
func (m *metrics) Connected(ok bool) {
	outcome := "failed"
	if ok {
		outcome = "connected"
	}
	m.connects.WithLabelValues(outcome).Inc()
}

// Delivered counts messages that have their PUBACK.
func (m *metrics) Delivered(n int) { m.delivered.Add(float64(n)) }

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}
