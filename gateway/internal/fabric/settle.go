package fabric

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"google.golang.org/protobuf/proto"
)

// maxRecovering bounds the calls that Resolve makes at the same time, however many
// transactions are to be resolved: a peer serves 500 calls at once, and the writes of
// callers come first.
const maxRecovering = 32

// Resolve finds out what became of a transaction that this member had endorsed and may have
// submitted, in this process or another. It looks it up, and sends the same envelope again
// while no block has it, until one has or ctx is done. Thousands can be resolved at once.
//
// Codes: Unavailable when ctx was done first; Invalid for an envelope that is none.
func (c *Client) Resolve(ctx context.Context, e ledger.Endorsed) (ledger.Fate, error) {
	tx := transaction{id: e.TxID, envelope: new(common.Envelope)}
	if err := proto.Unmarshal(e.Envelope, tx.envelope); err != nil {
		return ledger.Fate{}, errors.Join(waymark.Errorf(waymark.Invalid, "the envelope of transaction %s cannot be read", e.TxID), err)
	}
	f, failed := c.recover(ctx, tx)
	if failed != nil {
		return ledger.Fate{}, failed.err()
	}
	return f.of(tx.id), nil
}

// recover takes turns with others at each call to the peer.
func (c *Client) recover(ctx context.Context, tx transaction) (fate, *failure) {
	for round := 1; ; round++ {
		f, k, err := c.recoverOnce(ctx, tx)
		if k == "" {
			return f, nil
		}
		if !pause(ctx, round) {
			return fate{}, &failure{kind: undetermined, txID: tx.id, cause: err}
		}
		c.metrics.retried(k)
	}
}

func (c *Client) recoverOnce(ctx context.Context, tx transaction) (fate, kind, error) {
	select {
	case c.recovering <- struct{}{}:
		defer func() { <-c.recovering }()
	case <-ctx.Done():
		return fate{}, undetermined, ctx.Err()
	}
	f, k, err := c.ask(ctx, tx.id, c.cfg.Timeouts.Lookup)
	if k == absent {
		if sendErr := c.send(ctx, tx); sendErr != nil {
			return fate{}, submitFailed, sendErr
		}
	}
	return f, k, err
}

// settle submits an endorsed transaction and returns once a block holds it,
// valid or not. While its fate is unknown it asks by the id, and sends the same
// bytes again only after the peer has not seen the transaction for a while. It
// fails with undetermined when ctx is done.
func (c *Client) settle(ctx context.Context, tx transaction, journal ledger.Journal) (fate, *failure) {
	send := true
	for round := 1; ; round++ {
		wait := c.cfg.Timeouts.Lookup
		var submitErr error
		if send {
			if submitErr = c.send(ctx, tx); submitErr == nil {
				journal.Submitted(tx.id)
				wait = c.cfg.Timeouts.Commit
			} else {
				c.metrics.retried(submitFailed)
			}
		}
		f, k, err := c.ask(ctx, tx.id, wait)
		if k == "" {
			return f, nil
		}
		if !pause(ctx, round) {
			return fate{}, &failure{kind: undetermined, txID: tx.id, cause: firstError(submitErr, err)}
		}
		c.metrics.retried(k)
		send = ruleFor(k).next == resubmit
	}
}

// send hands the envelope to the ordering service.
func (c *Client) send(ctx context.Context, tx transaction) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Submit)
	defer cancel()
	_, err := c.peer.Submit(ctx, &gatewaypb.SubmitRequest{
		TransactionId: tx.id, ChannelId: c.cfg.Channel, PreparedTransaction: tx.envelope,
	})
	if err != nil {
		return fmt.Errorf("submit transaction %s: %w", tx.id, err)
	}
	return nil
}

// ask waits for the fate of a transaction, at most so long. The kind says what keeps it
// from being known; it is empty when it is known.
func (c *Client) ask(ctx context.Context, txID string, wait time.Duration) (fate, kind, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	f, err := c.commits.fate(ctx, c.self(), txID)
	if err != nil {
		return fate{}, kindOfStatus(err), err
	}
	if kindOfValidation(f.code) == duplicated {
		return fate{}, duplicated, nil
	}
	return f, "", nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
