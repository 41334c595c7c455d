package messages

import (
	"context"
	"encoding/json"
	"errors"
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
// durable. If a run is refused all messages of its device are recorded in full, in the same transaction, so that they keep their order. Each message
// has its outcome all the same. It is Unavailable if the bundle cannot be kept: what needs none is recorded even so.
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
	var held *heldBack
	waits := errors.As(err, &held)
	if err != nil && !waits || !waits && b.plain() {
		return done, err
	}
	if failed := r.disclose(ctx, ledger.Partial(j), as, b); failed != nil || waits {
		return ledger.Committed{}, errors.Join(err, failed)
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
// fewer each time. If runs are refused nothing is submitted, and all is endorsed again with the messages of their devices in full: after
// mostRounds with all messages so.
func (r *Recorder) record(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch) (done ledger.Committed, err error) {
	refusals := 0
	for open := b.undecided(); len(open) > 0; open = b.undecided() {
		q, err := r.prepare(ctx, b, open, refusals < mostRounds)
		if err != nil {
			return ledger.Committed{}, err
		}
		done, err := r.submit(ctx, j, as, b, q)
		switch {
		case err != nil && !b.takeOut(q.entries, err):
			return ledger.Committed{}, err
		case err != nil:
			continue
		case q.whole:
			return done, nil
		}
		refused, err := r.decide(b, q.entries, done.Result)
		if err != nil {
			return ledger.Committed{}, err
		}
		if !refused {
			return done, q.waits()
		}
		refusals++
	}
	return ledger.Committed{}, b.refusal()
}

// mostRounds bounds how often a batch is endorsed with runs.
const mostRounds = 3

// prepared is a request that is to be submitted.
type prepared struct {
	entries []*entry
	body    string    // that has the messages of the runs among them
	whole   bool      // the ledger's answer is that of the batch
	held    *heldBack // why some messages are not among them; nil if all are
}

// heldBack says that messages to be anchored cannot be kept now. Others of their batch were recorded.
type heldBack struct{ error }

func (h *heldBack) Unwrap() error { return h.error }

// waits is why the batch has to come again, nil if it has not.
func (q prepared) waits() error {
	if q.held == nil {
		return nil
	}
	return q.held
}

// prepare makes entries of messages, and keeps those of runs. It fails if nothing is left to submit, since no body can be kept.
func (r *Recorder) prepare(ctx context.Context, b *batch, open []int, runs bool) (q prepared, err error) {
	if r.anchorer == nil || !runs {
		return prepared{entries: b.inFull(open), whole: b.plain()}, nil
	}
	q.entries = r.anchorer.entries(ctx, b, open)
	q.body, err = r.anchorer.keep(ctx, q.entries)
	if err != nil {
		q.entries, q.held = beforeRuns(q.entries), &heldBack{err}
		if len(q.entries) == 0 {
			return q, q.held
		}
	}
	q.whole = b.plain() && q.body == "" && q.held == nil
	return q, nil
}

// submit submits a request, unless nothing came of it.
func (r *Recorder) submit(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch, q prepared) (ledger.Committed, error) {
	call := ledger.Call{As: as, Transaction: waymark.TelemetryRecord, Request: b.request(q.entries, q.body), Journal: j}
	if !q.whole {
		call.Journal = ledger.Partial(j)
	}
	switch {
	case q.held != nil: // the same comes again until the body can be kept
		call.Moot = noneRecorded
	case q.body != "":
		call.Moot = func(result json.RawMessage) bool {
			outcomes, err := outcomesOf(result, len(q.entries))
			return err == nil && len(refusedRuns(q.entries, outcomes)) > 0
		}
	}
	return r.ledger.Submit(ctx, call)
}

// decide takes the outcomes of entries, unless there are runs that are refused: it notes their devices, and reports that.
func (r *Recorder) decide(b *batch, entries []*entry, result json.RawMessage) (refused bool, err error) {
	outcomes, err := outcomesOf(result, len(entries))
	if err != nil {
		return false, err
	}
	all := refusedRuns(entries, outcomes)
	for _, n := range all {
		b.full[entries[n].device] = true
		r.anchorer.known.refused(entries[n].device, outcomes[n].Reasons)
	}
	if len(all) == 0 {
		b.decide(entries, outcomes)
	}
	return len(all) > 0, nil
}

// refusedRuns are the entries that are runs, and are refused.
func refusedRuns(entries []*entry, outcomes []waymark.MessageResult) (all []int) {
	for n, e := range entries {
		if e.isRun() && outcomes[n].Outcome == waymark.Rejected {
			all = append(all, n)
		}
	}
	return all
}

// noneRecorded reports whether a request writes nothing.
func noneRecorded(result json.RawMessage) bool {
	var outcomes waymark.RecordResult
	return json.Unmarshal(result, &outcomes) == nil &&
		!slices.ContainsFunc(outcomes.Results, func(o waymark.MessageResult) bool { return o.Outcome == waymark.Recorded })
}
