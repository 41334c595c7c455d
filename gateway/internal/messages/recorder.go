package messages

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
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
	ledger   Ledger
	timeout  time.Duration
	anchorer *anchorer // nil if nothing is anchored
}

// NewRecorder returns a recorder that takes at most timeout for a batch with all that
// follows from it. It anchors nothing if a is nil.
func NewRecorder(l Ledger, timeout time.Duration, a *Anchoring) *Recorder {
	r := &Recorder{ledger: l, timeout: timeout}
	if a != nil {
		r.anchorer = &anchorer{Anchoring: *a}
	}
	return r
}

// Record records messages, each of which may be followed by the disclosures of its sealed
// readings (attest.WithDisclosures), and then discloses to each member that may hold them
// and does not yet. It returns the commit of telemetry:Record with a
// waymark.RecordResult, in the order of the messages. A message is rejected, and costs no
// other its place, if what follows it is not disclosures, if it would put into the open
// what its device's owner made private, or if its disclosures are not those of its
// readings; in the last case it is recorded all the same, and Detail says so.
//
// Messages of the member's own devices that are wholly of anchored classes are recorded as runs, once the bundle that has them is
// durable; those of a run that is refused are recorded in full. Each message has its outcome all the same. It is Unavailable if the
// bundle cannot be kept.
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
// fewer each time. The messages of runs that are refused are sent again in full, once.
func (r *Recorder) record(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch) (done ledger.Committed, err error) {
	for open := b.undecided(); len(open) > 0; open = b.undecided() {
		entries, whole, submitted, err := r.submit(ctx, j, as, b, open)
		switch {
		case err != nil && !b.takeOut(entries, err):
			return ledger.Committed{}, err
		case err != nil:
			continue
		case whole:
			return submitted, nil
		}
		if submitted.Commit != (ledger.Commit{}) || done.Result == nil {
			done = submitted
		}
		if err := r.decide(b, entries, submitted.Result); err != nil {
			return ledger.Committed{}, err
		}
	}
	if done.Result == nil {
		return ledger.Committed{}, b.refusal()
	}
	return done, nil
}

// submit submits messages, as entries of one request. whole says that the ledger's answer is that of the batch.
func (r *Recorder) submit(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch, open []int) (entries []*entry, whole bool, done ledger.Committed, err error) {
	entries, body, err := r.entries(ctx, b, open)
	if err != nil {
		return nil, false, ledger.Committed{}, err
	}
	call := ledger.Call{As: as, Transaction: waymark.TelemetryRecord, Request: b.request(entries, body), Journal: j}
	if whole = b.plain() && body == ""; !whole {
		call.Journal = ledger.Partial(j)
	}
	if !slices.ContainsFunc(entries, inFull) {
		call.Moot = allRefused
	}
	done, err = r.ledger.Submit(ctx, call)
	return entries, whole, done, err
}

// entries are those of some messages, with the body that has the messages of the runs among them.
func (r *Recorder) entries(ctx context.Context, b *batch, open []int) (entries []*entry, body string, err error) {
	if r.anchorer == nil {
		return b.inFull(open), "", nil
	}
	entries = r.anchorer.entries(ctx, b, open)
	body, err = r.anchorer.keep(ctx, entries)
	return entries, body, err
}

// decide takes the outcomes of entries, and notes which devices' runs are refused.
func (r *Recorder) decide(b *batch, entries []*entry, result json.RawMessage) error {
	outcomes, err := outcomesOf(result, len(entries))
	if err != nil {
		return err
	}
	b.decide(entries, outcomes)
	for n, e := range entries {
		if e.isRun() && outcomes[n].Outcome == waymark.Rejected {
			r.anchorer.known.refused(e.run.Device, outcomes[n].Reasons)
		}
	}
	return nil
}

// allRefused reports whether a request of runs alone writes nothing.
func allRefused(result json.RawMessage) bool {
	var outcomes waymark.RecordResult
	return json.Unmarshal(result, &outcomes) == nil &&
		!slices.ContainsFunc(outcomes.Results, func(o waymark.MessageResult) bool { return o.Outcome != waymark.Rejected })
}
