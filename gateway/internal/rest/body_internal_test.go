package rest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// ASVS 5.0: 2.2.3, 15.3.3, 15.3.5.
func TestDecodeRefuses(t *testing.T) {
	const tail = `"consignee":"r","goods":[],"conditions":[]}`
	tests := []struct {
		name, give, field string
	}{
		{name: "unknown", give: `{"idd":"S",` + tail, field: "/idd"},
		{name: "case folded", give: `{"ID":"S",` + tail, field: "/ID"},
		{name: "duplicate", give: `{"id":"S","id":"T",` + tail, field: "/id"},
		{name: "duplicate by escape", give: `{"id":"S","\u0069d":"T",` + tail, field: "/id"},
		{name: "inner unknown", give: `{"goods":[{"id":"1"},{"ids":"1"}]}`, field: "/goods/1/ids"},
		{name: "number for text", give: `{"id":1,` + tail, field: "/id"},
		{name: "text for list", give: `{"goods":"x"}`, field: "/goods"},
		{name: "object for text", give: `{"id":{"a":1}}`, field: "/id"},
		{name: "null", give: `{"id":null,` + tail, field: "/id"},
		{name: "null inside", give: `{"goods":[null]}`, field: "/goods/0"},
		{name: "trailing object", give: `{} {}`},
		{name: "trailing text", give: `{}x`},
		{name: "array", give: `[]`},
		{name: "text", give: `"x"`},
		{name: "nothing", give: ` `},
		{name: "cut off", give: `{"id":"S"`},
		{name: "comment", give: `{"id":"S" /* x */}`},
		{name: "single quotes", give: `{'id':'S'}`},
		{name: "NaN", give: `{"id":NaN}`, field: "/id"},
		{name: "invalid UTF-8", give: "{\"id\":\"\xff\"}", field: "/id"},
		{name: "lone surrogate", give: `{"id":"\ud800"}`, field: "/id"},
		{name: "duplicate inside", give: `{"goods":[{"id":"1"},{"id":"1","quantity":"1","id":"2"}]}`, field: "/goods/1/id"},
		{name: "duplicate of an unknown", give: `{"x":{"a/b":1,"a/b":1}}`, field: "/x/a~1b"},
		{name: "invalid UTF-8 in a name", give: "{\"goods\":[{\"\xff\":1}]}", field: "/goods/0"},
		{name: "lone surrogate inside", give: `{"goods":[{"id":"\udc00"}]}`, field: "/goods/0/id"},
		{name: "huge number", give: `{"goods":[{"id":` + strings.Repeat("9", 10_000) + `}]}`, field: "/goods/0/id"},
		{name: "huge exponent", give: `{"goods":1e999999999}`, field: "/goods"},
		{name: "huge name", give: `{"goods":[{"` + strings.Repeat("x", 10_000) + `":1}]}`, field: "/goods/0"},
		{name: "deep", give: strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17), field: strings.Repeat("/a", 16)},
		{name: "very deep", give: `{"goods":` + strings.Repeat("[", 1_000_000), field: "/goods" + strings.Repeat("/0", 15)},
		{name: "deep with long names", give: strings.Repeat(`{"`+strings.Repeat("x", 200)+`":`, 17) + "1" + strings.Repeat("}", 17), field: "/" + strings.Repeat("x", 200)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var target waymark.CreateShipmentRequest
			err := decode([]byte(tt.give), &target)
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("got %v", err)
			}
			if got := waymark.AsError(err); got.Field != tt.field || strings.Contains(got.Message, "waymark.") {
				t.Errorf("field %q, want %q: %s", got.Field, tt.field, got.Message)
			}
		})
	}
}

func TestDecodeNumbers(t *testing.T) {
	tests := []struct {
		give string
		want uint64
		bad  bool
	}{
		{give: "7", want: 7},
		{give: "18446744073709551615", want: 1<<64 - 1},
		{give: "18446744073709551616", bad: true},
		{give: "-1", bad: true},
		{give: "1.5", bad: true},
		{give: "1e3", bad: true},
		{give: `"7"`, bad: true},
		{give: strings.Repeat("9", 3000), bad: true},
	}
	for _, tt := range tests {
		var q waymark.CheckRequest
		err := decode([]byte(`{"action":"ReadDevice","handoff":`+tt.give+`}`), &q)
		if err != nil && waymark.AsError(err).Field != "/handoff" {
			t.Errorf("%.40s: %+v", tt.give, waymark.AsError(err))
		}
		if (err != nil) != tt.bad || err == nil && q.Handoff != tt.want {
			t.Errorf("%.40s: %d, %v", tt.give, q.Handoff, err)
		}
	}
}

// FuzzDecode checks that what is accepted is what the standard library reads
// too, and that every refusal is an Invalid error.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"id":"S","goods":[{"id":"1","quantity":"2"}]}`, `{"id":"S","id":"T"}`, `{"ID":""}`, `[`, `{}{}`, "{\"id\":\"\\ud800\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ours, theirs waymark.CreateShipmentRequest
		if err := decode(data, &ours); err != nil {
			if told := waymark.AsError(err); told.Code != waymark.Invalid || len(told.Field) > maxPointer || len(told.Message) > 200 {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		if err := json.Unmarshal(data, &theirs); err != nil {
			t.Fatalf("%q: accepted, but %v", data, err)
		}
		a, errA := json.Marshal(ours)
		b, errB := json.Marshal(theirs)
		if errA != nil || errB != nil || string(a) != string(b) && !strings.Contains(string(b), "null") {
			t.Fatalf("%q:\n%s\n%s", data, a, b)
		}
	})
}
