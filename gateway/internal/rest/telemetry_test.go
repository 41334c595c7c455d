package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// sealed is a signed message, alone and followed by the disclosure of its one reading.
func sealed(t *testing.T) (public, whole string, disclosure []byte) {
	t.Helper()
	r := senml.Reading{Name: "price", Unit: "Cel", Kind: senml.Number, Value: 4141, Time: time.Unix(1893456000, 0).UTC()}
	seal, disclosure, err := senml.SealJSON(r, senml.NewSalt())
	if err != nil {
		t.Fatal(err)
	}
	pack, err := senml.EncodeJSON([]senml.Reading{seal})
	if err != nil {
		t.Fatal(err)
	}
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	m, err := attest.Sign(attest.JWS, key, attest.Header{Device: "logger-1", Consortium: "waymark", KeyID: "k1", Kind: attest.PackJSON, Sequence: 1}, pack)
	if err != nil {
		t.Fatal(err)
	}
	return m.Text(), attest.WithDisclosures(m.Text(), [][]byte{disclosure}), disclosure
}

const recorded = `{"results":[{"device":"logger-1","sequence":1,"outcome":"recorded","tx_id":"` + someTx + `"}]}`

// holdersAre answers as a ledger whose members lack the disclosures of every message.
func holdersAre(members ...string) func(ledger.Call) (json.RawMessage, error) {
	return func(q ledger.Call) (json.RawMessage, error) {
		if q.Transaction == waymark.TelemetryUndisclosed {
			return json.Marshal(waymark.Undisclosed{Messages: []waymark.UndisclosedMessage{{Device: "logger-1", Sequence: 1, Members: members}}})
		}
		return json.RawMessage(recorded), nil
	}
}

func TestMessagesWithDisclosures(t *testing.T) {
	public, whole, _ := sealed(t)
	a := newAPI(t)
	a.ledger.answer = holdersAre("carrier", "producer")
	w := a.do("POST", "/v1/messages", `{"messages":["`+whole+`"]}`, "Authorization", "Bearer "+relay)
	ref := []waymark.MessageRef{{Device: "logger-1", Sequence: 1}}
	want := []call{
		{As: "relay", Tx: waymark.TelemetryRecord, Request: waymark.RecordRequest{Messages: []string{public}}},
		{As: "relay", Tx: waymark.TelemetryUndisclosed, Request: waymark.UndisclosedQuery{Messages: ref}},
		{As: "relay", Tx: waymark.TelemetryDisclose, Request: waymark.DiscloseRequest{To: "carrier"}, At: "carrier"},
		{As: "relay", Tx: waymark.TelemetryDisclose, Request: waymark.DiscloseRequest{To: "producer"}, At: "producer"},
	}
	if got := a.ledger.seen(); w.Code != http.StatusOK || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %d %s\ncalls %+v\nwant  %+v", w.Code, w.Body, got, want)
	}
	checkRecord(t, "POST", w.Body.String(), recorded)
}

// However a batch ends, the log and a problem say nothing of the messages (ASVS 5.0: 16.2.5).
func TestNoMessageInLogsOrProblems(t *testing.T) {
	public, whole, _ := sealed(t)
	fail := func(at waymark.Transaction, err error) func(ledger.Call) (json.RawMessage, error) {
		return func(q ledger.Call) (json.RawMessage, error) {
			if q.Transaction == at {
				return nil, err
			}
			return holdersAre("carrier")(q)
		}
	}
	tests := []struct {
		give   func(ledger.Call) (json.RawMessage, error)
		status int
	}{
		{give: holdersAre("carrier"), status: 200},
		{give: fail(waymark.TelemetryRecord, waymark.Errorf(waymark.Internal, "odd")), status: 500},
		{give: fail(waymark.TelemetryUndisclosed, waymark.Errorf(waymark.Unavailable, "down")), status: 503},
		{give: fail(waymark.TelemetryDisclose, waymark.Errorf(waymark.Unavailable, "down")), status: 200},
		{give: fail(waymark.TelemetryDisclose, waymark.Errorf(waymark.Conflict, "lost")), status: 200},
	}
	for i, tt := range tests {
		a := newAPI(t)
		a.ledger.answer = tt.give
		w := a.do("POST", "/v1/messages", `{"messages":["`+whole+`"]}`)
		text := w.Body.String()
		for _, e := range a.logs.All() {
			text += fmt.Sprint(e.Message, e.ContextMap())
		}
		_, disclosure, _ := strings.Cut(whole, "~")
		if w.Code != tt.status || strings.Contains(text, strings.Trim(disclosure, "~")) || strings.Contains(text, public[:40]) {
			t.Errorf("case %d: %d, told %s", i, w.Code, text)
		}
	}
}

func TestMessagesRefusedAtTheDoor(t *testing.T) {
	for field, messages := range map[string]string{
		"/messages":   `[]`,
		"/messages/1": `["a.b.c","a.b.c~` + strings.Repeat("A", waymark.MaxMessageBytes) + `~"]`,
	} {
		a := newAPI(t, func(l *limits) { l.BodyBytes, l.BytesInFlight = 1<<20, 1<<20 })
		w := a.do("POST", "/v1/messages", `{"messages":`+messages+`}`)
		if p := problem(t, w); w.Code != http.StatusBadRequest || p.Field != field || len(a.ledger.seen()) != 0 {
			t.Errorf("%s: %d %s", field, w.Code, w.Body)
		}
	}
}

// A batch with nothing left is a problem that names the rows.
func TestABatchThatOnlyExposes(t *testing.T) {
	public, _, _ := sealed(t)
	a := newAPI(t)
	var rows waymark.RowErrors
	rows.Add("/messages", 0, waymark.Errorf(waymark.Invalid, "must seal price").Because(waymark.ReasonExposed))
	a.ledger.err = rows.Err("messages", 1)
	w := a.do("POST", "/v1/messages", `{"messages":["`+public+`"]}`)
	p := problem(t, w)
	if w.Code != http.StatusBadRequest || p.Code != waymark.Invalid || len(p.Rows) != 1 || p.Rows[0].Field != "/messages/0" ||
		!reflect.DeepEqual(p.Rows[0].Reasons, []string{waymark.ReasonExposed}) || len(a.ledger.seen()) != 1 {
		t.Errorf("%d %s, %d calls", w.Code, w.Body, len(a.ledger.seen()))
	}
}

func TestDisclosed(t *testing.T) {
	_, _, disclosure := sealed(t)
	honest := waymark.DisclosedMessage{Device: "logger-1", Sequence: 7, Holder: "carrier", TxID: someTx, Obligations: []waymark.Obligation{},
		Readings: []waymark.DisclosedReading{{Name: "price", Class: "trade", Kind: "number", Unit: "Cel", Value: "41.41",
			Time: time.Unix(1893456000, 0).UTC(), Disclosure: disclosure}}}
	lying := honest
	lying.Readings = []waymark.DisclosedReading{honest.Readings[0]}
	lying.Readings[0].Value = "41.40"
	text := func(m waymark.DisclosedMessage) string {
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	const path = "/v1/devices/logger-1/messages/7/disclosed"
	twice := strings.Replace(text(honest), `"value":"41.41"`, `"value":"0","VALUE":"41.41"`, 1)
	tests := []struct {
		name, path, answer string
		want               waymark.DisclosedQuery
		status             int
	}{
		{name: "own", path: path, answer: text(honest), want: waymark.DisclosedQuery{Device: "logger-1", Sequence: 7}, status: 200},
		{name: "of another", path: path + "?holder=carrier&purpose=claim-1", answer: text(honest),
			want: waymark.DisclosedQuery{Device: "logger-1", Sequence: 7, Holder: "carrier", Purpose: "claim-1"}, status: 200},
		{name: "another value", path: path + "?holder=carrier", answer: text(lying),
			want: waymark.DisclosedQuery{Device: "logger-1", Sequence: 7, Holder: "carrier"}, status: 502},
		{name: "of a third", path: path + "?holder=retailer", answer: text(honest),
			want: waymark.DisclosedQuery{Device: "logger-1", Sequence: 7, Holder: "retailer"}, status: 502},
		{name: "no answer", path: path + "?holder=carrier", answer: `[]`,
			want: waymark.DisclosedQuery{Device: "logger-1", Sequence: 7, Holder: "carrier"}, status: 502},
		{name: "two values", path: path + "?holder=carrier", answer: twice,
			want: waymark.DisclosedQuery{Device: "logger-1", Sequence: 7, Holder: "carrier"}, status: 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(t)
			a.ledger.result = tt.answer
			w := a.do("GET", tt.path, "")
			want := []call{{As: "operator", Tx: waymark.TelemetryDisclosed, Request: tt.want, At: tt.want.Holder}}
			if tt.want.Holder != "" { // there must be such a member
				want = append([]call{{As: "operator", Tx: waymark.MembersGet, Request: waymark.MemberQuery{Member: tt.want.Holder}}}, want...)
			}
			if got := a.ledger.seen(); w.Code != tt.status || !reflect.DeepEqual(got, want) {
				t.Fatalf("%d %s\ncalls %+v\nwant  %+v", w.Code, w.Body, got, want)
			}
			if tt.status == http.StatusOK && w.Body.String() != text(honest) { // and nothing that was not checked
				t.Errorf("got  %s\nwant %s", w.Body, text(honest))
			}
			if tt.status != http.StatusOK && problem(t, w).Code != waymark.Internal {
				t.Errorf("got %s", w.Body)
			}
		})
	}
}

func TestDisclosedRefusedAtTheDoor(t *testing.T) {
	a := newAPI(t)
	for _, path := range []string{"messages/7/disclosed?holder=a%20b", "messages/7/disclosed?purpose=%22", "messages/0/disclosed"} {
		if w := a.do("GET", "/v1/devices/logger-1/"+path, ""); w.Code != http.StatusBadRequest || problem(t, w).Code != waymark.Invalid {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if calls := a.ledger.seen(); len(calls) != 0 {
		t.Errorf("the ledger was asked %+v", calls)
	}
}
