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
	Back             bool   // the events before a position, the last one first
}

// fits reports whether an event is asked for.
func (f EventFilter) fits(e Event) bool {
	kind, _, _ := strings.Cut(e.Name, ".")
	return (f.Kind == "" || f.Kind == e.Name || f.Kind == kind) && (f.Device == "" || f.Device == e.device) &&
		(f.Shipment == "" || f.Shipment == e.shipment) && (f.Member == "" || f.Member == e.Member)
}

// Bounds of one look for events.
const (
	maxEvents = 200  // that it finds
	maxLooked = 2000 // that it looks at
)

// Told is what a caller may know of events, in their order.
type Told struct {
	Events []Event
	Next   Position // behind all that was looked at, or before it: who comes again with that misses none, and sees none twice
	Height uint64   // how many blocks the model has
}

// Events returns what a caller may know of the events from a position on that are asked for, some at a time; or of those before it.
func (m *Model) Events(ctx context.Context, by rules.Tx, f EventFilter, from Position) (Told, error) {
	height, err := m.known(ctx)
	if err != nil {
		return Told{}, err
	}
	var found stretch
	ok := false
	if !f.Back {
		found, ok, err = m.tail.find(ctx, m, height, f, from)
	}
	if err == nil && !ok {
		found, err = m.look(ctx, f, from)
	}
	if err != nil {
		return Told{}, err
	}
	if !f.Back && found.next.compare(from) < 0 {
		found.next = from
	}
	shown, err := m.mayKnow(ctx, by, f.Purpose, found.height, found.events)
	return Told{Events: shown, Next: found.next, Height: found.height}, err
}

// stretch is events that are asked for, behind which all comes that was not looked at, of a model of so many blocks.
type stretch struct {
	events []Event
	next   Position
	height uint64
}

// look looks for events in the database, as it is at one moment.
func (m *Model) look(ctx context.Context, f EventFilter, from Position) (all stretch, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, last uint64) error {
		all, err = eventsFrom(ctx, s, f, from, last+1, bounds{maxEvents, maxLooked})
		return err
	})
	return all, err
}

// bounds are how many events are found at most, and looked at.
type bounds struct{ found, looked int }

// eventsFrom reads events from a position on, or before it, of blocks below a height. By an index it reads what may be asked for, and looks at each.
func eventsFrom(ctx context.Context, s database.Statements, f EventFilter, from Position, height uint64, most bounds) (all stretch, err error) {
	all = stretch{next: End(height), height: height}
	side, order := ">=", ""
	if f.Back {
		all.next, side, order = Position{}, "<", " DESC"
	}
	where := f.indexed()
	where.and("(e.block, e.position, e.n) " + side + " (" + where.arg(database.Signed(from.Block)) + ", " + where.arg(from.Position) + ", " + where.arg(from.N) + ")")
	where.and("e.block < " + where.arg(database.Signed(height)))
	rows, err := s.QueryContext(ctx, `SELECT e.block, e.position, e.n, e.name, e.device, e.shipment, e.payload, t.tx_id, t.member, t.at
		FROM events e JOIN transactions t ON t.block = e.block AND t.position = e.position`+where.where()+
		` ORDER BY e.block`+order+`, e.position`+order+`, e.n`+order+` LIMIT `+where.arg(most.looked), where.args...)
	if err != nil {
		return all, databaseError{fmt.Errorf("events: %w", err)}
	}
	defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
	for n := 1; rows.Next(); n++ {
		var e Event
		var block int64
		if err := rows.Scan(&block, &e.Position.Position, &e.N, &e.Name, &e.device, &e.shipment, &e.Payload, &e.TxID, &e.Member, &e.AtMilli); err != nil {
			return all, databaseError{fmt.Errorf("events: %w", err)}
		}
		if e.Block = database.Unsigned(block); f.fits(e) {
			all.events = append(all.events, e)
		}
		if len(all.events) == most.found || n == most.looked { // there may be more
			if all.next = e.after(); f.Back {
				all.next = e.Position
			}
			break
		}
	}
	return all, rows.Err()
}

// indexed is so much of what is asked for as one index of events has: what leaves the fewest, as a rule.
func (f EventFilter) indexed() (where filter) {
	kind, _, _ := strings.Cut(f.Kind, ".")
	switch {
	case f.Shipment != "":
		where.is("e.shipment", f.Shipment)
		where.and("e.shipment <> ''") // as the index has it
	case f.Device != "":
		where.is("e.device", f.Device)
		where.and("e.device <> ''")
	case kind != "":
		where.is("e.kind", kind)
	case f.Member != "":
		where.is("e.member", f.Member)
	}
	return where
}
