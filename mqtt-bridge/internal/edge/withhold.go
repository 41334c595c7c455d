package edge

import (
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/outbox"
	"go.uber.org/zap"
)

// backlog is why nothing is signed for a device that the consortium's broker refuses, when so much of it waits already.
const backlog = "backlog"

// refusedParts is the part of the store, one of so many, that a device may fill which the consortium's broker refuses.
const refusedParts = 8

// limitsOf leaves the last part of the store to others than the one device that fills it.
func limitsOf(c config.Config) outbox.Limits {
	l := outbox.Limits{Bytes: c.StoreBytes, FreeBytes: c.StoreFreeBytes}
	if len(c.Devices) > 1 {
		l.DeviceBytes = c.StoreBytes - c.StoreBytes/refusedParts
	}
	return l
}

// withholds says why nothing is signed for a device at present, empty if something is. What its logger sends then is acknowledged: a local
// broker gives messages in order, and to hold one back would hold back those of all.
func (e *Edge) withholds(device string) string {
	if e.outbox.Waiting(device) >= e.config.StoreBytes/int64(min(len(e.config.Devices), refusedParts)) && e.uplink.RefusedAlone(device) {
		return backlog
	}
	return ""
}

// tellOmitted counts readings that were acknowledged and not signed, and says so now and then.
func (e *Edge) tellOmitted(g group) {
	for _, o := range g.omitted {
		e.metrics.withheld.WithLabelValues(o.reason).Add(float64(o.readings))
		if now := time.Now(); now.Sub(e.warned[o.reason]) > complainEvery {
			e.warned[o.reason] = now
			e.log.Error("readings are acknowledged and not signed", zap.String("device_id", o.device), zap.String("reason", o.reason), zap.Int("readings", o.readings))
		}
	}
}

// refusals says whom the consortium's broker refuses, and who fills the store.
func (e *Edge) refusals() error {
	refused := e.uplink.Refused()
	if len(refused) == 0 {
		return nil
	}
	err := fmt.Errorf("the consortium's broker refuses %d devices, as %s", len(refused), refused[0])
	if device, bytes := e.outbox.Largest(); device != "" {
		err = errors.Join(err, fmt.Errorf("most waits of %s: %d bytes", device, bytes))
	}
	return err
}
