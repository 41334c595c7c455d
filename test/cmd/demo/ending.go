package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/audit"
)

// timeline prints who did what, as the auditor's own gateway tells it.
func (s *story) timeline(ctx context.Context) error {
	auditor := s.apps["auditor"]
	s.chapter("The timeline, from the auditor's gateway: who, what, transaction, block")
	history, err := auditor.ShipmentHistory(ctx, waymark.ShipmentQuery{Shipment: s.shipment})
	if err != nil {
		return err
	}
	for _, e := range history.Entries {
		t, err := auditor.Transaction(ctx, client.TransactionQuery{TxID: e.Stamp.TxID})
		if err != nil {
			return err
		}
		if t.State != client.Committed {
			return fmt.Errorf("transaction %s is %s", t.TxID, t.State)
		}
		s.say("    %s  %-9s %-25s tx %.8s  block %-4d %s", e.Stamp.Time.Format("15:04:05.000"), e.Stamp.Member, e.What, t.TxID, *t.BlockNumber, e.Detail)
	}
	want := 1 + len(s.loggers) + 4 // created, attached, two offers, two acceptances
	if len(history.Entries) < want {
		return fmt.Errorf("the timeline has %d entries, want at least %d", len(history.Entries), want)
	}
	return nil
}

// audit compares what the loggers' broker acknowledged with every peer's ledger.
func (s *story) audit(ctx context.Context) error {
	s.chapter("The ledger of every peer, read block by block, past the gateways")
	ledgers, err := audit.ReadAll(ctx, s.network)
	if err != nil {
		return err
	}
	for _, l := range ledgers {
		if doubled := l.Doubled(); len(doubled) > 0 {
			return fmt.Errorf("peer of %s: recorded twice: %s", l.Member, strings.Join(doubled, ", "))
		}
		messages := 0
		for _, d := range s.loggers {
			if missing := l.Missing(d.ID(), uint64(len(d.sent))); len(missing) > 0 {
				return fmt.Errorf("peer of %s: acknowledged and not recorded: %s %v", l.Member, d.ID(), missing)
			}
			if recorded := len(l.Recorded[d.ID()]); recorded != len(d.sent) {
				return fmt.Errorf("peer of %s: %d messages of %s, %d were sent", l.Member, recorded, d.ID(), len(d.sent))
			}
			messages += len(d.sent)
		}
		s.say("    peer of %-9s height %d, tip %x..., %d messages of this story: lost 0, doubled 0", l.Member, l.Height, l.Tip[:4], messages)
	}
	return nil
}
