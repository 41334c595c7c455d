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

// Take takes events about commands, in their order, and the checkpoint behind them, in one transaction.
func (b *Book) Take(events []client.Event, checkpoint spool.Change) error {
	changed := map[name]*waymark.DeliveredCommand{}
	for _, e := range events {
		c, open, err := read(e, time.Now())
		switch {
		case err != nil: // of a chaincode that this bridge does not know
			b.log.Error("event about a command cannot be read", zap.String("event", e.ID), zap.Error(err))
		case open:
			changed[nameOf(c)] = &c
		default:
			changed[nameOf(c)] = nil
		}
	}
	return b.change(changed, checkpoint)
}

// read returns the command that an event is about, and whether it waits for its device after it.
func read(e client.Event, now time.Time) (c waymark.DeliveredCommand, open bool, err error) {
	var told waymark.CommandEvent
	if err := json.Unmarshal(e.Data, &told); err != nil {
		return c, false, err
	}
	c = waymark.DeliveredCommand{Device: told.Device, ID: told.ID, Name: told.Name, Arguments: told.Arguments,
		ExpiresAt: told.ExpiresAt.Unix(), TxID: e.TxID}
	open = strings.TrimPrefix(e.Type, "waymark.") == waymark.EventCommandRequested && now.Unix() <= c.ExpiresAt
	return c, open, c.Validate()
}
