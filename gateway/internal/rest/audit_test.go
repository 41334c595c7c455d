package rest_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// TestAWriteThatIsUnderWayHasTwoLines: one that says so, and one when it has its end.
func TestAWriteThatIsUnderWayHasTwoLines(t *testing.T) {
	a := newKeepingAPI(t, time.Minute)
	a.ledger.order = make(chan struct{})
	if w := a.do("PUT", createPath, someBody, "Prefer", "respond-async"); w.Code != http.StatusAccepted {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	close(a.ledger.order)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if got := transactionIn(t, a.do("GET", "/v1/transactions/"+someTx, "").Body.Bytes()); got.State == client.Committed {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is not committed")
		}
	}
	want := []map[string]any{
		{"event": "write", "outcome": "pending", "status": 202.0},
		{"event": "end", "outcome": "done", "fate": "VALID"},
	}
	lines := strings.Split(strings.TrimSpace(a.audit.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got %q", lines)
	}
	for i, text := range lines {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		for key, value := range map[string]any{"caller": "token:erp", "operation": "registerMember", "tx_id": someTx} {
			want[i][key] = value
		}
		for key, value := range want[i] {
			if line[key] != value {
				t.Errorf("line %d: %s = %v, want %v", i, key, line[key], value)
			}
		}
	}
}

// TestAuditLog: a write, a refused credential and a refusal by policy are a line each, and
// what was read or refused for another reason is none (ASVS 5.0: 16.3.1, 16.3.2).
func TestAuditLog(t *testing.T) {
	forbidden := &waymark.Error{Code: waymark.Forbidden, Message: "no", Reasons: []string{"baseline.members"}}
	const member = "/v1/members/producer"
	const submit, endorse = "/v1/transactions:submit", "/v1/proposals:endorse"
	signed := []byte("devices:Suspend " + jsonOf(suspend))
	bodies := map[string]string{
		member:  `{"name":"payload"}`,
		submit:  jsonOf(map[string][]byte{"transaction": signed, "signature": []byte("s")}),
		endorse: jsonOf(map[string][]byte{"proposal": signed, "signature": []byte("s")}),
	}
	tests := []struct {
		name, method, path, token string
		err                       error
		want                      map[string]any // nil for no line; a member that is nil must not be there
	}{
		{name: "write with a bad signature of a device", method: "PUT", path: member, token: operator, err: waymark.Errorf(waymark.Unauthenticated, "of the device").Because("signature"),
			want: map[string]any{"event": "write", "outcome": "unauthenticated", "status": 422.0, "identity": "operator", "reasons": []any{"signature"}}},
		{name: "write that another key signed", method: "POST", path: submit, token: operator,
			want: map[string]any{"event": "write", "outcome": "done", "caller": "token:erp", "identity": nil, "creator": someCreator, "transaction": "devices:Suspend", "tx_id": someTx}},
		{name: "the same that policy refuses", method: "POST", path: submit, token: operator, err: forbidden,
			want: map[string]any{"event": "policy", "identity": nil, "creator": someCreator, "transaction": "devices:Suspend"}},
		{name: "endorsement that policy refuses", method: "POST", path: endorse, token: operator, err: forbidden,
			want: map[string]any{"event": "policy", "identity": nil, "creator": someCreator, "transaction": "devices:Suspend"}},
		{name: "endorsement", method: "POST", path: endorse, token: operator},
		{name: "write", method: "PUT", path: member, token: operator,
			want: map[string]any{"event": "write", "outcome": "done", "caller": "token:erp", "identity": "operator", "operation": "registerMember", "target": member, "status": 200.0, "tx_id": someTx}},
		{name: "failed write", method: "PUT", path: member, token: operator, err: waymark.Errorf(waymark.Conflict, "again"),
			want: map[string]any{"event": "write", "outcome": "conflict", "status": 409.0}},
		{name: "write that policy refuses", method: "PUT", path: member, token: operator, err: forbidden,
			want: map[string]any{"event": "policy", "outcome": "forbidden", "status": 403.0, "reasons": []any{"baseline.members"}}},
		{name: "read that policy refuses", method: "GET", path: member, token: operator, err: forbidden,
			want: map[string]any{"event": "policy", "operation": "getMember"}},
		{name: "credential", method: "GET", path: member, token: "wmk_stolen",
			want: map[string]any{"event": "credential", "outcome": "unauthenticated", "status": 401.0, "address": "192.0.2.1:1234"}},
		{name: "read", method: "GET", path: member, token: operator},
		{name: "nothing there", method: "GET", path: member, token: operator, err: waymark.Errorf(waymark.NotFound, "none")},
		{name: "no such path", method: "GET", path: "/v2", token: operator},
		{name: "probe", method: "GET", path: "/healthz", token: "wmk_stolen"},
	}
	a := newAPI(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a.audit.Reset()
			a.ledger.err = tt.err
			body := ""
			if tt.method != "GET" {
				body = bodies[tt.path]
			}
			a.do(tt.method, tt.path, body, "Authorization", "Bearer "+tt.token)
			text := a.audit.String()
			if tt.want == nil {
				if text != "" {
					t.Errorf("a line: %s", text)
				}
				return
			}
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil { // also of a second line
				t.Fatalf("%v: %q", err, text)
			}
			for key, want := range tt.want {
				if !reflect.DeepEqual(line[key], want) {
					t.Errorf("%s = %v, want %v", key, line[key], want)
				}
			}
			if id, _ := line["request_id"].(string); len(id) != 32 {
				t.Errorf("request id %q", id)
			}
			if strings.Contains(text, "payload") || strings.Contains(text, tt.token) {
				t.Errorf("a body or a token: %s", text)
			}
		})
	}
}
