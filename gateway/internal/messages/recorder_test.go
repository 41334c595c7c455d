package messages_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/messages"
)

// outcomes is each outcome in short, with the first reason.
func outcomes(results []waymark.MessageResult) string {
	var all []string
	for _, r := range results {
		text := string(r.Outcome)
		if r.Outcome == waymark.Rejected {
			text += " " + string(r.Code)
		}
		if len(r.Reasons) > 0 {
			text += " " + r.Reasons[0]
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestRecord wants each message its outcome and the ledger no call too many.
func TestRecord(t *testing.T) {
	s := newSigner(t)
	plain := func(n uint64) string { return s.message(t, n) }
	sealed := func(n uint64) string { return s.sealed(t, n) }
	tests := []struct {
		name   string
		ledger consortium
		give   []string
		want   string // outcomes
		calls  string
	}{
		{name: "nothing sealed", give: []string{plain(1), plain(2), "garbage"},
			want: "recorded, recorded, rejected invalid", calls: "Record"},
		{name: "sealed, for owner and custodian", ledger: consortium{holders: []string{"carrier", "producer"}}, give: []string{sealed(1), plain(2)},
			want: "recorded, recorded", calls: "Record, Undisclosed, Disclose at carrier, Disclose at producer"},
		{name: "disclosures that nobody lacks", give: []string{sealed(1)}, want: "recorded", calls: "Record, Undisclosed"},
		{name: "rejected by the ledger", ledger: consortium{unknown: []uint64{1}, holders: []string{"producer"}}, give: []string{sealed(1)},
			want: "rejected not_found", calls: "Record"},
		{name: "what is no message goes nowhere", ledger: consortium{holders: []string{"producer"}}, give: []string{"garbage", plain(1), "garbage~AA~"},
			want: "rejected invalid, recorded, rejected invalid", calls: "Record"},
		{name: "malformed disclosures", ledger: consortium{holders: []string{"producer"}},
			give: []string{plain(1), plain(2) + "~", plain(2) + "~A", plain(2) + "~A+~", plain(2) + "~~", "~AA~", sealed(3)},
			want: "recorded" + strings.Repeat(", rejected invalid disclosure", 4) + ", rejected invalid, recorded", calls: "Record, Undisclosed, Disclose at producer"},
		{name: "one exposes", ledger: consortium{exposing: []uint64{2}, holders: []string{"producer"}}, give: []string{plain(1), plain(2), sealed(3)},
			want: "recorded, rejected invalid exposes-private, recorded", calls: "Record, Record, Undisclosed, Disclose at producer"},
		{name: "not its own disclosures", ledger: consortium{mistaken: []uint64{1}, holders: []string{"carrier", "producer"}}, give: []string{sealed(1), sealed(2)},
			want: "rejected invalid disclosure, recorded", calls: "Record, Undisclosed, Disclose at carrier, Disclose at producer"},
		{name: "not its own, and alone", ledger: consortium{mistaken: []uint64{1}, holders: []string{"carrier", "producer"}}, give: []string{sealed(1)},
			want: "rejected invalid disclosure", calls: "Record, Undisclosed, Disclose at carrier, Disclose at producer"},
		{name: "a holder's peer lags behind", ledger: consortium{behind: map[string]int{"carrier": 1}, holders: []string{"carrier", "producer"}}, give: []string{sealed(1), plain(2)},
			want: "recorded, recorded", calls: "Record, Undisclosed, Disclose at carrier, Disclose at producer, Undisclosed, Disclose at carrier"},
		{name: "custody moves meanwhile", ledger: consortium{holders: []string{"carrier", "producer"}, onAsked: func(c *consortium) {
			c.holders = []string{"producer", "retailer"}
		}}, give: []string{sealed(1)}, want: "recorded",
			calls: "Record, Undisclosed, Disclose at carrier, Disclose at producer, Undisclosed, Disclose at retailer"},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			c := newConsortium(tt.ledger.holders...)
			c.exposing, c.mistaken, c.unknown, c.onAsked = tt.ledger.exposing, tt.ledger.mistaken, tt.ledger.unknown, tt.ledger.onAsked
			maps.Copy(c.behind, tt.ledger.behind)
			results, done, err := c.send(t, tt.give...)
			if err != nil {
				t.Fatal(err)
			}
			if got := outcomes(results); got != tt.want {
				t.Errorf("outcomes %s\nwant     %s", got, tt.want)
			}
			if got := c.told(); got != tt.calls {
				t.Errorf("calls %s\nwant  %s", got, tt.calls)
			}
			for _, r := range results {
				if (r.TxID == "") != (r.Outcome == waymark.Rejected) || r.Outcome == waymark.Recorded && r.TxID != done.Commit.TxID {
					t.Errorf("%+v of %s", r, done.Commit.TxID)
				}
			}
			openIsOpen(t, c)
		})
	}
}

// openIsOpen wants no disclosure in what becomes part of a block, and transient data to
// name the one member that it is for.
func openIsOpen(t *testing.T, c *consortium) {
	t.Helper()
	for _, call := range c.calls {
		if strings.Contains(fmt.Sprint(call.Request), "~") || len(call.Transient) > 0 && len(call.At) == 0 {
			t.Errorf("%s says %v", call.Transaction, call.Request)
		}
		if call.As != relay {
			t.Errorf("%s as %s", call.Transaction, call.As)
		}
	}
}

func TestRejectedMessagesAreNamed(t *testing.T) {
	s := newSigner(t)
	c := newConsortium("producer")
	c.exposing, c.mistaken = []uint64{2}, []uint64{3}
	results, _, err := c.send(t, s.message(t, 1)+"~", s.message(t, 2), s.sealed(t, 3), s.message(t, 4))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Device != "logger-1" || r.Sequence != uint64(i)+1 || (r.Detail == "") != (r.Outcome == waymark.Recorded) {
			t.Errorf("message %d: %+v", i, r)
		}
	}
	if detail := results[2].Detail; !strings.Contains(detail, "is on the ledger") || !strings.Contains(detail, "producer: not its own") {
		t.Errorf("detail %q", detail)
	}
}

// The chaincode names no more than waymark.MaxErrorRows messages a time.
func TestManyExpose(t *testing.T) {
	s := newSigner(t)
	c := newConsortium()
	var texts []string
	for n := uint64(1); n <= 50; n++ {
		texts = append(texts, s.message(t, n))
		if n%10 != 0 {
			c.exposing = append(c.exposing, n)
		}
	}
	results, _, err := c.send(t, texts...)
	if err != nil || c.told() != "Record, Record, Record, Record" {
		t.Fatalf("%s: %v", c.told(), err)
	}
	for i, r := range results {
		if exposes := slices.Contains(c.exposing, uint64(i)+1); exposes != (r.Outcome == waymark.Rejected) || r.Sequence != uint64(i)+1 {
			t.Errorf("message %d: %+v", i, r)
		}
	}
}

// A batch of which nothing is left is refused with the rows of the batch as it came, in
// the chaincode's words where only the chaincode refused.
func TestNothingIsLeft(t *testing.T) {
	s := newSigner(t)
	var texts []string
	c := newConsortium()
	for n := uint64(1); n <= 25; n++ {
		texts = append(texts, s.message(t, n))
		c.exposing = append(c.exposing, n)
	}
	_, want := c.record(waymark.RecordRequest{Messages: texts})
	_, _, err := c.send(t, texts...)
	if !reflect.DeepEqual(waymark.AsError(err), waymark.AsError(want)) || c.told() != "Record, Record" {
		t.Errorf("%s: got %+v\nwant %+v", c.told(), err, want)
	}
	_, _, err = c.send(t, s.message(t, 1)+"~", s.message(t, 2))
	e := waymark.AsError(err)
	if e == nil || e.Code != waymark.Invalid || len(e.Rows) != 2 || e.Rows[0].Reasons[0] != waymark.ReasonDisclosure ||
		e.Rows[1].Index != 1 || e.Rows[1].Field != "/messages/1" || e.Rows[1].Reasons[0] != waymark.ReasonExposed {
		t.Errorf("got %+v", e)
	}
	c = newConsortium()
	if _, _, err := c.send(t, s.message(t, 1)+"~"); waymark.CodeOf(err) != waymark.Invalid || c.told() != "" {
		t.Errorf("%s: %v", c.told(), err)
	}
}

func TestOtherErrorsOfABatchAreTheCallers(t *testing.T) {
	s := newSigner(t)
	var rows waymark.RowErrors
	rows.Add("/messages", 0, waymark.Errorf(waymark.Invalid, "something else").Because("other"))
	stray := &waymark.Error{Code: waymark.Invalid, Rows: []waymark.RowError{{Index: 1, Reasons: []string{waymark.ReasonExposed}}, {Index: -1, Reasons: []string{waymark.ReasonExposed}}}}
	for _, want := range []error{waymark.Errorf(waymark.Forbidden, "no"), rows.Err("messages", 1), stray, fmt.Errorf("odd")} {
		c := newConsortium("producer")
		c.failure = want
		if _, _, err := c.send(t, s.sealed(t, 1)); err != want || c.told() != "Record" { //nolint:errorlint // the very error
			t.Errorf("%s: got %v, want %v", c.told(), err, want)
		}
	}
}

// A member whose peers are away holds up no other, and gets its own when the relay comes
// again.
func TestComingAgain(t *testing.T) {
	s := newSigner(t)
	c := newConsortium("carrier", "producer")
	c.away = []string{"carrier"}
	batch := []string{s.sealed(t, 1), s.message(t, 2), s.sealed(t, 3)}
	results, done, err := c.send(t, batch...)
	if got := outcomes(results); err != nil || !done.Unfinished || got != "recorded undisclosed, recorded, recorded undisclosed" || results[0].Code != waymark.Unavailable ||
		!strings.Contains(results[0].Detail, "carrier") || len(c.has["producer"]) != 2 || len(c.has["carrier"]) != 0 {
		t.Fatalf("%s: %+v, %v, %v", got, results, err, c.has)
	}
	c.away, c.calls = nil, nil
	results, done, err = c.send(t, batch...)
	if err != nil || done.Unfinished || c.told() != "Record, Undisclosed, Disclose at carrier" || len(c.has["carrier"]) != 2 {
		t.Fatalf("%s: %v, %v", c.told(), err, c.has)
	}
	if got := outcomes(results); got != "duplicate, duplicate, duplicate" {
		t.Errorf("outcomes %s", got)
	}
	c.calls = nil
	if _, _, err := c.send(t, batch...); err != nil || c.told() != "Record, Undisclosed" {
		t.Errorf("third time: %s: %v", c.told(), err)
	}
}

// What does not pass in time is for the relay to come again for, and no outcome.
func TestNotYetDisclosed(t *testing.T) {
	text := newSigner(t).sealed(t, 1)
	movesOn := func(c *consortium) {
		next := map[string]string{"carrier": "retailer", "retailer": "carrier"}
		c.holders = []string{next[c.holders[0]]}
	}
	for name, make := range map[string]func(*consortium){
		"custody moves each time": func(c *consortium) { c.onAsked = movesOn },
		"a peer stays behind":     func(c *consortium) { c.behind["carrier"] = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newConsortium("carrier")
				make(c)
				results, _, err := c.send(t, text)
				if told := c.told(); err != nil || outcomes(results) != "recorded undisclosed" || strings.Count(told, "Undisclosed") != 4 || strings.Count(told, "Disclose at") != 4 {
					t.Errorf("%s: %v", told, err)
				}
			})
		})
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	s := newSigner(t)
	for _, at := range []int{1, 3} { // the first and the third call
		c := newConsortium("producer")
		c.onDecided = func(r *waymark.RecordResult) {
			if len(c.calls) == at {
				r.Results = append(r.Results, waymark.MessageResult{})
			}
		}
		results, _, err := c.send(t, s.sealed(t, 1))
		if at == 1 && waymark.CodeOf(err) != waymark.Internal || at == 3 && (err != nil || outcomes(results) != "recorded undisclosed") {
			t.Errorf("one outcome too many of call %d: %v, %v", at, results, err)
		}
	}
}

// What the ledger answers about a batch without disclosures is passed on as it is.
func TestAPlainAnswerIsPassedOn(t *testing.T) {
	c := newConsortium()
	want := encode(waymark.RecordResult{Results: []waymark.MessageResult{{Device: "logger-1", Sequence: 1, Outcome: waymark.Recorded, TxID: "tx1"}}})
	done, err := messages.NewRecorder(c, time.Minute, nil).Record(t.Context(), nil, relay, []string{newSigner(t).message(t, 1)})
	if err != nil || !bytes.Equal(done.Result, want) {
		t.Errorf("got %s, %v", done.Result, err)
	}
}
