package model

import (
	"context"
	"database/sql"
	"strings"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/rules/policy"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

const kindDecision = "decision"

// indexDecision makes the row of a decision that was recorded. None is ever changed.
func (a *application) indexDecision(position int, w ledger.Write) error {
	kind, txID, _ := strings.Cut(w.Key, "/")
	var r waymark.DecisionReceipt
	if kind != kindDecision || !reads(w.Value, &r) {
		return nil
	}
	member, _, _ := strings.Cut(r.Principal.ID, "/") // of a caller: member, role and application
	return a.exec(`INSERT INTO decisions (block, position, tx_id, action, outcome, member) VALUES ($1, $2, $3, $4, $5, $6)`,
		database.Signed(a.block), position, txID, r.Action, r.Decision.Outcome(), member)
}

// decided is a decision on the ledger.
type decided struct {
	at   Position
	txID string
}

// Decisions lists the recorded decisions that a caller may see.
func (m *Model) Decisions(ctx context.Context, by rules.Tx, q waymark.DecisionsQuery) (waymark.DecisionList, error) {
	list := waymark.DecisionList{Decisions: []waymark.DecisionReceipt{}}
	var after Position
	if q.Cursor != "" {
		var err error
		if after, err = ParsePosition(q.Cursor); err != nil {
			return list, err
		}
	}
	block, last, err := listed(ctx, m, by, q.Limit, func(v *reading) ([]decided, error) {
		return decisionsBehind(v, q, after)
	}, func(v *reading, d decided) (bool, error) {
		r, err := permitted(policy.Receipt(v, waymark.ReceiptQuery{TxID: d.txID}))
		if r != nil {
			list.Decisions = append(list.Decisions, *r)
		}
		return r != nil, err
	})
	if last != nil {
		list.Cursor = last.at.String()
	}
	list.Block = block
	return list, err
}

// decisionsBehind are the decisions that fit a query, behind the one of its cursor.
func decisionsBehind(v *reading, q waymark.DecisionsQuery, after Position) ([]decided, error) {
	var f filter
	f.is("action", string(q.Action))
	f.is("outcome", string(q.Outcome))
	f.is("member", q.Member)
	f.and("block >= " + f.arg(database.Signed(q.FromBlock)))
	order, behind := "block, position", ">"
	if q.Order == waymark.LatestFirst {
		order, behind = "block DESC, position DESC", "<"
	}
	if q.Cursor != "" {
		f.and("(block, position) " + behind + " (" + f.arg(database.Signed(after.Block)) + ", " + f.arg(after.Position) + ")")
	}
	rows, err := v.statements.QueryContext(v.ctx, "SELECT block, position, tx_id FROM decisions"+f.where()+" ORDER BY "+order+" LIMIT "+f.arg(maxCandidates), f.args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (d decided, err error) {
		var block int64
		err = rows.Scan(&block, &d.at.Position, &d.txID)
		d.at.Block = database.Unsigned(block)
		return d, err
	})
}
