package recording_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/recording"
)

const txID = "00aa"

// entries are a COSE_Sign1, a JWS, a run, a message twice and what is no message, with what became of them.
func entries(t *testing.T) (waymark.RecordRequest, waymark.RecordResult) {
	t.Helper()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(format attest.Format, number uint64) string {
		h := attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: number}
		if number > 1 {
			h.Previous = make([]byte, attest.DigestSize)
		}
		signed, err := attest.Sign(format, key, h, []byte(`[{"n":"temperature","u":"Cel","v":5,"t":1772352000}]`))
		if err != nil {
			t.Fatal(err)
		}
		return signed.Text()
	}
	run := anchor.NewRun("logger-2", "k1", 7, make([]byte, attest.DigestSize), []anchor.Line{{Readings: 1, From: 1772352000000,
		Series: []anchor.Series{{Name: "temperature", Unit: "Cel", Count: 1, Min: 5, Max: 5, Sum: 5}}}})
	first := sign(attest.COSE, 1)
	return waymark.RecordRequest{Messages: []string{first, sign(attest.JWS, 2), run.Text(), first, "garbage"}}, waymark.RecordResult{Results: []waymark.MessageResult{
		{Device: "logger-1", Sequence: 1, Outcome: waymark.Recorded, TxID: txID},
		{Device: "logger-1", Sequence: 2, Outcome: waymark.Recorded, TxID: txID},
		{Device: "logger-2", Sequence: 7, Outcome: waymark.Recorded, TxID: txID},
		{Device: "logger-1", Sequence: 1, Outcome: waymark.Duplicate, TxID: "00bb"},
		{Outcome: waymark.Rejected, Code: waymark.Invalid, Detail: "no message", Reasons: []string{"r"}},
	}}
}

// What callers are told is what the rules said, though the ledger keeps less; and what an earlier chaincode answered is read as it is.
func TestResultsAreWhole(t *testing.T) {
	request, want := entries(t)
	brief, err := json.Marshal(recording.Brief(want))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(brief), "logger-2") || strings.Contains(string(brief), `"recorded"`) {
		t.Errorf("the ledger keeps %s", brief)
	}
	for _, result := range [][]byte{brief, whole} {
		got, err := recording.Outcomes(result)
		if err == nil {
			err = recording.Complete(&got, request, txID)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", result, got, err, want)
		}
	}
}

func TestAllRecordedIsANumber(t *testing.T) {
	_, r := entries(t)
	if got, err := json.Marshal(recording.Brief(waymark.RecordResult{Results: r.Results[:3]})); err != nil || string(got) != `{"entries":3}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhatIsNoResult(t *testing.T) {
	for _, result := range []string{
		``, `null1`, `[]`, `{"entries":-1}`, `{"entries":501}`, `{"entries":1,"others":[{"entry":1,"result":{}}]}`, `{"entries":1,"others":[{"entry":-1,"result":{}}]}`, `{"entries":"1"}`,
	} {
		if got, err := recording.Outcomes([]byte(result)); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %+v, %v", result, got, err)
		}
	}
	request, _ := entries(t)
	for name, r := range map[string]waymark.RecordResult{
		"fewer": {Results: make([]waymark.MessageResult, 4)}, "more": {Results: make([]waymark.MessageResult, 6)},
		"what nobody can read was recorded": {Results: []waymark.MessageResult{{}, {}, {}, {}, {Outcome: waymark.Recorded}}},
	} {
		if err := recording.Complete(&r, request, txID); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	cut := waymark.RecordRequest{Messages: []string{base64.RawURLEncoding.EncodeToString([]byte{0x86, 1})}}
	if err := recording.Complete(&waymark.RecordResult{Results: []waymark.MessageResult{{Outcome: waymark.Recorded}}}, cut, txID); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("half a run: %v", err)
	}
}
