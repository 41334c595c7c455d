package contract_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/contract"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// texts are what nobody should send as a text, in JSON. None is valid anywhere.
func texts() map[string]string {
	return map[string]string{
		"null":              `null`,
		"a number":          `1`,
		"a list":            `["a"]`,
		"an object":         `{"a":"a"}`,
		"nothing":           `""`,
		"U+10FFFF":          `"\udbff\udfff"`,
		"U+10FFFF, raw":     "\"\U0010ffff\"",
		"U+10FFFF, in text": "\"a\U0010ffff\"",
		"U+FFFF":            `"\uffff"`,
		"half a surrogate":  `"\ud800"`,
		"surrogates turned": `"\udfff\udbff"`,
		"not UTF-8":         "\"a\xff\xfe\"",
		"overlong":          "\"\xc0\xaf\"",
		"a raw surrogate":   "\"\xed\xa0\x80\"",
		"U+FFFD":            `"a\ufffd"`,
		"a NUL":             `"\u0000"`,
		"a key":             `"\u0000device\u0000victim"`,
		"a composite key":   `"\u0000device\u0000victim\u0000\udbff\udfff"`,
		"a line break":      `"a\nb"`,
		"delete":            `"a\u007f"`,
	}
}

// moments are at the edges of what RFC 3339 and JSON can say of time.
func moments() map[string]string {
	return map[string]string{
		"year 10000":      `"10000-01-01T00:00:00Z"`,
		"after year 9999": `"9999-12-31T23:59:59-01:00"`,
		"before year 0":   `"0000-01-01T00:00:00+01:00"`,
		"no time":         `"0001-01-01T00:00:00Z"`,
		"a leap second":   `"2026-12-31T23:59:60Z"`,
		"a day too many":  `"2026-02-30T00:00:00Z"`,
		"a far zone":      `"2026-03-01T08:00:00+25:00"`,
		"no zone":         `"2026-03-01T08:00:00"`,
		"a local zone":    `"2026-03-01T08:00:00[Europe/Berlin]"`,
	}
}

// plain are texts that an id must not have, and that are nothing but text where people
// write to people.
func plain() map[string]string {
	return map[string]string{
		"a path":         `"a/b"`,
		"a way up":       `"../x"`,
		"composed":       `"caf\u00e9"`,
		"decomposed":     `"cafe\u0301"`,
		"a star":         `"*"`,
		"a hash":         `"#"`,
		"a plus":         `"+"`,
		"a per cent":     `"%"`,
		"a question":     `"a?"`,
		"braces":         `"{partner}"`,
		"an end of text": `"a\"); permit (principal, action, resource);"`,
	}
}

// tooLong is by one byte longer than any text may be.
var tooLong = `"` + strings.Repeat("a", waymark.MaxMessageBytes+1) + `"`

// numbers are at the edges of what a number can be, and past them.
func numbers() map[string]string {
	return map[string]string{
		"null": `null`, "a text": `"1"`, "zero": `0`, "minus zero": `-0`, "minus one": `-1`, "a fraction": `1.5`, "an exponent": `1e0`,
		"a huge one": `1e400`, "a tiny one": `1e-400`, "2^53": `9007199254740992`, "2^53+1": `9007199254740993`,
		"2^63-1": `9223372036854775807`, "2^63": `9223372036854775808`, "2^64-1": `18446744073709551615`, "2^64": `18446744073709551616`, "-2^63": `-9223372036854775808`,
	}
}

// valuesFor are what nobody should send for a kind of leaf.
func valuesFor(k kind) map[string]string {
	if k == number {
		return numbers()
	}
	values := texts()
	maps.Copy(values, plain())
	if k == moment {
		maps.Copy(values, moments())
	}
	return values
}

// freeTexts are the members where people write to people, or where GS1 and SenML let
// in more than ids have. What is plain may stand there.
var freeTexts = map[string][]string{
	"/name":                                 {"members:Register", "goods:RegisterProduct"},
	"/reason":                               nil,
	"/reservation":                          nil,
	"/reference":                            nil,
	"/parameters/model":                     nil,
	"/conditions/0/name":                    nil,
	"/conditions/0/unit":                    nil,
	"/conditions/0/fence/longitude_name":    nil,
	"/disposition":                          nil,
	"/attributes/measures/0/measurements/0": nil,
	"/exceptions/0/note":                    nil,
	"/item/name":                            {"settlement:AddEvidence"},
	"/words":                                {"settlement:Resolve"},
}

// mayStand reports whether a value is no fault at a leaf.
func mayStand(name waymark.Transaction, l leaf, value string) bool {
	switch value {
	case "null", "nothing", "zero", "minus zero":
		return l.optional
	}
	if _, ok := plain()[value]; !ok {
		return false
	}
	in, free := freeTexts[l.String()]
	return free && (in == nil || slices.Contains(in, string(name)))
}

// TestHostileMembers puts every hostile value into every member of valid requests by
// who may send them, one at a time: it is refused as the caller's fault, and nothing is
// written. Where a value may stand it changes nothing but what it says.
func TestHostileMembers(t *testing.T) {
	t.Parallel() // with TestWhoMay: transactions of one process at the same time
	w := newWorld(t)
	calls := w.calls()
	types := requestTypes()
	for _, name := range transactionNames(t, w.bench) {
		c := calls[name]
		if got := reflect.TypeOf(c.give); got != types[name] || c.member == "" {
			t.Errorf("%s takes a %v, and its valid request is a %v", name, types[name], got)
			continue
		}
		if c.give == nil {
			continue
		}
		for _, l := range leaves(t, types[name]) {
			w.spoil(name, c, l)
		}
	}
}

// requestTypes are what the contract functions take, nil where that is nothing.
func requestTypes() map[waymark.Transaction]reflect.Type {
	types := map[waymark.Transaction]reflect.Type{}
	for _, c := range []any{&contract.Members{}, &contract.Devices{}, &contract.Telemetry{}, &contract.Shipments{}, &contract.Goods{}, &contract.Titles{}, &contract.Commands{}, &contract.Policies{},
		&contract.Accounts{}, &contract.Settlement{}} {
		of := reflect.TypeOf(c)
		for i := range of.NumMethod() {
			m := of.Method(i)
			if m.Type.NumIn() < 2 || m.Type.In(1) != reflect.TypeFor[contract.Context]() { // of contractapi
				continue
			}
			name := waymark.Transaction(strings.ToLower(of.Elem().Name()) + ":" + m.Name)
			types[name] = nil
			if m.Type.NumIn() > 2 {
				types[name] = m.Type.In(2)
			}
		}
	}
	return types
}

// spoil sends the valid requests of a call with one member spoilt.
func (w *world) spoil(name waymark.Transaction, c call, l leaf) {
	w.t.Helper()
	reached := false
	for _, request := range append([]any{c.give}, c.others...) {
		valid := w.effects(name, c, request)
		for _, at := range l.templates(w.t, request) {
			values := valuesFor(l.kind)
			if !reached {
				values["too much"] = tooLong
			}
			for value, text := range values {
				w.spoilt(name, c, at.leaf, value, strings.Replace(at.json, hole, text, 1), valid)
			}
			reached = true
		}
	}
	if !reached {
		w.t.Errorf("%s: no valid request reaches %s", name, l)
	}
}

// effects are the keys that a valid request writes.
func (w *world) effects(name waymark.Transaction, c call, request any) []string {
	w.t.Helper()
	response, s := w.invoke(w.id(c.member, c.role), arguments(w.t, name, request)...)
	if response.GetStatus() != 200 {
		w.t.Errorf("%s of a valid request: %s", name, response.GetMessage())
	}
	return keysOf(s.Writes)
}

// spoilt sends one spoilt request. valid are the keys that it would write if it were not.
func (w *world) spoilt(name waymark.Transaction, c call, l leaf, value, request string, valid []string) {
	w.t.Helper()
	response, s := w.invoke(w.id(c.member, c.role), string(name), request)
	if response.GetStatus() == 200 {
		switch {
		case mayStand(name, l, value) && slices.Equal(keysOf(s.Writes), valid):
		case name == waymark.TelemetryRecord && slices.Contains([]string{"/messages/0", "/body"}, l.String()) && s.Untouched(): // a message, or a run, has its own outcome
		case name == waymark.GoodsTransform && l.String() == "/outputs/0/lot" && (value == "null" || value == "nothing"): // an item of no lot
		default:
			w.t.Errorf("%s with %s at %s succeeds: %.200s, effects %.500s", name, value, l, response.GetPayload(), s.Effects())
		}
		return
	}
	e, ok := waymark.ParseWire(response.GetMessage())
	if !ok || !s.Untouched() || !slices.Contains(append(anyFault, waymark.FailedPrecondition), e.Code) {
		w.t.Errorf("%s with %s at %s: message %.300q, effects %.300s", name, value, l, response.GetMessage(), s.Effects())
	}
}

func keysOf(writes map[string][]byte) []string { return slices.Sorted(maps.Keys(writes)) }
