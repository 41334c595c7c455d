package model

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/registry"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Message tells those who may relay messages where the ledger has one.
//
// Codes: Forbidden; NotFound if there is no such device, or the model has not the message.
func (m *Model) Message(ctx context.Context, by rules.Tx, q waymark.MessageQuery) (found waymark.RecordedMessage, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		v := newReading(ctx, s, by)
		if err := access.Authorize(by, waymark.ActRelayMessages, access.Consortium(by.Channel)); err != nil {
			return err
		}
		if _, err := registry.RequireDevice(v, q.Device); err != nil {
			return err
		}
		w, err := v.windowOf(q)
		if err != nil {
			return err
		}
		at, err := v.written(rules.WindowKey(w.Device, w.First))
		found = waymark.RecordedMessage{Device: w.Device, Sequence: q.Sequence, Key: w.Key, Digest: digestOf(w, q.Sequence),
			TxID: w.Recorded.TxID, BlockNumber: at.Block, Recorded: w.Recorded.Time}
		return err
	})
	return found, err
}

// windowOf is the window that holds a message. One begins at most MaxWindowMessages before its last.
func (r *reading) windowOf(q waymark.MessageQuery) (w waymark.Window, err error) {
	first := max(q.Sequence, waymark.MaxWindowMessages) - waymark.MaxWindowMessages + 1
	found := false
	err = r.Scan(rules.Windows(q.Device, first, q.Sequence), func(value []byte) error {
		candidate, err := window.Decode(q.Device, value)
		if err == nil && candidate.First <= q.Sequence && q.Sequence <= candidate.Last {
			w, found = candidate, true
		}
		return err
	})
	if err == nil && !found {
		err = waymark.Errorf(waymark.NotFound, "message %d of device %s is not recorded", q.Sequence, q.Device)
	}
	if err != nil {
		return w, fmt.Errorf("find window: %w", err)
	}
	return w, nil
}

// digestOf is what a window keeps of the digest of one of its messages.
func digestOf(w waymark.Window, sequence uint64) string {
	size := uint64(len(w.Digests)) / (w.Last - w.First + 1)
	at := (sequence - w.First) * size
	return hex.EncodeToString(w.Digests[at : at+size])
}
