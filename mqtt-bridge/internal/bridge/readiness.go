package bridge

import (
	"context"
	"errors"
	"fmt"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

func (b *Bridge) openAdmin(context.Context) error {
	token, err := admin.EnsureToken(b.config.AdminToken())
	if err != nil {
		return err
	}
	b.admin, err = admin.New(b.config.Listen, token, admin.Parts{Quarantine: quarantine{b.spool, b.observer()}, Presences: b.down.presences,
		Metrics: b.metrics.Handler(), Checks: b.checks()}, b.log)
	return err
}

// quarantine is the spool's as its operator moves messages.
type quarantine struct {
	*spool.Spool

	observer *observer
}

// Withdraw moves a waiting message into quarantine, which is told as of any other that leaves its queue.
func (q quarantine) Withdraw(number uint64) error {
	e, verdict, err := q.Spool.Withdraw(number)
	if err == nil {
		q.observer.Settled(e, verdict)
	}
	return err
}

// checks say whether messages can be taken. A gateway that is away is what the
// spool is for, so it is shown and does not count; a credential that the gateway
// refuses needs a person, so it does.
func (b *Bridge) checks() []admin.Check {
	return append(b.fleetChecks(), []admin.Check{
		{Name: "mqtt", Required: true, Holds: func() error {
			if !b.client.Subscribed() {
				return errors.New("not subscribed at the broker, or the embedded one does not run")
			}
			return nil
		}},
		{Name: "devices", Required: true, Holds: b.letsIn},
		{Name: "spool", Required: true, Holds: b.spoolHolds},
		{Name: "credential", Required: true, Holds: func() error {
			if err := b.health(); gateway.CredentialRefused(err) {
				return fmt.Errorf("the gateway refuses our token: %w", err)
			}
			return nil
		}},
		{Name: "quarantine", Required: true, Holds: func() error {
			if err := b.relay.Health(); errors.Is(err, spool.ErrQuarantineFull) {
				return err
			}
			return nil
		}},
		{Name: "gateway", Holds: b.health},
		{Name: "events", Holds: b.down.following},
	}...)
}

// letsIn says why devices are kept out, or ought to be.
func (b *Bridge) letsIn() error {
	switch {
	case !b.stands():
		return errors.New("nobody may hear devices that come now: not all sessions of the bridge, or of its fleet, are known to stand")
	case b.callout != nil && !b.callout.Answers():
		return errors.New("devices are not let in")
	case b.broker == nil:
		return nil
	}
	if err := b.cramped(); err != nil {
		return fmt.Errorf("devices are kept out: %w", err)
	}
	return nil
}

// health is what stands between the bridge and the gateway, nil if nothing.
func (b *Bridge) health() error { return errors.Join(b.relay.Health(), b.down.statements.Health()) }

// spoolHolds says why nothing can be stored, or read any more.
func (b *Bridge) spoolHolds() error {
	if err := b.spool.InPlace(); err != nil { // noticed even if nothing arrives
		return err
	}
	if err := b.relay.Health(); errors.Is(err, spool.ErrDamaged) {
		return err
	}
	return b.intake.Failure()
}

// tellFound logs what is not as it should be in a spool that could be opened all the same.
func (b *Bridge) tellFound(found spool.Report) {
	if found.Made {
		b.log.Info("there never was a spool here: an empty one was made")
	}
	if found.Unmarked != nil {
		b.log.Warn("a spool that is lost would not be missed at the next start", zap.Error(found.Unmarked))
	}
	if found.Mended {
		b.log.Error("a flipped bit in the spool's file was put right: check the disk")
	}
	if found.Torn {
		b.log.Warn("the spool's last transaction does not hold: after a power loss that is one that was not acknowledged; " +
			"else the disk lost it, and messages with it")
	}
	if found.Corrupt > 0 {
		b.log.Error("records of the spool do not have their checksum, and go into quarantine: check the disk", zap.Int64("records", found.Corrupt))
	}
}
