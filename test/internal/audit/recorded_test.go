package audit

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

// runOf is a run of so many messages from number 5 on.
func runOf(messages int) string {
	lines := make([]anchor.Line, messages)
	for i := range lines {
		lines[i] = anchor.Line{Readings: 1, From: 1_800_000_000_000, Series: []anchor.Series{{Name: "temperature", Unit: "Cel", Count: 1}}}
	}
	return anchor.NewRun("d1", "k1", 5, make([]byte, 32), lines).Text()
}

func TestRecordedCountsTheMessagesOfARun(t *testing.T) {
	run := runOf(3)
	recorded := func(sequence uint64) waymark.MessageResult {
		return waymark.MessageResult{Outcome: waymark.Recorded, Device: "d1", Sequence: sequence}
	}
	refused := waymark.MessageResult{Outcome: waymark.Rejected, Device: "d1", Sequence: 5}
	for name, c := range map[string]struct {
		invalid  bool
		messages []string
		results  []waymark.MessageResult
		want     []Recorded
		fails    bool
	}{
		"messages":               {messages: []string{"a", "b"}, results: []waymark.MessageResult{recorded(1), {Outcome: waymark.Duplicate}}, want: []Recorded{{"d1", 1, 0}}},
		"a run and a message":    {messages: []string{run, "a"}, results: []waymark.MessageResult{recorded(5), recorded(8)}, want: []Recorded{{"d1", 5, 5}, {"d1", 6, 5}, {"d1", 7, 5}, {"d1", 8, 0}}},
		"a run refused":          {messages: []string{run, "a"}, results: []waymark.MessageResult{refused, recorded(5)}, want: []Recorded{{"d1", 5, 0}}},
		"not valid":              {invalid: true, messages: []string{run}, results: []waymark.MessageResult{recorded(5)}},
		"a run of other numbers": {messages: []string{run}, results: []waymark.MessageResult{recorded(4)}, fails: true},
		"no run":                 {messages: []string{run[:len(run)-4]}, results: []waymark.MessageResult{recorded(5)}, fails: true},
		"a result too few":       {messages: []string{"a", "b"}, results: []waymark.MessageResult{recorded(5)}, fails: true},
	} {
		request, err := json.Marshal(waymark.RecordRequest{Messages: c.messages})
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&transaction{valid: !c.invalid, request: request, result: &waymark.RecordResult{Results: c.results}}).recorded()
		if (err != nil) != c.fails || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
}
