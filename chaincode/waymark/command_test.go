package waymark_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestCommandRequestValidate(t *testing.T) {
	good := waymark.CommandRequest{ID: "c-1", Device: "logger-1", Name: "set_point", Arguments: `{"celsius":4}`, ExpiresAt: time.Unix(1, 0)}
	for name, c := range map[string]struct {
		change func(*waymark.CommandRequest)
		field  string
	}{
		"good":            {func(*waymark.CommandRequest) {}, ""},
		"no id":           {func(r *waymark.CommandRequest) { r.ID = "" }, "/id"},
		"a slash":         {func(r *waymark.CommandRequest) { r.ID = "a/b" }, "/id"},
		"no device":       {func(r *waymark.CommandRequest) { r.Device = "" }, "/device"},
		"a name of words": {func(r *waymark.CommandRequest) { r.Name = "set point" }, "/name"},
		"no time":         {func(r *waymark.CommandRequest) { r.ExpiresAt = time.Time{} }, "/expires_at"},
		"no arguments":    {func(r *waymark.CommandRequest) { r.Arguments = "" }, "/arguments"},
		"long arguments": {func(r *waymark.CommandRequest) {
			r.Arguments = `{"a":"` + strings.Repeat("a", waymark.MaxCommandArguments) + `"}`
		}, "/arguments"},
	} {
		r := good
		c.change(&r)
		if err := r.Validate(); (err == nil) != (c.field == "") || err != nil && waymark.AsError(err).Field != c.field {
			t.Errorf("%s: %v, want field %q", name, err, c.field)
		}
	}
}

func TestArgumentsAreOneStrictObject(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`:                      true,
		`{"a":1,"b":[1,"a","a"]}`: true,
		`{"a":{"a":{"a":"a"}}}`:   true,
		`{"a":"a","b":"a"}`:       true,
		"{\n\t\"a\": 1.5e3 }\n":   true,
		`{"a":"\ud83d\ude00"}`:    true,
		`{"a":` + strings.Repeat("[", 7) + strings.Repeat("]", 7) + `}`: true,
		`{"a":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`: false,
		` {}`: false, `[]`: false, `null`: false, `"{}"`: false, `{`: false, `{}{}`: false, `{},`: false, `{"a"}`: false, `{"a":}`: false,
		`{"a":1,}`: false, `{a:1}`: false, `{'a':1}`: false, `{"a":NaN}`: false, `{"a":01}`: false, `{"a":1}x`: false, `{"a":1}//`: false,
		`{"a":1,"a":1}`:               false,
		`{"a":1,"\u0061":2}`:          false,
		`{"a":[{"b":1,"c":2,"b":3}]}`: false,
		`{"a":"\ud800"}`:              false,
		`{"\ud800":1}`:                false,
		"{\"a\":\"\xff\"}":            false,
		"{\"a\":\"\n\"}":              false,
	} {
		r := waymark.CommandRequest{ID: "c", Device: "d", Name: "n", Arguments: text, ExpiresAt: time.Unix(1, 0)}
		if err := r.Validate(); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzArguments(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":[{"b":1}],"c":"\u0000"}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := waymark.CommandRequest{ID: "c", Device: "d", Name: "n", Arguments: text, ExpiresAt: time.Unix(1, 0)}
		if err := r.Validate(); err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
			t.Fatalf("%q is no object: %v", text, err)
		}
	})
}

func TestCancelCloseAndQueryValidate(t *testing.T) {
	for name, c := range map[string]struct {
		give waymark.Validator
		ok   bool
	}{
		"cancel":                {waymark.CancelCommandRequest{Device: "d", ID: "c", Reason: "because"}, true},
		"cancel without reason": {waymark.CancelCommandRequest{Device: "d", ID: "c"}, false},
		"cancel without id":     {waymark.CancelCommandRequest{Device: "d", Reason: "because"}, false},
		"cancel no device":      {waymark.CancelCommandRequest{ID: "c", Reason: "because"}, false},
		"close":                 {waymark.CloseCommandRequest{Receipt: "a.b.c"}, true},
		"close with nothing":    {waymark.CloseCommandRequest{}, false},
		"close with too much":   {waymark.CloseCommandRequest{Receipt: strings.Repeat("a", waymark.MaxMessageBytes+1)}, false},
		"query":                 {waymark.CommandQuery{Device: "d", ID: "c"}, true},
		"query without device":  {waymark.CommandQuery{ID: "c"}, false},
		"query without id":      {waymark.CommandQuery{Device: "d"}, false},
	} {
		if err := c.give.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACommandIsOpenUntilItExpires(t *testing.T) {
	at := time.Unix(1772352000, 0)
	for _, c := range []struct {
		state waymark.CommandState
		now   time.Time
		want  bool
	}{
		{waymark.CommandRequested, at, true},
		{waymark.CommandRequested, at.Add(1), false},
		{waymark.CommandCancelled, at, false},
		{waymark.CommandClosed, at, false},
	} {
		if got := (waymark.Command{State: c.state, ExpiresAt: at}).Open(c.now); got != c.want {
			t.Errorf("%s at %s: %t", c.state, c.now, got)
		}
	}
}

// TestReceiptVectors checks test/vectors/receipts.json; its README says what the members mean.
func TestReceiptVectors(t *testing.T) {
	data, err := os.ReadFile("../../test/vectors/receipts.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Receipts []struct {
			Name, Payload string
			Receipt       *struct {
				Command, Result, Detail string
				ExecutedAt              int64 `json:"executed_at"`
			}
			Code waymark.Code
		}
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Receipts) < 20 {
		t.Fatalf("%d receipts, %v", len(file.Receipts), err)
	}
	for _, v := range file.Receipts {
		got, err := waymark.ParseCommandReceipt([]byte(v.Payload))
		switch {
		case waymark.CodeOf(err) != v.Code:
			t.Errorf("%s: %v, want code %q", v.Name, err, v.Code)
		case err == nil && got != (waymark.CommandReceipt{Command: v.Receipt.Command, Result: waymark.CommandResult(v.Receipt.Result),
			Detail: v.Receipt.Detail, ExecutedAt: v.Receipt.ExecutedAt}):
			t.Errorf("%s: read %+v, want %+v", v.Name, got, *v.Receipt)
		}
	}
}
