package messages

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// Ledger is what a Recorder needs of the ledger. Errors hold a waymark.Error.
type Ledger interface {
	// Submit runs a transaction that writes. It returns only once the transaction is
	// committed and valid.
	Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error)
	// Evaluate runs a transaction that reads and returns its record as JSON.
	Evaluate(ctx context.Context, call ledger.Call) (json.RawMessage, error)
}

// Recorder records batches of messages. It is safe for concurrent use.
type Recorder struct {
	ledger  Ledger
	timeout time.Duration
}

// NewRecorder returns a recorder that takes at most timeout for a batch with all that
// follows from it.
func NewRecorder(l Ledger, timeout time.Duration) *Recorder {
	return &Recorder{ledger: l, timeout: timeout}
}

// Record records messages, each of which may be followed by the disclosures of its sealed
// readings (attest.WithDisclosures), and then discloses to each member that may hold them
// and does not yet. It returns the commit of telemetry:Record with a
// waymark.RecordResult, in the order of the messages. A message is rejected, and costs no
// other its place, if what follows it is not disclosures, if it would put into the open
// what its device's owner made private, or if its disclosures are not those of its
// readings; in the last case it is recorded all the same, and Detail says so.
//
// The journal, which may be nil, is told of each transaction.
//
// One that a member could not be given to, because its peers are away or refuse, is recorded
// with code unavailable and waymark.ReasonUndisclosed, and the whole is Unfinished.
//
// Codes: Invalid, with the rows, when no message is left to record; what telemetry:Record
// and telemetry:Undisclosed answer as a whole, or the ledger. The same messages can always be
// sent again: nothing is recorded or disclosed twice.
func (r *Recorder) Record(ctx context.Context, j ledger.Journal, as ledger.Identity, texts []string) (ledger.Committed, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	b := newBatch(texts)
	done, err := r.record(ctx, j, as, b)
	if err != nil || b.plain() {
		return done, err
	}
	if err := r.disclose(ctx, ledger.Partial(j), as, b); err != nil {
		return ledger.Committed{}, err
	}
	result, err := json.Marshal(waymark.RecordResult{Results: b.results})
	if err != nil {
		return ledger.Committed{}, fmt.Errorf("encode outcomes: %w", err)
	}
	return ledger.Committed{Commit: done.Commit, Result: result, Unfinished: b.waiting()}, nil
}

// record submits the messages alone. The chaincode refuses a batch with messages that
// expose what is private, before any other member has seen it, and names at most
// waymark.MaxErrorRows of them: they are taken out and the others sent again, at least one
// fewer each time.
func (r *Recorder) record(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch) (ledger.Committed, error) {
	for {
		open := b.undecided()
		if len(open) == 0 {
			return ledger.Committed{}, b.refusal()
		}
		call := ledger.Call{As: as, Transaction: waymark.TelemetryRecord, Request: b.request(open), Journal: j}
		if !b.plain() { // the answer is more than the ledger's
			call.Journal = ledger.Partial(j)
		}
		done, err := r.ledger.Submit(ctx, call)
		if err == nil {
			return done, b.decide(open, done.Result)
		}
		if !b.takeOut(open, err) {
			return ledger.Committed{}, err
		}
	}
}
