package fabric

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Resolve finds out what became of a transaction that this member had endorsed and may have
// submitted, in this process or another. It looks it up, and sends the same envelope again
// while no block has it, until one has or ctx is done. Thousands can be resolved at once.
//
// Codes: Unavailable when ctx was done first, and with ledger.ErrBarred when the ordering
// service refuses it and no block has it yet; Invalid for an envelope that is none.
func (c *Client) Resolve(ctx context.Context, e ledger.Endorsed) (ledger.Fate, error) {
	tx := transaction{id: e.TxID, envelope: new(common.Envelope)}
	if err := proto.Unmarshal(e.Envelope, tx.envelope); err != nil {
		return ledger.Fate{}, errors.Join(waymark.Errorf(waymark.Invalid, "the envelope of transaction %s cannot be read", e.TxID), err)
	}
	s := settlement{client: c, tx: tx, journal: forgetful{}, recovered: true, shared: true}
	f, failed := s.settle(ctx, lookup)
	if failed != nil {
		return ledger.Fate{}, failed.err()
	}
	return f.of(tx.id), nil
}

// settlement is the way of one endorsed transaction into a block.
type settlement struct {
	client  *Client
	tx      transaction
	journal ledger.Journal
	waiter  *waiter // nil until it is waited for
	// recovered says that it may have been submitted before we waited for it.
	recovered bool
	// shared says that others than this client can make a transaction of the same id.
	shared   bool
	found    *fate // of the id, which one of its transactions has
	absences int   // how often the stream alone did not show it
	sent     bool  // by us, so that a copy may have reached the ordering service
	refused  bool  // the ordering service refused the last copy, and may have taken an earlier one
	cause    error // of the last failure, for the log
}

// settle takes the first step, resubmit or lookup, and returns once a block holds the
// transaction, valid or not. While its fate is unknown it follows the retry table: it looks
// it up, and sends the same bytes again only when no block had it for a while. It fails with
// undetermined when ctx is done, with rejected for what can be in no block, and with barred for
// what may be in one only if an earlier copy still comes to be.
func (s *settlement) settle(ctx context.Context, first step) (found fate, failed *failure) {
	ctx, end := tracing.Start(ctx, "block", tracing.TxID(s.tx.id))
	defer func() { end(failed.orNil(), tracing.Block(found.block), tracing.Status(found.code.String())) }()
	if s.waiter == nil {
		s.waiter = s.client.stream.join(s.tx.id)
		s.waiter.covered = s.waiter.covered && !s.recovered
	}
	defer s.waiter.leave()
	next := first
	for round := 1; ; round++ {
		f, k := s.take(ctx, next)
		switch {
		case k == "":
			return f, nil
		case k == rejected:
			return fate{}, &failure{kind: k, cause: s.cause}
		case k == absent && s.refused:
			return fate{}, &failure{kind: barred, txID: s.tx.id, cause: errors.Join(ledger.ErrBarred, s.cause)}
		}
		if !pause.For(ctx, pauseBefore(round)) {
			return fate{}, &failure{kind: undetermined, txID: s.tx.id, cause: s.cause}
		}
		s.client.metrics.retried(k)
		next = ruleFor(k).next
	}
}

// take takes one step. The kind says what keeps the fate from being known; it is empty when
// it is known.
func (s *settlement) take(ctx context.Context, next step) (fate, kind) {
	if s.found != nil {
		return s.confirm(ctx)
	}
	if next == resubmit {
		return s.submit(ctx)
	}
	if s.waiter.sound() {
		return s.await(ctx, s.client.cfg.Timeouts.Lookup)
	}
	return s.look(ctx)
}

// submit hands the envelope to the ordering service and waits for its block.
func (s *settlement) submit(ctx context.Context) (fate, kind) {
	first := !s.sent && !s.recovered
	s.cause = s.send(ctx)
	certain := false
	s.refused, certain = s.judged(ctx)
	switch {
	case certain && first:
		return fate{}, rejected
	case s.cause != nil:
		return fate{}, submitFailed
	}
	s.journal.Submitted(s.tx.id)
	if s.waiter.sound() {
		return s.await(ctx, s.client.cfg.Timeouts.Commit)
	}
	return s.look(ctx)
}

// judged reports whether the ordering service refused the copy that was sent last: no orderer that was heard
// of took it, and some refused it. It is certain if more refused it than can be faulty, or under Raft one,
// which speaks for all.
func (s *settlement) judged(ctx context.Context) (refused, certain bool) {
	n, unheard := refusals(s.cause)
	if n == 0 {
		return false, false
	}
	if status.Code(s.cause) == codes.Aborted { // by Raft's rules, see refusals
		return true, true
	}
	config, err := s.client.inForce(ctx)
	if err != nil {
		s.cause = errors.Join(s.cause, err)
		return unheard, false
	}
	certain = n > config.faulty()
	return certain || unheard, certain
}

// await waits for the stream. What that does not tell in time is absent, if it would have.
func (s *settlement) await(ctx context.Context, long time.Duration) (fate, kind) {
	f, ok := s.waiter.wait(ctx, long)
	switch {
	case ok:
		return s.told(ctx, f)
	case s.waiter.sound():
		if s.absences++; s.absences > 1 {
			s.waiter.covered = false // ask, for whatever reason it may not have been seen
		}
		return fate{}, absent
	default:
		return fate{}, statusFailed
	}
}

// told judges what the stream or the peer says of the transaction's id.
func (s *settlement) told(ctx context.Context, f fate) (fate, kind) {
	if kindOfValidation(f.code) == duplicated {
		s.waiter.covered = false // the first copy went by unseen
		return fate{}, duplicated
	}
	if !s.shared {
		return f, ""
	}
	s.found = &f
	return s.confirm(ctx)
}

// confirm asks whether it is this transaction that has the fate of its id. If another one has, this one is a
// duplicate, of which nothing is to be awaited.
func (s *settlement) confirm(ctx context.Context) (fate, kind) {
	turn, err := s.client.turns.inquire.Take(ctx)
	if err != nil {
		return fate{}, statusFailed
	}
	defer turn.Leave()
	_, same, failed := s.client.held(ctx, s.tx.id, s.tx.envelope.GetPayload())
	if failed != nil {
		s.cause = failed.err()
		return fate{}, statusFailed
	}
	f := *s.found
	if !same {
		f.code = peer.TxValidationCode_DUPLICATE_TXID
	}
	return f, ""
}

// look asks the peer by the transaction's id, unless the stream is faster.
func (s *settlement) look(ctx context.Context) (fate, kind) {
	turn := s.client.turns.inquire.Join(ctx)
	defer turn.Leave()
	select {
	case f := <-s.waiter.fates:
		turn.Leave()
		return s.told(ctx, f)
	case <-ctx.Done():
		return fate{}, statusFailed
	case <-turn.Come():
	}
	begun := s.client.stream.hasBegun()
	f, err := s.client.lookup(ctx, s.tx.id)
	turn.Leave() // confirm takes one of its own
	if err == nil {
		return s.told(ctx, f)
	}
	s.cause = err
	k := kindOfStatus(err)
	if k == absent { // the stream has begun since, and no block before held it
		s.waiter.covered = begun
	}
	return fate{}, k
}

// send hands the envelope to the ordering service.
func (s *settlement) send(ctx context.Context) (failed error) {
	ctx, end := tracing.Start(ctx, "submit", tracing.TxID(s.tx.id))
	defer func() { end(failed) }()
	turns := s.client.turns
	if s.recovered {
		turn, err := turns.inquire.Take(ctx)
		if err != nil {
			return err //nolint:wrapcheck // it says all
		}
		defer turn.Leave()
	}
	ctx, cancel := context.WithTimeout(ctx, s.client.cfg.Timeouts.Submit)
	defer cancel()
	turn, err := turns.submit.Take(ctx)
	if err != nil {
		return err //nolint:wrapcheck // it says all
	}
	defer turn.Leave()
	s.sent = true
	_, err = s.client.peer.Submit(ctx, &gatewaypb.SubmitRequest{
		TransactionId: s.tx.id, ChannelId: s.client.cfg.Channel, PreparedTransaction: s.tx.envelope,
	})
	if err != nil {
		return fmt.Errorf("submit transaction %s: %w", s.tx.id, err)
	}
	return nil
}
