package waymark_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// statementVector is one of test/vectors/statements.json; its README says what the members mean.
type statementVector struct {
	Name, Kind, Payload string
	Says                json.RawMessage
	Code                waymark.Code
}

func statementVectors(t testing.TB) []statementVector {
	t.Helper()
	data, err := os.ReadFile("../../test/vectors/statements.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Statements []statementVector }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Statements) < 80 {
		t.Fatalf("%d statements, %v", len(file.Statements), err)
	}
	return file.Statements
}

// readers read the payloads of each kind, and what a good one says.
var readers = map[string]struct {
	parse func([]byte) (any, error)
	says  func([]byte) (any, error)
}{
	"vnd.waymark.inquiry+json":  {parsed(waymark.ParseInquiry), decoded[waymark.Inquiry]},
	"vnd.waymark.commit+json":   {parsed(waymark.ParseCommitReceipt), decoded[waymark.CommitReceipt]},
	"vnd.waymark.command+json":  {parsed(waymark.ParseDeliveredCommand), decoded[waymark.DeliveredCommand]},
	"vnd.waymark.presence+json": {parsed(waymark.ParsePresence), decoded[waymark.Presence]},
}

func parsed[T any](parse func([]byte) (T, error)) func([]byte) (any, error) {
	return func(payload []byte) (any, error) { return parse(payload) }
}

func decoded[T any](text []byte) (any, error) {
	var v T
	err := json.Unmarshal(text, &v)
	return v, err
}

func TestStatementVectors(t *testing.T) {
	seen := map[string]int{}
	for _, v := range statementVectors(t) {
		got, err := readers[v.Kind].parse([]byte(v.Payload))
		if waymark.CodeOf(err) != v.Code {
			t.Errorf("%s: %v, want code %q", v.Name, err, v.Code)
		}
		if v.Code != "" {
			continue
		}
		seen[v.Kind]++
		if want, err := readers[v.Kind].says(v.Says); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v, want %+v (%v)", v.Name, got, want, err)
		}
	}
	if len(seen) != len(readers) {
		t.Errorf("good ones of %v alone", seen)
	}
}

func FuzzStatements(f *testing.F) {
	for _, v := range statementVectors(f) {
		f.Add(v.Kind, []byte(v.Payload))
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		reader, known := readers[kind]
		if !known {
			return
		}
		got, err := reader.parse(payload)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := reader.parse(again); err != nil || !reflect.DeepEqual(got, b) {
			t.Fatalf("%s reads as %+v (%v), want %+v", again, b, err, got)
		}
	})
}

// The newest of some presences is the same in whatever order they come.
func TestTheNewestPresence(t *testing.T) {
	online := func(at int64, session string) waymark.Presence {
		return waymark.Presence{State: waymark.PresenceOnline, At: at, Session: session}
	}
	gone := func(at int64, session string) waymark.Presence {
		return waymark.Presence{State: waymark.PresenceGone, At: at, Session: session}
	}
	ascending := []waymark.Presence{online(1, "b"), gone(1, "b"), online(2, "a"), gone(2, "a"), online(2, "b"), gone(2, "b")}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := a.After(b); got != (i > j) {
				t.Errorf("%+v after %+v: %t", a, b, got)
			}
		}
	}
}
