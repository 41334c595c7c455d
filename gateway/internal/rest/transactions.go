package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/requests"
)

// queryEnvelope asks for the signed envelope of a transaction.
const queryEnvelope = "envelope"

func ledgerRoutes() []route {
	return []route{receiptRoute(), {
		method: http.MethodGet, path: "/v1/transactions/{tx_id}", id: "getTransaction", tag: tagLedger,
		summary: "How a transaction stands: under way, or in a block, valid or not",
		doc: documented{
			about: "Whose write it was, as long as this member's gateways keep it; else whoever may read transactions (`ReadTransaction`: an admin, operator, quality or viewer). " +
				"It reads what is kept and the member's own peer. `not_found`: neither knows the transaction, which can still be under way at another member.",
			asked: func(p path) any { return client.TransactionQuery{TxID: p.txID, Envelope: p.envelope} },
		},
		result: client.Transaction{},
		query:  queryEnvelope,
		serve:  serveTransaction,
	}}
}

func serveTransaction(s *service, c *gin.Context) error {
	p, err := parsePath(c.Params)
	if err != nil {
		return err
	}
	exchangeOf(c).txID = p.txID
	switch c.Query(queryEnvelope) {
	case "", "false":
	case "true":
		p.envelope = true
	default:
		return waymark.Errorf(waymark.Invalid, "the query parameter %s must be true or false", queryEnvelope)
	}
	t, err := s.transaction(c.Request.Context(), exchangeOf(c), p.txID, p.envelope)
	if err != nil {
		return err
	}
	return s.respond(c, http.StatusOK, t)
}

// transaction joins what is kept and what the ledger holds. Whose write it was is always told
// how that stands, from what is kept alone unless it wants the envelope: it asks again and again.
// All else is told to those whom the policies let read transactions.
func (s *service) transaction(ctx context.Context, ex *exchange, txID string, withEnvelope bool) (client.Transaction, error) {
	view, found, lost := s.writer.Transaction(ctx, txID)
	own := view.Caller == ex.caller.ID // of none it is empty, and no caller is
	if own && (!withEnvelope || !holds(view)) {
		return kept(view, true), nil
	}
	// The peer's block index knows no policies, so this gateway asks for them.
	err := permit(ctx, s, ex.caller.Identity, waymark.ActReadTransaction)
	if own && waymark.CodeOf(err) == waymark.Forbidden {
		return kept(view, true), nil
	}
	if err != nil {
		return client.Transaction{}, err
	}
	if found && !ordered(view) {
		return kept(view, false), nil
	}
	fetched, err := s.fetch(ctx, ex, txID, withEnvelope)
	if err != nil {
		return client.Transaction{}, absent(err, lost)
	}
	return withHeld(kept(view, own), fetched), nil
}

// fetch asks the ledger for a transaction. An envelope, which can be almost a block, is held until it
// is answered, and so needs room whatever its size; else only a large block does.
func (s *service) fetch(ctx context.Context, ex *exchange, txID string, withEnvelope bool) (ledger.Transaction, error) {
	room := sync.OnceValue(func() error { return s.fetchesBlock(ex, bytesOfTransaction) })
	if withEnvelope {
		if err := room(); err != nil {
			return ledger.Transaction{}, err
		}
	}
	return s.ledger.Transaction(ctx, ex.caller.Identity, txID, withEnvelope, room)
}

// absent is the answer for a transaction that the ledger does not tell. Without the database it
// may be one that is kept.
func absent(err, lost error) error {
	if lost != nil && waymark.CodeOf(err) == waymark.NotFound {
		return lost
	}
	return err
}

// holds is whether the ledger has the envelope of a kept transaction: not if another one has its id.
func holds(v requests.View) bool { return ordered(v) && v.Fate.Status != ledger.Duplicate }

// ordered is whether the ledger holds a kept transaction, as far as is known.
func ordered(v requests.View) bool { return v.Fate != nil && v.Fate.Status != ledger.Unordered }

// kept is what a gateway has kept of a transaction; own adds what only its caller is told.
func kept(v requests.View, own bool) client.Transaction {
	t := client.Transaction{TxID: v.TxID, State: client.Accepted, ReplacedBy: v.ReplacedBy}
	switch {
	case v.Fate != nil:
		t.State, t.Status = stateOf(v.Fate.Status), v.Fate.Status
	case v.Submitted:
		t.State = client.Submitted
	}
	if ordered(v) {
		t.BlockNumber, t.Position = &v.Fate.BlockNumber, &v.Fate.Position
	}
	if own && v.Answer != nil {
		t.Location, t.Result = v.Answer.Location, json.RawMessage(record(v.Answer.Result))
	}
	if own {
		t.Error = v.Error
	}
	return t
}

// stateOf is the state of a transaction whose fate is known.
func stateOf(status string) client.State {
	if status == ledger.Valid {
		return client.Committed
	}
	return client.Invalid
}

// withHeld adds to t what the ledger holds.
func withHeld(t client.Transaction, l ledger.Transaction) client.Transaction {
	t.TxID, t.State, t.Status, t.BlockNumber, t.Position = l.TxID, stateOf(l.Status), l.Status, &l.BlockNumber, &l.Position
	creator := client.Creator(l.Creator)
	t.Channel, t.Transaction, t.Creator, t.Endorsers, t.Envelope, t.Time = l.Channel, l.Transaction, &creator, l.Endorsers, l.Envelope, l.Time
	return t
}
