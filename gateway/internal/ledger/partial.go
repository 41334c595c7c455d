package ledger

import "context"

// Partial returns a journal for a transaction that is not all of its request: that it is valid
// does not make the answer.
func Partial(j Journal) Journal {
	if j == nil {
		return nil
	}
	return partial{j}
}

type partial struct{ Journal }

// Endorsed passes the transaction on with its mark.
func (p partial) Endorsed(ctx context.Context, tx Endorsed) error {
	tx.Partial = true
	return p.Journal.Endorsed(ctx, tx)
}
