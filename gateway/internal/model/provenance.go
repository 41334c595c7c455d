package model

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/custody"
	"github.com/waymark-ledger/waymark/chaincode/rules/goods"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
)

// Provenance tells a caller where an item or container comes from and where it has been: the thing, its sources and its
// own moves as goods:Get, goods:Trace and goods:History show them, the containers and shipments on the way as their own
// rules do.
//
// Codes: those of goods:Get.
func (m *Model) Provenance(ctx context.Context, by rules.Tx, q waymark.ProvenanceQuery) (p waymark.Provenance, err error) {
	err = m.snapshot(ctx, func(ctx context.Context, s database.Statements, last uint64) error {
		v := newReading(ctx, s, by)
		p.Block = last
		thing, err := goods.Get(v, waymark.GoodsQuery{ID: q.ID})
		if err != nil {
			return err
		}
		back, err := goods.Trace(v, waymark.TraceQuery{ID: thing.ID, Direction: waymark.TraceBack})
		if err != nil {
			return err
		}
		j := journey{v: v, bytes: m.pageBytes, purpose: q.Purpose, shipments: map[string]*waymark.ShipmentView{}}
		if err := j.follow(thing.ID, span{}, 0); err != nil {
			return err
		}
		p.Thing, p.Sources, p.MoreSources = *thing, back.Entries, back.Cursor != ""
		p.Steps, p.MoreSteps = j.inOrder()
		return nil
	})
	return p, err
}

// span is from one position to before another, of which that of nothing is the end of the ledger.
type span struct{ from, to Position }

func (s span) has(p Position) bool {
	return p.compare(s.from) >= 0 && (s.to == Position{} || p.compare(s.to) < 0)
}

// move is that a thing came to a place.
type move struct {
	at    Position
	place waymark.Place
}

// stepAt is a step with where it is in the ledger.
type stepAt struct {
	at   Position
	step waymark.ProvenanceStep
}

// journey collects the steps of a thing.
type journey struct {
	v         *reading
	bytes     int // that are read of records until it ends
	purpose   string
	steps     []stepAt
	shipments map[string]*waymark.ShipmentView // as the caller is shown them, nil of one that is withheld
	cut       bool                             // moves are left out
	ended     bool                             // there is more than is told
}

// add adds a step, if there are not as many as are told.
func (j *journey) add(at Position, step waymark.ProvenanceStep) {
	if j.ended = j.ended || len(j.steps) == waymark.MaxSteps; !j.ended {
		j.steps = append(j.steps, stepAt{at, step})
	}
}

// over reports whether it goes no further: enough was told, or read.
func (j *journey) over() bool {
	j.ended = j.ended || j.v.bytes > j.bytes
	return j.ended
}

// inOrder are the steps, oldest first, and whether there are later ones. They are collected nearly so: each stay lies
// between two moves.
func (j *journey) inOrder() (steps []waymark.ProvenanceStep, more bool) {
	slices.SortStableFunc(j.steps, func(a, b stepAt) int { return a.at.compare(b.at) })
	steps = []waymark.ProvenanceStep{}
	for _, s := range j.steps {
		steps = append(steps, s.step)
	}
	return steps, j.cut || j.ended
}

// follow adds where a thing was in a span, and where the containers and shipments went in which it was. depth counts
// the containers.
func (j *journey) follow(id string, in span, depth int) error {
	moves, err := j.moves(id, in)
	if err != nil || depth > goods.MaxDepth {
		return err
	}
	known, err := j.known(id, depth)
	for i := 0; err == nil && i < len(moves) && !j.over(); i++ {
		m, stay := moves[i], span{moves[i].at, in.to}
		if i+1 < len(moves) {
			stay.to = moves[i+1].at
		}
		if m.at.compare(in.from) < 0 { // it was there already
			stay.from = in.from
		} else if err = j.came(id, m, known); err != nil {
			return err
		}
		err = j.stayed(m.place, stay, depth)
	}
	return err
}

// known reports whether the caller may know of a thing: of the one that is asked for, which is at the bottom, it may.
func (j *journey) known(id string, depth int) (bool, error) {
	if depth == 0 {
		return true, nil
	}
	g, err := permitted(goods.Get(j.v, waymark.GoodsQuery{ID: id}))
	return g != nil, err
}

// moves are those of a thing in a span, oldest first, and before them the one with which it came to where it was at the
// beginning; at most waymark.MaxSteps.
func (j *journey) moves(id string, in span) ([]move, error) {
	to := in.to
	if to == (Position{}) {
		to.Block = waymark.MaxSequence
	}
	from := database.Signed(in.from.Block)
	before, err := j.some(`SELECT block, position, place FROM moves WHERE id = $1 AND (block, position) <= ($2, $3)
		ORDER BY block DESC, position DESC LIMIT 1`, []byte(id), from, in.from.Position)
	if err != nil {
		return nil, err
	}
	after, err := j.some(`SELECT block, position, place FROM moves WHERE id = $1 AND (block, position) > ($2, $3) AND (block, position) < ($4, $5)
		ORDER BY block, position LIMIT $6`, []byte(id), from, in.from.Position, database.Signed(to.Block), to.Position, waymark.MaxSteps)
	j.cut = j.cut || len(after) == waymark.MaxSteps
	return append(before, after...), err
}

func (j *journey) some(query string, args ...any) ([]move, error) {
	rows, err := j.v.statements.QueryContext(j.v.ctx, query, args...)
	if err != nil {
		return nil, databaseError{err}
	}
	return collect(rows, func(rows *sql.Rows) (m move, err error) {
		var block int64
		var place []byte
		if err = rows.Scan(&block, &m.at.Position, &place); err != nil {
			return m, databaseError{err}
		}
		m.at.Block, m.place = database.Unsigned(block), waymark.Place(place)
		return m, nil
	})
}

// came tells that a thing came to a place, to who may know of the thing, or of the shipment that it came into: who may
// know of neither is told by carried that there is something.
func (j *journey) came(id string, m move, known bool) error {
	if !known && m.place.Kind() == waymark.PlaceShipment {
		s, err := j.shipment(m.place.ID())
		if err != nil || s == nil {
			return err
		}
		known = true
	}
	if !known {
		j.add(m.at, waymark.ProvenanceStep{What: withheld, Withheld: true})
		return nil
	}
	step, err := j.step(m.at)
	if err == nil {
		step.Thing, step.Place = id, m.place
		j.add(m.at, step)
	}
	return err
}

const withheld = "withheld"

// step is what a transaction did, as its event says; one that told of none is known by its function.
func (j *journey) step(at Position) (waymark.ProvenanceStep, error) {
	step := waymark.ProvenanceStep{Block: at.Block}
	var milli int64
	var payload []byte // nil without an event
	err := j.v.statements.QueryRowContext(j.v.ctx, `SELECT t.tx_id, t.member, t.at, COALESCE(e.name, t.function), e.payload FROM transactions t
		LEFT JOIN events e ON e.block = t.block AND e.position = t.position AND e.n = 0 WHERE t.block = $1 AND t.position = $2`,
		database.Signed(at.Block), at.Position).Scan(&step.TxID, &step.Member, &milli, &step.What, &payload)
	if err != nil {
		return step, databaseError{err}
	}
	step.Time = time.UnixMilli(milli).UTC()
	var of waymark.GoodsEvent
	if !reads(payload, &of) || of.Act == "" {
		return step, nil
	}
	act, err := permitted(goods.Read(j.v, waymark.ActQuery{ID: of.Act}))
	if act != nil {
		step.Act = act.ID
	}
	return step, err
}

// stayed adds what happened to the container or shipment that a thing was in.
func (j *journey) stayed(at waymark.Place, stay span, depth int) error {
	switch at.Kind() {
	case waymark.PlaceContainer:
		return j.follow(at.Container().String(), stay, depth+1)
	case waymark.PlaceShipment:
		return j.carried(at.ID(), stay)
	case waymark.PlaceStock, waymark.PlaceUsed, waymark.PlaceDecommissioned: // nothing happens to these
	}
	return nil
}

// carried adds the handoffs of a shipment that were accepted while a thing was in it.
func (j *journey) carried(id string, stay span) error {
	s, err := j.shipment(id)
	if err != nil {
		return err
	}
	if s == nil {
		j.add(stay.from, waymark.ProvenanceStep{What: withheld, Withheld: true})
		return nil
	}
	for _, h := range s.Handoffs {
		if h.State != waymark.HandoffAccepted {
			continue
		}
		at, err := j.v.written(rules.HandoffKey(id, h.Number))
		if err != nil {
			return err
		}
		if !stay.has(at) {
			continue
		}
		step, err := j.step(at)
		if err != nil {
			return err
		}
		step.What, step.Shipment, step.Handoff, step.Obligations = waymark.EventHandoffAccepted, id, &h, s.Obligations
		j.add(at, step)
	}
	return nil
}

// shipment is a shipment as the caller is shown it, or nil.
func (j *journey) shipment(id string) (*waymark.ShipmentView, error) {
	if s, asked := j.shipments[id]; asked {
		return s, nil
	}
	s, err := permitted(custody.Get(j.v, waymark.ShipmentQuery{Shipment: id, Purpose: j.purpose}))
	if err == nil {
		j.shipments[id] = s
	}
	return s, err
}
