package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// UnderWay is the error of a batch that is, or may come to be, on the ledger by a transaction whose
// end is not known yet.
type UnderWay struct {
	TxID string
	Err  error // why it is not known
}

// Error says why the end is not known.
func (u *UnderWay) Error() string { return "a batch is under way: " + u.Err.Error() }

// Unwrap returns why the end is not known.
func (u *UnderWay) Unwrap() error { return u.Err }

// underWay makes an UnderWay of the answer to a submission whose transaction may take effect.
func underWay(err error) error {
	p, ok := client.AsProblem(err)
	if !ok || p.TxID == "" || p.Status != http.StatusAccepted && p.Code != waymark.Unavailable {
		return err
	}
	return &UnderWay{TxID: p.TxID, Err: err}
}

// Follow returns the results of a batch that Submit left under way, as Submit would have. It waits
// for them for twice Options.Timeout at most.
//
// Errors: an *UnderWay says that the transaction still has no end, or that the gateway could not be
// asked: follow it again. Any other says that it has changed nothing, that the gateway does not know it, or that
// what came of each message is not told: submit the batch again.
func (c *Client) Follow(ctx context.Context, txID string, texts []string) ([]waymark.MessageResult, error) {
	t, err := observed(c, "transaction", func() (client.Transaction, error) { return c.await(ctx, txID) })
	switch {
	case err == nil && !t.Settled():
		return nil, &UnderWay{TxID: txID, Err: errors.New("it has no end yet")}
	case err != nil && undecided(err):
		return nil, &UnderWay{TxID: txID, Err: err}
	case err != nil:
		return nil, fmt.Errorf("ask for transaction %s: %w", txID, err)
	case t.State != client.Committed || len(t.Result) == 0: // with disclosures there is more to do
		return nil, fmt.Errorf("transaction %s is %s (%s) and tells no results", t.TxID, t.State, t.Status)
	}
	var result waymark.RecordResult
	if err := json.Unmarshal(t.Result, &result); err != nil {
		return nil, fmt.Errorf("decode the results of transaction %s: %w", t.TxID, err)
	}
	return resultsOf(result, texts)
}

// await asks for a transaction until it has an end, or for Options.Timeout. Of one of which nothing was
// heard all the time it asks once more, so that a gateway that does not know it says so.
func (c *Client) await(ctx context.Context, txID string) (client.Transaction, error) {
	round, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	t, err := c.client.Await(round, txID)
	if err == nil || round.Err() == nil || t.State != "" {
		return t, err
	}
	last, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.client.Transaction(last, client.TransactionQuery{TxID: txID})
}

// undecided reports whether a question for a transaction was left without an answer about it.
func undecided(err error) bool {
	p, ok := client.AsProblem(err)
	return !ok || p.Status == http.StatusUnauthorized || p.Status == http.StatusTooManyRequests ||
		p.Status >= http.StatusInternalServerError
}
