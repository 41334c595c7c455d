package model_test

import (
	"testing"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/scenario"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

// anEventIsFoundByItsID, by who may know of it.
func anEventIsFoundByItsID(t *testing.T, open databasetest.Opener) {
	w, db := newWorld(t), open(t)()
	m := model.New(db)
	w.telling(
		ledger.Event{Name: waymark.EventMemberRegistered, Payload: payload(t, waymark.MemberEvent{Member: "carrier"})},
		ledger.Event{Name: waymark.EventShipmentReady, Payload: payload(t, waymark.ShipmentEvent{Shipment: "s0"})}, // which there is not
	)
	for _, b := range w.blocks {
		must(t, m.Apply(t.Context(), b))
	}
	by := rules.Tx{Time: w.Now, Channel: scenario.Channel, Caller: w.As("auditor", waymark.Viewer)}
	for _, tt := range []struct {
		id   string
		want bool
	}{
		{"1:2:0", true}, {"1:2:1", false}, {"1:3:0", false}, {"0:0:0", false}, {"1:1:999999999", false},
	} {
		at, err := model.ParsePosition(tt.id)
		must(t, err)
		e, found, err := m.Event(t.Context(), by, "", at)
		if err != nil || found != tt.want || found && (e.Position != at || e.Name != waymark.EventMemberRegistered || e.Member != "producer") {
			t.Errorf("%s: %+v, %t, %v", tt.id, e, found, err)
		}
	}
	notYet := func(at model.Position) {
		t.Helper()
		if _, _, err := m.Event(t.Context(), by, "", at); waymark.CodeOf(err) != waymark.Unavailable {
			t.Errorf("%s of a model without its block: %v", at, err)
		}
	}
	notYet(model.Position{Block: 9})
	must(t, db.Empty(t.Context())) // as when it is being made anew: what it is to have is not what nobody may know of
	notYet(model.Position{Block: 1, Position: 2})
}
