package model

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Position is where an event is: the nth of a transaction. It is the same in every model of a ledger.
type Position struct {
	Block    uint64
	Position int // of the transaction, in the block
	N        int // among its events, from 0
}

// String is the position as the id of an event has it.
func (p Position) String() string { return fmt.Sprintf("%d:%d:%d", p.Block, p.Position, p.N) }

// ParsePosition reads what String wrote: Invalid for anything else.
func ParsePosition(text string) (Position, error) {
	parts := strings.Split(text, ":")
	var n [3]uint64
	for i := range n {
		if len(parts) != len(n) {
			return Position{}, errPosition
		}
		var err error
		if n[i], err = strconv.ParseUint(parts[i], 10, []int{63, 31, 31}[i]); err != nil || strconv.FormatUint(n[i], 10) != parts[i] {
			return Position{}, errPosition
		}
	}
	return Position{Block: n[0], Position: int(n[1]), N: int(n[2])}, nil //nolint:gosec // of 31 bits
}

func (p Position) compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Block, o.Block), cmp.Compare(p.Position, o.Position), cmp.Compare(p.N, o.N))
}

// End is behind all events of the blocks before a height.
func End(height uint64) Position { return Position{Block: height} }

// lastPosition is in no block: orderers make none so long.
const lastPosition = 999_999_999

// before is the id after which come all events from a position on.
func (p Position) before() Position {
	switch {
	case p.N > 0:
		return Position{p.Block, p.Position, p.N - 1}
	case p.Block > 0 && p.Position == 0:
		return Position{Block: p.Block - 1, Position: lastPosition}
	}
	return Position{}
}

// after is the position from which on all events come after the one of this id.
func (p Position) after() Position {
	if p.Position == lastPosition {
		return End(p.Block + 1)
	}
	p.N++
	return p
}

var errPosition = waymark.Errorf(waymark.Invalid, "the id of an event is three numbers: block, transaction and event, as in 17:0:0")

// Event is what happened, as a caller may know it.
type Event struct {
	Position
	Name    string // as in "shipment.ready"
	TxID    string
	Member  string // who did it
	AtMilli int64  // the transaction's time, milliseconds since 1970
	Payload json.RawMessage

	device, shipment string // that it is about, or empty
}

// Subject is what an event is about: its device, else its shipment; empty if it is about neither.
func (e Event) Subject() string { return cmp.Or(e.device, e.shipment) }

// EventFilter says which events are asked for. What is empty may be any.
type EventFilter struct {
	Kind             string // a name, or the part of it before the dot
	Device, Shipment string
	Member           string // who did it
	Purpose          string // what it is read for
}

// fits reports whether an event is asked for.
func (f EventFilter) fits(e Event) bool {
	kind, _, _ := strings.Cut(e.Name, ".")
	return (f.Kind == "" || f.Kind == e.Name || f.Kind == kind) && (f.Device == "" || f.Device == e.device) &&
		(f.Shipment == "" || f.Shipment == e.shipment) && (f.Member == "" || f.Member == e.Member)
}

// maxEvents bounds what one look for events reads.
const maxEvents = 200

// Told is what a caller may know of events, in their order.
type Told struct {
	Events []Event
	Next   Position // behind all that was looked at: who comes again with that misses none, and sees none twice
	Height uint64   // how many blocks were looked at
}

// Events returns what a caller may know of the events from a position on that are asked for, some at a time.
func (m *Model) Events(ctx context.Context, by rules.Tx, f EventFilter, from Position) (Told, error) {
	height, err := m.known(ctx)
	if err != nil {
		return Told{}, err
	}
	found, height, ok, err := m.tail.find(ctx, m.db, height, f, from)
	if err == nil && !ok {
		err = m.db.View(ctx, func(ctx context.Context, s database.Statements) error {
			found, err = eventsFrom(ctx, s, f, from, height, maxEvents)
			return err
		})
	}
	if err != nil {
		return Told{}, err
	}
	next := End(height)
	if len(found) == maxEvents { // there may be more
		next = found[maxEvents-1].after()
	}
	if next.compare(from) < 0 {
		next = from
	}
	shown, err := m.mayKnow(ctx, by, f.Purpose, height, found)
	return Told{Events: shown, Next: next, Height: height}, err
}

// eventsFrom reads events from a position on, of blocks below a height.
func eventsFrom(ctx context.Context, s database.Statements, f EventFilter, from Position, height uint64, limit int) (found []Event, err error) {
	rows, err := s.QueryContext(ctx, `SELECT e.block, e.position, e.n, e.name, e.device, e.shipment, e.payload, t.tx_id, t.member, t.at
		FROM events e JOIN transactions t ON t.block = e.block AND t.position = e.position
		WHERE (e.block, e.position, e.n) >= ($1, $2, $3) AND e.block < $9
		AND ($4 = '' OR e.name = $4 OR e.name LIKE $4 || '.%') AND ($5 = '' OR e.device = $5) AND ($6 = '' OR e.shipment = $6)
		AND ($7 = '' OR t.member = $7) ORDER BY e.block, e.position, e.n LIMIT $8`,
		bigint(from.Block), from.Position, from.N, f.Kind, f.Device, f.Shipment, f.Member, limit, bigint(height))
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for rows.Next() {
		var e Event
		var block int64
		if err := rows.Scan(&block, &e.Position.Position, &e.N, &e.Name, &e.device, &e.shipment, &e.Payload, &e.TxID, &e.Member, &e.AtMilli); err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		e.Block = number(block)
		found = append(found, e)
	}
	return found, rows.Err()
}
