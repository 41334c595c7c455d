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

// Take takes events about commands, in their order, and the checkpoint behind them, in one transaction. What was requested may have ended
// since, as by a transfer that other events tell of: it is kept, and published once the gateway has confirmed it. Of what has
// expired the gateway is asked too: this clock alone may say so.
func (b *Book) Take(events []client.Event, checkpoint spool.Change) error {
	changed, now := map[name]*waymark.DeliveredCommand{}, time.Now()
	var over []name
	for _, e := range events {
		c, open, err := read(e)
		switch {
		case err != nil: // of a chaincode that this bridge does not know
			b.log.Error("event about a command cannot be read", zap.String("event", e.ID), zap.Error(err))
		case !open:
			changed[nameOf(c)] = nil
		case now.Unix() > c.ExpiresAt:
			over = append(over, nameOf(c))
		default:
			changed[nameOf(c)] = &c
		}
	}
	if err := b.change(changed, checkpoint); err != nil {
		return err
	}
	b.doubt(over)
	return nil
}

// read returns the command that an event is about, and whether the event opens it.
func read(e client.Event) (c waymark.DeliveredCommand, open bool, err error) {
	var told waymark.CommandEvent
	if err := json.Unmarshal(e.Data, &told); err != nil {
		return c, false, err
	}
	c = waymark.DeliveredCommand{Device: told.Device, ID: told.ID, Name: told.Name, Arguments: told.Arguments,
		ExpiresAt: told.ExpiresAt.Unix(), TxID: e.TxID}
	open = strings.TrimPrefix(e.Type, "waymark.") == waymark.EventCommandRequested
	return c, open, c.Validate()
}
