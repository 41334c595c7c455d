package audit

import (
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

// Recorded is a message that a valid transaction recorded, in full or as one of a run.
type Recorded struct {
	Device   string
	Sequence uint64
	Run      uint64 // number of the first message of the run that it is of; 0 of one in full
}

// recorded are the messages that the transaction recorded, in the order of its request; none if it is
// not valid, or not one of telemetry:Record.
func (t *transaction) recorded() ([]Recorded, error) {
	if !t.valid || t.result == nil {
		return nil, nil
	}
	request, err := recording.Decode(t.request)
	if err != nil || len(request.Messages) != len(t.result.Results) {
		return nil, fmt.Errorf("transaction %s has %d messages and %d results: %w", t.id, len(request.Messages), len(t.result.Results), err)
	}
	var all []Recorded
	for i, r := range t.result.Results {
		if r.Outcome != waymark.Recorded {
			continue
		}
		messages, err := messagesOf(request.Messages[i], r)
		if err != nil {
			return nil, fmt.Errorf("transaction %s: %w", t.id, err)
		}
		run := uint64(0)
		if anchor.IsRun(request.Messages[i]) {
			run = r.Sequence
		}
		for n := range messages {
			all = append(all, Recorded{Device: r.Device, Sequence: r.Sequence + n, Run: run})
		}
	}
	return all, nil
}

// messagesOf is how many messages an entry of a request is, which was recorded.
func messagesOf(text string, r waymark.MessageResult) (uint64, error) {
	if !anchor.IsRun(text) {
		return 1, nil
	}
	run, err := anchor.ParseRun(text)
	if err != nil || run.Device != r.Device || run.First != r.Sequence {
		return 0, fmt.Errorf("a run is recorded as messages from %d on of %s: %w", r.Sequence, r.Device, err)
	}
	return uint64(len(run.Lines)), nil
}
