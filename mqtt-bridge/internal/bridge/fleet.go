package bridge

import (
	"context"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/mqtt"
)

// source is what brings in messages: the embedded broker, one session at another, or a fleet's.
type source interface {
	// Run receives until ctx ends. Then it disconnects, and at the embedded broker its devices.
	Run(ctx context.Context)
	// Subscribed reports whether messages can arrive now of all devices that are this bridge's.
	Subscribed() bool
	// Stands reports whether the broker keeps what any device publishes now, for this bridge or its fleet.
	Stands() bool
}

// openFleet makes this bridge one of a fleet, whose sessions are as options say but for their client ids.
func (b *Bridge) openFleet(options mqtt.Options, reached <-chan struct{}) {
	c, public := b.config.Fleet, b.down.key.Public()
	open := func(clientID string, r fleet.Receiver, anew, subscribed func()) fleet.Session {
		session := options
		session.ClientID, session.Asks = clientID, true
		return mqtt.New(session, r, anew, subscribed, b.log)
	}
	b.fleet = fleet.New(fleet.Options{Fleet: options.ClientID, ID: c.ID, Shards: c.Shards, Lease: c.Lease, Settle: options.ReconnectWait, Reached: reached,
		Signer: public.Bridge + ":" + public.ID},
		b.gateway, open, b.intake, b.metrics, b.log)
	b.client = b.fleet
	b.metrics.Gauge("fleet_shards", "Shards of the fleet.", func() float64 { return float64(c.Shards) })
	b.metrics.Gauge("fleet_shards_held", "Shards of the fleet that this bridge has.", func() float64 { return float64(b.fleet.Held()) })
}

// elsewhere reports whether a device is another bridge's at present.
func (b *Bridge) elsewhere(device string) bool { return b.fleet != nil && !b.fleet.Has(device) }

// fleetChecks say what part this bridge has in its fleet. A bridge without a shard is as good as one with some: it takes over if another dies.
func (b *Bridge) fleetChecks() []admin.Check {
	if b.fleet == nil {
		return nil
	}
	return []admin.Check{{Name: "fleet", Holds: b.fleet.State}}
}
