package relay

import (
	"context"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// decide finds what becomes of each entry, by one request. An error is about the
// batch as a whole.
func (s *shard) decide(ctx context.Context, w work) ([]spool.Settlement, error) {
	settlements := make([]spool.Settlement, len(w.entries))
	var texts []string
	var places []int
	for i, e := range w.entries {
		settlements[i].Number = e.Number
		if e.Corrupt {
			settlements[i].Verdict = s.corrupt(e)
			continue
		}
		texts, places = append(texts, attest.Text(e.Payload)), append(places, i)
	}
	if len(texts) == 0 {
		return settlements, nil
	}
	results, err := s.ask(ctx, w, texts)
	if err == nil {
		err = knownOutcomes(results)
	}
	if err != nil {
		return nil, err
	}
	s.successes.Add(1)
	s.succeeded()
	for i, result := range results {
		settlements[places[i]].Verdict = s.verdict(result, w.entries[places[i]], s.attempt(w))
	}
	return settlements, nil
}

// ask submits a batch, or asks what became of it if it is under way.
func (s *shard) ask(ctx context.Context, w work, texts []string) ([]waymark.MessageResult, error) {
	if w.txID != "" {
		return s.gateway.Follow(ctx, w.txID, texts)
	}
	return s.gateway.Submit(ctx, texts)
}

// settle tries until the spool has it on the disk, and reports whether it has. The
// settlements are in the order of entries.
func (s *shard) settle(entries []spool.Entry, settlements []spool.Settlement) bool {
	for attempts := 1; ; attempts++ {
		err := s.queue.Settle(s.index, settlements)
		if err == nil {
			s.succeeded()
			break
		}
		s.failed(err)
		if !pause.For(s.stop, pause.Backoff(attempts, s.options.MaxBackoff)) {
			return false
		}
	}
	for i, settlement := range settlements {
		s.again.settled(entries[i], settlement.Verdict)
		s.observer.Settled(entries[i], settlement.Verdict)
	}
	return true
}

func knownOutcomes(results []waymark.MessageResult) error {
	for _, r := range results {
		switch r.Outcome {
		case waymark.Recorded, waymark.Duplicate, waymark.Rejected:
		default:
			return fmt.Errorf("gateway answered an outcome %q that this bridge does not know", r.Outcome)
		}
	}
	return nil
}
