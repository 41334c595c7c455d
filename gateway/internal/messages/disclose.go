package messages

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/pause"
)

// A member's peer that lags behind does not know the messages yet, and custody can move
// between the answer who lacks disclosures and the disclosing. Both pass: the question is
// asked again after a pause, which doubles each time.
const (
	maxRounds  = 4
	firstPause = 250 * time.Millisecond
)

// disclose gives each member what it may hold of the batch's disclosures and lacks. A
// member that cannot be given it holds nothing up: the messages are on the ledger, and their
// results say who still lacks what they disclose.
func (r *Recorder) disclose(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch) error {
	waiting := b.recorded()
	for round := 0; len(waiting) > 0; round++ {
		if round == maxRounds || round > 0 && !pause.For(ctx, firstPause<<(round-1)) {
			for _, i := range waiting {
				b.wait(i, "a holder's peer lags behind, or custody moves")
			}
			return nil
		}
		lacking, err := r.lacking(ctx, as, b, waiting)
		if err != nil {
			return err
		}
		waiting = r.discloseTo(ctx, j, as, b, lacking)
	}
	return nil
}

// lacking asks who lacks the disclosures of messages, and returns the messages by member.
func (r *Recorder) lacking(ctx context.Context, as ledger.Identity, b *batch, which []int) (map[string][]int, error) {
	answered, err := r.ledger.Evaluate(ctx, ledger.Call{As: as, Transaction: waymark.TelemetryUndisclosed,
		Request: waymark.UndisclosedQuery{Messages: b.refs(which)}})
	if err != nil {
		return nil, err
	}
	var u waymark.Undisclosed
	if err := json.Unmarshal(answered, &u); err != nil {
		return nil, fmt.Errorf("decode who lacks disclosures: %w", err)
	}
	if len(u.Messages) != len(which) {
		return nil, fmt.Errorf("who lacks disclosures: %d answers about %d messages", len(u.Messages), len(which))
	}
	lacking := make(map[string][]int)
	for n, i := range which {
		for _, member := range u.Messages[n].Members {
			lacking[member] = append(lacking[member], i)
		}
	}
	return lacking, nil
}

// discloseTo goes from member to member. early are the messages that some member could not
// judge yet.
func (r *Recorder) discloseTo(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch, lacking map[string][]int) (early []int) {
	for _, member := range slices.Sorted(maps.Keys(lacking)) {
		again, err := r.discloseAt(ctx, j, as, b, member, lacking[member])
		if err != nil {
			for _, i := range lacking[member] {
				b.wait(i, member+": "+waymark.AsError(err).Message)
			}
		}
		early = append(early, again...)
	}
	slices.Sort(early)
	return slices.Compact(early)
}

// discloseAt gives one member the disclosures of messages, by a transaction that only that
// member's peers see whole. The bounds of a request are those of this one as well.
func (r *Recorder) discloseAt(ctx context.Context, j ledger.Journal, as ledger.Identity, b *batch, member string, which []int) (early []int, err error) {
	transient, err := b.disclosures(which)
	if err != nil {
		return nil, err
	}
	done, err := r.ledger.Submit(ctx, ledger.Call{As: as, Transaction: waymark.TelemetryDisclose,
		Request: waymark.DiscloseRequest{To: member}, At: []string{member}, Transient: transient, Moot: nothingDisclosed, Journal: j})
	if err != nil {
		return nil, err
	}
	outcomes, err := outcomesOf(done.Result, len(which))
	if err != nil {
		return nil, err
	}
	for n, i := range which {
		switch o := outcomes[n]; {
		case o.Outcome != waymark.Rejected:
		case final(o):
			b.reject(i, undisclosed(member, o))
		default:
			early = append(early, i)
		}
	}
	return early, nil
}

// nothingDisclosed reports whether a telemetry:Disclose writes nothing.
func nothingDisclosed(result json.RawMessage) bool {
	var outcomes waymark.RecordResult
	return json.Unmarshal(result, &outcomes) == nil &&
		!slices.ContainsFunc(outcomes.Results, func(o waymark.MessageResult) bool { return o.Outcome == waymark.Recorded })
}

// final reports whether a rejection is about the message and its disclosures alone: those
// stay what they are, whatever the peer has yet to learn.
func final(o waymark.MessageResult) bool {
	return slices.Contains(o.Reasons, waymark.ReasonDisclosure) || slices.Contains(o.Reasons, waymark.ReasonFork)
}
