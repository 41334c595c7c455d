package model

import (
	"bytes"
	"context"
	"encoding/json"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/stream"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Unchecked returns the devices of which anchored windows wait for their check, whoever owns them, for the gateway itself.
//
// Codes: Unavailable.
func (m *Model) Unchecked(ctx context.Context) (devices []string, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		return records{ctx, s}.Scan(rules.Range{From: "stream/", To: "stream0"}, func(value []byte) error {
			if !bytes.Contains(value, []byte(`"unchecked":[{`)) { // most have none
				return nil
			}
			var of waymark.Stream
			if err := json.Unmarshal(value, &of); err != nil {
				return err
			}
			devices = append(devices, of.Device)
			return nil
		})
	})
	return devices, err
}

// Waiting returns the windows of a device that wait for their check, oldest first, for the gateway itself.
//
// Codes: Unavailable.
func (m *Model) Waiting(ctx context.Context, device string) (waiting []ledger.Unchecked, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, _ uint64) error {
		r := records{ctx, s}
		at, err := stream.Load(r, device)
		if err != nil || at.Anchored == nil {
			return err
		}
		for _, run := range at.Anchored.Unchecked {
			w, err := r.unchecked(device, run.First)
			if err != nil {
				return err
			}
			waiting = append(waiting, w)
		}
		return nil
	})
	return waiting, err
}

// unchecked is the window of a device that begins with a message.
func (r records) unchecked(device string, first uint64) (u ledger.Unchecked, err error) {
	key := rules.WindowKey(device, first)
	value, err := r.Get(key)
	if err != nil {
		return u, err
	}
	at, err := r.written(key)
	if err != nil {
		return u, err
	}
	u.Block = at.Block
	u.Window, err = window.Decode(device, value)
	return u, err
}
