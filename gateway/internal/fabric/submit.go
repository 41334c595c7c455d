package fabric

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Submit runs a transaction that writes and returns once it is committed and
// valid. If the call names members, their peers alone endorse it. Retries follow
// the table in retry.go.
//
// Codes: what the chaincode answers; Conflict when concurrent transactions won
// seven times (read again, then retry); Unavailable when peers or orderers do not
// answer, or seven times did not endorse as a policy requires (if the error is a
// ledger.Failure with an id, ask for that transaction before retrying); Forbidden for an identity that is not configured; Internal otherwise.
func (c *Client) Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error) {
	s, err := c.session(call.As)
	if err != nil {
		return ledger.Committed{}, err
	}
	options, err := proposed(call)
	if err != nil {
		return ledger.Committed{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Total)
	defer cancel()
	for attempt := 1; ; attempt++ {
		committed, failed := c.attempt(ctx, s, call, options)
		if failed == nil {
			c.metrics.submitted(call.Transaction, outcomeOf(committed))
			return committed, nil
		}
		if ruleFor(failed.kind).next != again || attempt == maxAttempts || !pause(ctx, attempt) {
			c.metrics.submitted(call.Transaction, string(failed.kind))
			return ledger.Committed{}, failed.err()
		}
		c.metrics.retried(failed.kind)
	}
}

// outcomeOf is what the metrics call a write that succeeded.
func outcomeOf(committed ledger.Committed) string {
	if committed.Receipt.TxID == "" {
		return "moot"
	}
	return "committed"
}

// attempt takes one proposal as far as it goes.
func (c *Client) attempt(ctx context.Context, s *session, call ledger.Call, options []client.ProposalOption) (ledger.Committed, *failure) {
	endorsed, failed := c.endorse(ctx, s, call, options)
	if failed != nil {
		return ledger.Committed{}, failed
	}
	if call.Moot != nil && call.Moot(endorsed.Result()) {
		return ledger.Committed{Result: endorsed.Result()}, nil
	}
	// From here on the transaction may take effect, so its fate is followed even
	// if the caller goes away; the deadline still holds.
	ctx, cancel := detach(ctx)
	defer cancel()
	status, failed := c.settle(ctx, s, endorsed)
	if failed != nil {
		return ledger.Committed{}, failed
	}
	if k := kindOfValidation(status.Code); k != "" {
		cause := fmt.Errorf("block %d: %s", status.BlockNumber, status.Code)
		return ledger.Committed{}, &failure{kind: k, txID: status.TransactionID, cause: cause}
	}
	return ledger.Committed{
		Receipt: ledger.Receipt{TxID: status.TransactionID, BlockNumber: status.BlockNumber, Status: ledger.Valid},
		Result:  endorsed.Result(),
	}, nil
}

func (c *Client) endorse(ctx context.Context, s *session, call ledger.Call, options []client.ProposalOption) (*client.Transaction, *failure) {
	proposal, err := s.network.GetContract(c.cfg.Chaincode).NewProposal(string(call.Transaction), options...)
	if err != nil {
		return nil, &failure{kind: defective, cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Endorse)
	defer cancel()
	endorsed, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		// The id of a proposal that was never submitted would lead nowhere.
		return nil, failureOf(err, call.At)
	}
	return endorsed, nil
}

// settle submits the endorsed transaction and returns once a block holds it,
// valid or not. While its fate is unknown it asks by the id, and sends the same
// bytes again only after the peer has not seen the transaction for a while. It
// fails with undetermined when ctx is done.
func (c *Client) settle(ctx context.Context, s *session, endorsed *client.Transaction) (*client.Status, *failure) {
	send := true
	for round := 1; ; round++ {
		wait := c.cfg.Timeouts.Lookup
		var submitErr error
		if send {
			if submitErr = c.send(ctx, endorsed); submitErr == nil {
				wait = c.cfg.Timeouts.Commit
			} else {
				c.metrics.retried(submitFailed)
			}
		}
		status, err := c.fate(ctx, s, endorsed.TransactionID(), wait)
		k := fateKind(status, err)
		if k == "" {
			return status, nil
		}
		if !pause(ctx, round) {
			return nil, &failure{kind: undetermined, txID: endorsed.TransactionID(), cause: firstError(submitErr, err)}
		}
		c.metrics.retried(k)
		send = ruleFor(k).next == resubmit
	}
}

// fateKind says what keeps the fate from being known; empty when it is known.
func fateKind(status *client.Status, err error) kind {
	if err != nil {
		return kindOfStatus(err)
	}
	if kindOfValidation(status.Code) == duplicated {
		return duplicated
	}
	return ""
}

func (c *Client) send(ctx context.Context, endorsed *client.Transaction) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Submit)
	defer cancel()
	_, err := endorsed.SubmitWithContext(ctx)
	return err
}

func (c *Client) fate(ctx context.Context, s *session, txID string, wait time.Duration) (*client.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return c.commits.fate(ctx, s, txID)
}

// detach keeps the deadline of ctx and drops its cancellation.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(context.WithoutCancel(ctx))
	}
	return context.WithDeadline(context.WithoutCancel(ctx), deadline)
}

// The pause before retry n is between half and all of firstPause doubled n-1
// times, at most maxPause.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// pause waits before retry n, and reports false if ctx is done first.
func pause(ctx context.Context, n int) bool {
	timer := time.NewTimer(pauseBefore(n))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func pauseBefore(n int) time.Duration {
	longest := maxPause
	if shift := n - 1; shift < 4 {
		longest = min(maxPause, firstPause<<shift)
	}
	return longest/2 + rand.N(longest/2) //nolint:gosec // jitter needs no secrecy
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
