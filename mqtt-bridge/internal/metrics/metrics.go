package metrics

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

const namespace = "waymark_bridge"

// Metrics are the counters. All methods are safe for concurrent use.
type Metrics struct {
	registry     *prometheus.Registry
	received     prometheus.Counter
	acknowledged prometheus.Counter
	atMostOnce   prometheus.Counter
	appends      *prometheus.CounterVec
	relayed      *prometheus.CounterVec
	quarantined  *prometheus.CounterVec
	retries      *prometheus.CounterVec
	requests     *prometheus.HistogramVec
	logins       *prometheus.CounterVec
	exports      prometheus.Counter
	down         down
	moves        *prometheus.CounterVec
}

// New makes the counters, at zero.
func New() *Metrics {
	m := &Metrics{
		registry:     prometheus.NewRegistry(),
		received:     counter("received_total", "Messages that arrived over MQTT, repeated ones included."),
		acknowledged: counter("acknowledged_total", "Messages acknowledged to the broker, each after it was on the disk."),
		atMostOnce:   counter("at_most_once_total", "Messages that came at QoS 0, and were not taken."),
		appends:      counters("append_failures_total", "Commits to the spool that failed, by reason; acknowledgements wait meanwhile.", "reason"),
		relayed:      counters("relayed_total", "Messages answered by the ledger, by outcome.", "outcome"),
		quarantined:  counters("quarantined_total", "Messages put into quarantine, by code.", "code"),
		retries:      counters("retries_total", "Batches that have to be tried again, or asked for again if under_way, by reason; undisclosed counts messages in quarantine that are.", "reason"),
		down:         newDown(),
		exports:      counter("trace_export_failures_total", "Batches of spans that the collector did not take."),
		logins:       counters("logins_total", "Devices that tried to log in at the embedded broker, by outcome.", "outcome"),
		moves:        counters("fleet_moves_total", "Shards of the fleet that this bridge took, gave up or lost.", "move"),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "gateway_request_seconds",
			Help: "Requests to the gateway, by route and status (0 without an answer).", Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.down.collectors()...)
	m.registry.MustRegister(m.received, m.acknowledged, m.atMostOnce, m.appends, m.relayed, m.quarantined, m.retries, m.logins, m.requests, m.exports, m.moves,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gauge registers a value that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, value))
}

// Counter registers a count that is read when it is asked for.
func (m *Metrics) Counter(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, value))
}

// Handler serves the counters.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Received counts a message that arrived.
func (m *Metrics) Received() { m.received.Inc() }

// Acknowledged counts n messages acknowledged.
func (m *Metrics) Acknowledged(n int) { m.acknowledged.Add(float64(n)) }

// AtMostOnce counts a message that came at QoS 0.
func (m *Metrics) AtMostOnce() { m.atMostOnce.Inc() }

// Quarantined counts a message put into quarantine.
func (m *Metrics) Quarantined(code spool.Code) {
	m.quarantined.WithLabelValues(string(code)).Inc()
}

// AppendFailed counts a commit to the spool that failed.
func (m *Metrics) AppendFailed(err error) {
	reason := "disk"
	switch {
	case errors.Is(err, spool.ErrFull):
		reason = "spool_full"
	case errors.Is(err, spool.ErrQuarantineFull):
		reason = "quarantine_full"
	case errors.Is(err, spool.ErrDamaged):
		reason = "spool_damaged"
	case errors.Is(err, spool.ErrReplaced):
		reason = "spool_replaced"
	}
	m.appends.WithLabelValues(reason).Inc()
}

// Relayed counts a message that the ledger answered.
func (m *Metrics) Relayed(outcome waymark.Outcome) { m.relayed.WithLabelValues(string(outcome)).Inc() }

// Retried counts a batch that has to be tried again.
func (m *Metrics) Retried(reason string) { m.retries.WithLabelValues(reason).Inc() }

// ExportFailed counts a batch of spans that the collector did not take.
func (m *Metrics) ExportFailed() { m.exports.Inc() }

// Request observes a request to the gateway.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Login counts a device that tried to log in.
func (m *Metrics) Login(accepted bool) {
	outcome := "refused"
	if accepted {
		outcome = "accepted"
	}
	m.logins.WithLabelValues(outcome).Inc()
}

// Moved counts a shard that was taken, given up or lost.
func (m *Metrics) Moved(move fleet.Move) { m.moves.WithLabelValues(string(move)).Inc() }

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, []string{label})
}
