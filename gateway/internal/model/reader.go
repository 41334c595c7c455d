package model

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Ledger is what a Reader asks of the ledger itself.
type Ledger interface {
	// Caller returns who an identity is to the rules.
	Caller(as ledger.Identity) (rules.Caller, error)
	// Evaluate runs a transaction that reads.
	Evaluate(ctx context.Context, call ledger.Call) (json.RawMessage, error)
	// Height returns how many blocks the peer has.
	Height(ctx context.Context) (uint64, error)
}

// Reader answers callers from the model.
type Reader struct {
	model   *Model
	ledger  Ledger
	rules   *rulebook
	channel string
	trace   func(txID string) string
	cursors Cursors

	measured atomic.Bool // how high the ledger was when this process asked first
}

// NewReader returns a reader. own is the identity that asks the ledger for its rulebook; trace tells the traceparent of a transaction that
// this gateway wrote, empty for none; cursors are those of its lists.
func NewReader(m *Model, l Ledger, own ledger.Identity, channel string, trace func(txID string) string, cursors Cursors) *Reader {
	return &Reader{model: m, ledger: l, rules: newRulebook(l, own), channel: channel, trace: trace, cursors: cursors}
}

// maxAwait bounds how long a reader waits for a block.
const maxAwait = 5 * time.Second

// measure asks the ledger once how many blocks it has: before the model has them an answer of it would be one of long ago, by grants that
// may have been withdrawn since. Who asks first waits for them a little.
func (r *Reader) measure(ctx context.Context) error {
	if r.measured.Load() {
		return nil
	}
	height, err := r.ledger.Height(ctx)
	if err != nil {
		return err
	}
	r.model.Require(height)
	r.measured.Store(true)
	ctx, cancel := context.WithTimeout(ctx, maxAwait)
	defer cancel()
	return r.model.Await(ctx, height-1)
}

// as is a question of an identity, now, that is to have a block.
func (r *Reader) as(ctx context.Context, id ledger.Identity, block uint64) (rules.Tx, error) {
	caller, err := r.ledger.Caller(id)
	if err != nil {
		return rules.Tx{}, err
	}
	if err := r.rules.check(ctx); err != nil {
		return rules.Tx{}, err
	}
	if err := r.measure(ctx); err != nil {
		return rules.Tx{}, err
	}
	if block > 0 {
		ctx, cancel := context.WithTimeout(ctx, maxAwait)
		defer cancel()
		if err := r.model.Await(ctx, block); err != nil {
			return rules.Tx{}, err
		}
	}
	return rules.Tx{Time: rules.Milliseconds(time.Now()), Channel: r.channel, Caller: caller}, nil
}

// Search finds what an identity may see of what has an identifier. Codes: as Shipments.
func (r *Reader) Search(ctx context.Context, as ledger.Identity, q waymark.SearchQuery) (waymark.SearchResult, error) {
	return answer(ctx, r, as, q.At, q, r.model.Search)
}

// Provenance tells an identity where a thing comes from. Codes: as Shipments; those of goods:Get.
func (r *Reader) Provenance(ctx context.Context, as ledger.Identity, q waymark.ProvenanceQuery) (waymark.Provenance, error) {
	return answer(ctx, r, as, q.At, q, r.model.Provenance)
}

// answer asks the model for an identity.
func answer[Q, A any](ctx context.Context, r *Reader, as ledger.Identity, at uint64, q Q, ask func(context.Context, rules.Tx, Q) (A, error)) (A, error) {
	by, err := r.as(ctx, as, at)
	if err != nil {
		return *new(A), err
	}
	return ask(ctx, by, q)
}

// Events returns what an identity may know of the events after an id, or from now on if that is empty.
//
// Codes: as Shipments; Invalid for what is no id.
func (r *Reader) Events(ctx context.Context, as ledger.Identity, q waymark.EventsQuery, after string) (client.EventList, error) {
	by, err := r.as(ctx, as, 0)
	if err != nil {
		return client.EventList{}, err
	}
	f := EventFilter{Kind: q.Kind, Device: q.Device, Shipment: q.Shipment, Member: q.Member, Purpose: q.Purpose, Back: q.Order == waymark.LatestFirst}
	from, err := r.from(ctx, after)
	if err == nil && f.Back && after != "" {
		from, err = ParsePosition(after)
	}
	if err != nil {
		return client.EventList{}, err
	}
	found, err := r.model.Events(ctx, by, f, from)
	if err != nil {
		return client.EventList{}, err
	}
	list := client.EventList{Events: []client.Event{}, Next: found.Next.before().String(), Block: max(found.Height, 1) - 1}
	if f.Back {
		list.Next = found.Next.String()
	}
	for _, e := range found.Events {
		list.Events = append(list.Events, r.told(e))
	}
	return list, nil
}

// MaxAhead is how many blocks another gateway's model may have that this one has not: whoever comes from there goes on here.
const MaxAhead = 100

// from is the position to go on at.
func (r *Reader) from(ctx context.Context, after string) (Position, error) {
	height, err := r.model.known(ctx)
	if err != nil || after == "" {
		return End(height), err
	}
	p, err := ParsePosition(after)
	if err == nil && p.Block > height+MaxAhead {
		err = waymark.InvalidField("/after", "must be of a block that there is: %d are known here", height)
	}
	return p.after(), err
}

// told is an event as callers get it.
func (r *Reader) told(e Event) client.Event {
	return client.Event{
		SpecVersion: "1.0", ID: e.Position.String(), Source: "/channels/" + r.channel, Type: "waymark." + e.Name, Subject: e.Subject(),
		Time: time.UnixMilli(e.AtMilli).UTC(), DataContentType: "application/json", Data: e.Payload, TxID: e.TxID, Member: e.Member,
		TraceParent: r.trace(e.TxID),
	}
}

// Grown returns when there may be events after an id, or ctx is done.
func (r *Reader) Grown(ctx context.Context, after string) {
	if p, err := ParsePosition(after); err == nil {
		_ = r.model.Await(ctx, p.after().Block) // or ctx is done
	}
}
