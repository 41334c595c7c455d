package metrics

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
)

// down counts what goes to devices, and what they say apart from their streams.
type down struct {
	commands   *prometheus.CounterVec
	inquiries  *prometheus.CounterVec
	statements *prometheus.CounterVec
	ended      *prometheus.CounterVec
}

func newDown() down {
	statements := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "statements_total",
		Help: "Receipts of commands and presences that have their end, by kind, and by outcome: relayed, noted (a presence that the bridge alone has), or the code with which they are in quarantine."},
		[]string{"kind", "outcome"})
	return down{
		statements: statements,
		commands:   counters("commands_published_total", "Times that a command was handed to the broker for its device, by outcome; each is repeated until its receipt comes.", "outcome"),
		inquiries:  counters("inquiries_total", "Inquiries of devices, by outcome: a state of a commit receipt, or why there is none.", "outcome"),
		ended:      counters("connections_ended_total", "Connections of devices to the embedded broker that ended, by why.", "why"),
	}
}

func (d down) collectors() []prometheus.Collector {
	return []prometheus.Collector{d.commands, d.inquiries, d.statements, d.ended}
}

// CommandPublished counts a command that was handed to the broker, could not be, or is another bridge's to publish.
func (m *Metrics) CommandPublished(err error) {
	outcome := "published"
	switch {
	case errors.Is(err, fleet.ErrElsewhere):
		outcome = "elsewhere"
	case err != nil:
		outcome = "failed"
	}
	m.down.commands.WithLabelValues(outcome).Inc()
}

// Inquired counts an inquiry that has its end.
func (m *Metrics) Inquired(outcome string) { m.down.inquiries.WithLabelValues(outcome).Inc() }

// Stated counts a statement that has its end.
func (m *Metrics) Stated(kind attest.Kind, outcome string) {
	name := map[attest.Kind]string{attest.Receipt: "receipt", attest.Presence: "presence"}[kind]
	if name == "" {
		name = "unreadable"
	}
	m.down.statements.WithLabelValues(name, outcome).Inc()
}

// Ended counts a connection that ended.
func (m *Metrics) Ended(why presence.Why) { m.down.ended.WithLabelValues(string(why)).Inc() }
