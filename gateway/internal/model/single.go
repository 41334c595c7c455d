package model

import (
	"context"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Event returns the event at a position, or false if there is none that a caller may know of.
//
// Codes: Unavailable while the model has not its block.
func (m *Model) Event(ctx context.Context, by rules.Tx, purpose string, at Position) (Event, bool, error) {
	var all stretch
	err := m.snapshot(ctx, func(ctx context.Context, s database.Statements, last uint64) (err error) {
		if last < at.Block {
			return waymark.Errorf(waymark.Unavailable, "the read model does not have block %d yet: retry later", at.Block)
		}
		all, err = eventsFrom(ctx, s, EventFilter{}, at, last+1, bounds{1, 1})
		return err
	})
	if err != nil || len(all.events) == 0 || all.events[0].Position != at {
		return Event{}, false, err
	}
	shown, err := m.mayKnow(ctx, by, purpose, all.height, all.events)
	if err != nil || len(shown) == 0 {
		return Event{}, false, err
	}
	return shown[0], true, nil
}

// Event returns the event of an id, or false if there is none that an identity may know of now.
//
// Codes: as Events.
func (r *Reader) Event(ctx context.Context, as ledger.Identity, id, purpose string) (client.Event, bool, error) {
	at, err := ParsePosition(id)
	if err != nil {
		return client.Event{}, false, err
	}
	by, err := r.as(ctx, as, 0)
	if err != nil {
		return client.Event{}, false, err
	}
	e, ok, err := r.model.Event(ctx, by, purpose, at)
	if err != nil || !ok {
		return client.Event{}, false, err
	}
	return r.told(e), true, nil
}

// Last returns an id after which come all events from now on.
//
// Codes: Unavailable while the model has no block.
func (r *Reader) Last(ctx context.Context) (string, error) {
	end, err := r.from(ctx, "")
	return end.before().String(), err
}
