package requests

import (
	"context"

	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Transaction returns what is known of a transaction of a kept request; false if it is of none.
//
// Codes: Unavailable without the database.
func (r *Runner) Transaction(ctx context.Context, txID string) (View, bool, error) {
	t, found, err := r.store.Transaction(ctx, txID)
	if err != nil {
		return View{}, false, unkept("", err)
	}
	if !found {
		return View{}, false, nil
	}
	v := viewOf(t)
	if o := r.operation(t.Request.ID); v.Phase == Accepted && o != nil && o.handedOver(txID) {
		v.Phase = Submitted
	}
	return v, true, nil
}

// viewOf is what is told of a transaction as it is kept.
func viewOf(t Transaction) View {
	v := View{TxID: t.TxID, Phase: Accepted, Caller: t.Request.Caller, Fate: t.Fate, ReplacedBy: t.ReplacedBy}
	if t.Fate == nil {
		return v
	}
	v.Phase = Invalid
	if t.Fate.Status == ledger.Valid {
		v.Phase = Committed
	}
	if t.Request.TxID != t.TxID {
		return v
	}
	switch t.Request.State {
	case Done:
		v.Answer = &t.Request.Answer
	case Failed:
		v.Error = t.Request.Error
	case Pending:
	}
	return v
}

// Check says what is wrong with the database, if anything is.
func (r *Runner) Check(ctx context.Context) error { return r.store.Prepare(ctx) }
