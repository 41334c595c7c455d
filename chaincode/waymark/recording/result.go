package recording

import (
	"encoding/json"
	"fmt"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// Brief is a result as the ledger keeps it: of what the transaction recorded the request and the envelope say the rest.
func Brief(r waymark.RecordResult) waymark.Recording {
	brief := waymark.Recording{Entries: len(r.Results)}
	for i, result := range r.Results {
		if result.Outcome != waymark.Recorded {
			brief.Others = append(brief.Others, waymark.OtherEntry{Entry: i, Result: result})
		}
	}
	return brief
}

// Outcomes reads the result of telemetry:Record as a transaction on the ledger has it. What is Recorded has its outcome and no more, unless
// an earlier chaincode answered: Complete adds the rest. It returns Invalid for what is no result.
func Outcomes(result []byte) (waymark.RecordResult, error) {
	var answer struct {
		waymark.Recording
		waymark.RecordResult // of an earlier chaincode
	}
	if err := json.Unmarshal(result, &answer); err != nil || answer.Entries < 0 || answer.Entries > waymark.MaxBatchMessages {
		return waymark.RecordResult{}, waymark.Errorf(waymark.Invalid, "the result of %s cannot be read", waymark.TelemetryRecord)
	}
	if answer.Results != nil {
		return answer.RecordResult, nil
	}
	r := waymark.RecordResult{Results: make([]waymark.MessageResult, answer.Entries)}
	for i := range r.Results {
		r.Results[i].Outcome = waymark.Recorded
	}
	for _, other := range answer.Others {
		if other.Entry < 0 || other.Entry >= answer.Entries {
			return waymark.RecordResult{}, waymark.Errorf(waymark.Invalid, "the result of %s has an entry %d of %d", waymark.TelemetryRecord, other.Entry, answer.Entries)
		}
		r.Results[other.Entry] = other.Result
	}
	return r, nil
}

// Complete adds to what Outcomes read the device and the number of each entry that the transaction recorded, as its request has them, and
// its id. It returns Invalid if the request has other entries.
func Complete(r *waymark.RecordResult, request waymark.RecordRequest, txID string) error {
	if len(r.Results) != len(request.Messages) {
		return waymark.Errorf(waymark.Invalid, "a request of %d entries has a result of %d", len(request.Messages), len(r.Results))
	}
	for i := range r.Results {
		of := &r.Results[i]
		if of.Outcome != waymark.Recorded || of.Device != "" {
			continue
		}
		var err error
		if of.Device, of.Sequence, err = named(request.Messages[i]); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		of.TxID = txID
	}
	return nil
}

// named are the device and the number of an entry that the ledger has recorded.
func named(text string) (device string, number uint64, err error) {
	if anchor.IsRun(text) {
		run, err := anchor.ParseRun(text)
		return run.Device, run.First, err
	}
	header, _, err := attest.Recorded(text)
	return header.Device, header.Sequence, err
}
