package fabric

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"google.golang.org/protobuf/proto"
)

// Submit runs a transaction that writes and returns once it is committed and
// valid. If the call names members, their peers alone endorse it. Retries follow
// the table in retry.go.
//
// No proposal is made after Timeouts.Total. If the call has a journal, the fate of what was
// submitted is followed until ctx is done, however long that takes; without one, nobody
// would learn of it later, and Timeouts.Total bounds that as well. When ctx is done Submit
// gives up at once: a caller that does not want that of a journalled transaction passes one
// that outlives its own.
//
// Codes: what the chaincode answers, or the error of the journal; Conflict when concurrent transactions won
// seven times (read again, then retry); Unavailable when peers or orderers do not
// answer, or seven times did not endorse as a policy requires (if the error is a
// ledger.Failure with an id, Resolve or ask for that transaction before retrying); Forbidden for an
// identity that is not configured; Internal otherwise.
func (c *Client) Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error) {
	s, err := c.session(call.As)
	if err != nil {
		return ledger.Committed{}, err
	}
	w := write{client: c, session: s, call: call, journal: call.Journal}
	if w.options, err = proposed(call); err != nil {
		return ledger.Committed{}, err
	}
	timely, cancel := context.WithTimeout(ctx, c.cfg.Timeouts.Total)
	defer cancel()
	if w.journal == nil {
		w.journal, ctx = forgetful{}, timely
	}
	for attempt := 1; ; attempt++ {
		committed, failed := w.attempt(ctx, timely)
		if failed == nil {
			c.metrics.submitted(call.Transaction, outcomeOf(committed))
			return committed, nil
		}
		if ruleFor(failed.kind).next != again || attempt == maxAttempts || !pause.For(timely, pauseBefore(attempt)) {
			c.metrics.submitted(call.Transaction, string(failed.kind))
			return ledger.Committed{}, failed.err()
		}
		c.metrics.retried(failed.kind)
	}
}

// outcomeOf is what the metrics call a write that succeeded.
func outcomeOf(committed ledger.Committed) string {
	if committed.Commit.TxID == "" {
		return "moot"
	}
	return "committed"
}

// write is one call of Submit.
type write struct {
	client  *Client
	session *session
	call    ledger.Call
	options []client.ProposalOption
	journal ledger.Journal
}

// attempt takes one proposal as far as it goes: timely is for the proposal, and ctx for
// what is submitted.
func (w *write) attempt(ctx, timely context.Context) (ledger.Committed, *failure) {
	tx, failed := w.endorse(timely)
	if failed != nil {
		return ledger.Committed{}, failed
	}
	if w.call.Moot != nil && w.call.Moot(tx.result) {
		return ledger.Committed{Result: tx.result}, nil
	}
	return w.submit(ctx, tx)
}

// submit takes a transaction that is signed into a block.
func (w *write) submit(ctx context.Context, tx transaction) (ledger.Committed, *failure) {
	if failed := w.keep(ctx, tx); failed != nil {
		return ledger.Committed{}, failed
	}
	s := settlement{client: w.client, tx: tx, journal: w.journal, waiter: tx.awaited, shared: tx.awaited != nil}
	f, failed := s.settle(ctx, resubmit)
	if failed != nil {
		if failed.kind == rejected {
			w.journal.Refused(tx.id)
		}
		return ledger.Committed{}, failed
	}
	w.journal.Resolved(f.of(tx.id))
	if k := kindOfValidation(f.code); k != "" {
		if k == duplicated { // of other bytes: one of the same is told by the first
			k = displaced
		}
		cause := fmt.Errorf("block %d: %s", f.block, f.code)
		return ledger.Committed{}, &failure{kind: k, txID: tx.id, cause: cause}
	}
	return ledger.Committed{
		Commit: ledger.Commit{TxID: tx.id, BlockNumber: f.block, Status: ledger.Valid},
		Result: tx.result,
	}, nil
}

// transaction is one that is endorsed and signed.
type transaction struct {
	id       string
	envelope *common.Envelope
	result   json.RawMessage // empty for one that was recovered
	awaited  *waiter         // of one that its creator signed, and may have submitted elsewhere; else nil
}

func (w *write) endorse(ctx context.Context) (_ transaction, failed *failure) {
	ctx, end := tracing.Start(ctx, "endorse", tracing.Transaction(w.call.Transaction))
	defer func() { end(failed.orNil()) }()
	turn, err := w.client.turns.endorse.Take(ctx)
	if err != nil {
		return transaction{}, noTurn(err)
	}
	defer turn.Leave()
	proposal, err := w.session.network.GetContract(w.client.cfg.Chaincode).NewProposal(string(w.call.Transaction), w.options...)
	if err != nil {
		return transaction{}, &failure{kind: defective, cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, w.client.cfg.Timeouts.Endorse)
	defer cancel()
	endorsed, err := proposal.EndorseWithContext(ctx)
	if err != nil {
		// The id of a proposal that was never submitted would lead nowhere.
		return transaction{}, failureOf(err, w.call.At)
	}
	tx, err := w.session.signed(endorsed)
	if err == nil {
		tx.result, err = completed(w.call, tx)
	}
	if err != nil {
		return transaction{}, &failure{kind: defective, cause: err}
	}
	return tx, nil
}

// signed signs an endorsed transaction, so that there is one envelope however often it is sent.
func (s *session) signed(endorsed *client.Transaction) (transaction, error) {
	encoded, err := endorsed.Bytes()
	if err != nil {
		return transaction{}, fmt.Errorf("encode endorsed transaction: %w", err)
	}
	var prepared gatewaypb.PreparedTransaction
	if err := proto.Unmarshal(encoded, &prepared); err != nil {
		return transaction{}, fmt.Errorf("decode endorsed transaction: %w", err)
	}
	envelope := prepared.GetEnvelope()
	if envelope.Signature, err = s.sign(endorsed.Digest()); err != nil {
		return transaction{}, fmt.Errorf("sign transaction: %w", err)
	}
	return transaction{id: endorsed.TransactionID(), envelope: envelope, result: endorsed.Result()}, nil
}

// keep tells the journal what is about to be submitted.
func (w *write) keep(ctx context.Context, tx transaction) *failure {
	if w.call.Journal == nil {
		return nil
	}
	envelope, err := proto.Marshal(tx.envelope)
	if err != nil {
		return &failure{kind: defective, cause: fmt.Errorf("encode envelope: %w", err)}
	}
	signed := sha256.Sum256(tx.envelope.GetPayload())
	if err := w.journal.Endorsed(ctx, ledger.Endorsed{TxID: tx.id, Signed: signed, Envelope: envelope, Result: tx.result}); err != nil {
		return &failure{kind: unkept, cause: err}
	}
	return nil
}

// forgetful is the journal of those who keep none.
type forgetful struct{}

func (forgetful) Endorsed(context.Context, ledger.Endorsed) error { return nil }
func (forgetful) Submitted(string)                                {}
func (forgetful) Resolved(ledger.Fate)                            {}
func (forgetful) Refused(string)                                  {}
