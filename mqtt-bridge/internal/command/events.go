package command

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

// Take takes events about commands, in their order, and the checkpoint behind them, in one transaction. What was requested longer
// ago than the gateway needs to settle may have ended since, as by a transfer that is told of by other events: of such a device the gateway is asked. So it is
// of what says that it is from the future, and of what has expired: this clock alone may say so.
func (b *Book) Take(events []client.Event, checkpoint spool.Change) error {
	b.writing.Lock() // so that nobody comes to know of a transfer between the question for it and the answer
	defer b.writing.Unlock()
	changed, now := map[name]*waymark.DeliveredCommand{}, time.Now()
	var behind []string
	for _, e := range events {
		c, open, err := b.read(e)
		switch {
		case err != nil: // of a chaincode that this bridge does not know
			b.log.Error("event about a command cannot be read", zap.String("event", e.ID), zap.Error(err))
		case !open:
			changed[nameOf(c)] = nil
		case now.Sub(e.Time).Abs() > settling, now.Unix() > c.ExpiresAt:
			behind = append(behind, c.Device)
		default:
			changed[nameOf(c)] = &c
		}
	}
	b.noteEnded(changed)
	if err := b.write(changed, checkpoint); err != nil {
		return err
	}
	for _, device := range behind {
		b.fallBehind(device)
	}
	return nil
}

// read returns the command that an event is about, and whether it waits for its device after it, for all that is known.
func (b *Book) read(e client.Event) (c waymark.DeliveredCommand, open bool, err error) {
	at, err := placeOf(e.ID)
	if err != nil {
		return c, false, err
	}
	var told waymark.CommandEvent
	if err := json.Unmarshal(e.Data, &told); err != nil {
		return c, false, err
	}
	c = waymark.DeliveredCommand{Device: told.Device, ID: told.ID, Name: told.Name, Arguments: told.Arguments,
		ExpiresAt: told.ExpiresAt.Unix(), TxID: e.TxID}
	open = strings.TrimPrefix(e.Type, "waymark.") == waymark.EventCommandRequested && !b.movedSince(c.Device, at)
	return c, open, c.Validate()
}
