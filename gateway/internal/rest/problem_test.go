package rest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// compact takes the spaces out of JSON and changes nothing else.
func compact(text string) string {
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		return "not JSON: " + text
	}
	return out.String()
}

// ASVS 5.0: 16.5.1.
func TestErrorsBecomeProblems(t *testing.T) {
	tests := []struct {
		give       error
		status     int
		code       waymark.Code
		retryAfter bool
		txID       string
	}{
		{give: waymark.InvalidField("/name", "must not be empty"), status: 400, code: waymark.Invalid},
		{give: waymark.Errorf(waymark.Forbidden, "denied").Because("b", "a"), status: 403, code: waymark.Forbidden},
		{give: waymark.Errorf(waymark.Unauthenticated, "the device did not sign this"), status: 422, code: waymark.Unauthenticated},
		{give: waymark.Errorf(waymark.NotFound, "no"), status: 404, code: waymark.NotFound},
		{give: waymark.Errorf(waymark.AlreadyExists, "taken"), status: 409, code: waymark.AlreadyExists},
		{give: waymark.Errorf(waymark.Conflict, "lost"), status: 409, code: waymark.Conflict},
		{give: waymark.Errorf(waymark.FailedPrecondition, "not now"), status: 422, code: waymark.FailedPrecondition},
		{give: waymark.Errorf(waymark.ResourceExhausted, "slow"), status: 429, code: waymark.ResourceExhausted, retryAfter: true},
		{give: &ledger.Failure{TxID: someTx, Err: waymark.Errorf(waymark.Unavailable, "unknown")}, status: 503,
			code: waymark.Unavailable, retryAfter: true, txID: someTx},
		{give: waymark.Errorf(waymark.Internal, "secret"), status: 500, code: waymark.Internal},
		{give: errors.New("secret"), status: 500, code: waymark.Internal},
		{give: fmt.Errorf("secret: %w", waymark.Errorf(waymark.NotFound, "no")), status: 404, code: waymark.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.give.Error(), func(t *testing.T) {
			a := newAPI(t)
			a.ledger.err = tt.give
			w := a.do("PUT", "/v1/members/producer", `{"name":"P"}`)
			p := problem(t, w)
			if w.Code != tt.status || p.Code != tt.code || p.TxID != tt.txID {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if w.Header().Get("WWW-Authenticate") != "" {
				t.Error("a challenge, though the credential is good")
			}
			if got := w.Header().Get("Retry-After") != ""; got != tt.retryAfter {
				t.Errorf("Retry-After: %v", got)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the answer tells too much: %s", w.Body)
			}
			told := waymark.AsError(tt.give)
			if tt.status < 500 && (p.Field != told.Field || strings.Join(p.Reasons, " ") != strings.Join(told.Reasons, " ")) {
				t.Errorf("got %s, want %+v", w.Body, told)
			}
		})
	}
}

func TestRowsOfAnErrorReachTheCaller(t *testing.T) {
	a := newAPI(t)
	var rows waymark.RowErrors
	for i := range 50 {
		rows.Add("/registrations", i, waymark.Errorf(waymark.AlreadyExists, "taken").Because("rule"))
	}
	a.ledger.err = rows.Err("registrations", 60)
	p := problem(t, a.do("POST", "/v1/devices:registerMany", `{"registrations":["a.b.c"]}`))
	if p.Code != waymark.AlreadyExists || len(p.Rows) != waymark.MaxErrorRows || p.Rows[1].Field != "/registrations/1" || p.Rows[1].Reasons[0] != "rule" ||
		!strings.HasPrefix(p.Detail, "50 of 60 registrations") {
		t.Errorf("problem %+v", p)
	}
}

// ASVS 5.0: 2.2.1, 2.2.2.
func TestRefusedBeforeTheLedger(t *testing.T) {
	big := `{"name":"` + strings.Repeat("x", 5000) + `"}`
	tests := []struct {
		name               string
		method, path, body string
		headers            []string
		more               http.Header // instead of those that the request has
		status             int
		code               waymark.Code
		field              string
		header             string // name: value that the answer must have
	}{
		{name: "unknown path", method: "GET", path: "/v1/nothing", status: 404, code: waymark.NotFound},
		{name: "trailing slash", method: "GET", path: "/v1/policies/baseline/", status: 404, code: waymark.NotFound},
		{name: "wrong method", method: "DELETE", path: "/v1/members/producer", status: 405, code: waymark.Invalid, header: "Allow: GET, HEAD, PUT"},
		{name: "method of nobody", method: "BREW", path: "/v1/members/producer", status: 405, code: waymark.Invalid, header: "Allow: GET, HEAD, PUT"},
		{name: "HEAD of a write", method: "HEAD", path: "/v1/goods:pack", status: 405, code: waymark.Invalid, header: "Allow: POST"},
		{name: "other media", method: "GET", path: "/v1/members/producer", headers: []string{"Accept", "text/html"}, status: 406, code: waymark.Invalid},
		{name: "JSON excluded", method: "PUT", path: "/v1/members/producer", body: `{"name":"P"}`,
			headers: []string{"Accept", "application/json;q=0, */*"}, status: 406, code: waymark.Invalid},
		{name: "unknown parameter", method: "GET", path: "/v1/members/producer?x=1", status: 400, code: waymark.Invalid},
		{name: "repeated parameter", method: "GET", path: "/v1/shipments/S1?purpose=a&purpose=a", status: 400, code: waymark.Invalid},
		{name: "parameter of a write", method: "POST", path: "/v1/shipments/S1/ready?purpose=a", status: 400, code: waymark.Invalid},
		{name: "broken query", method: "GET", path: "/v1/shipments/S1?purpose=%", status: 400, code: waymark.Invalid},
		{name: "semicolon", method: "GET", path: "/v1/shipments/S1?purpose=a;b", status: 400, code: waymark.Invalid},
		{name: "slash in an id", method: "GET", path: "/v1/members/a%2Fb", status: 404, code: waymark.NotFound},
		{name: "id that is not UTF-8", method: "GET", path: "/v1/members/%ff", status: 400, code: waymark.Invalid},
		{name: "two types", method: "PUT", path: "/v1/members/producer", body: "{}", more: http.Header{"Content-Type": {"application/json", "text/plain"}},
			status: 415, code: waymark.Invalid},
		{name: "no token", method: "GET", path: "/v1/members/producer", headers: []string{"Authorization", ""},
			status: 401, code: waymark.Unauthenticated, header: `WWW-Authenticate: Bearer realm="waymark"`},
		{name: "bad token", method: "GET", path: "/v1/members/producer", headers: []string{"Authorization", "Bearer x"},
			status: 401, code: waymark.Unauthenticated},
		{name: "basic", method: "GET", path: "/v1/members/producer", headers: []string{"Authorization", "Basic " + operator},
			status: 401, code: waymark.Unauthenticated},
		{name: "bad id", method: "GET", path: "/v1/members/a%20b", status: 400, code: waymark.Invalid},
		{name: "bad command", method: "GET", path: "/v1/devices/d/commands/a.b", status: 400, code: waymark.Invalid},
		{name: "bad sequence", method: "GET", path: "/v1/devices/d/windows/0", status: 400, code: waymark.Invalid},
		{name: "padded sequence", method: "GET", path: "/v1/devices/d/windows/01", status: 400, code: waymark.Invalid},
		{name: "huge sequence", method: "GET", path: "/v1/devices/d/windows/9007199254740992", status: 400, code: waymark.Invalid},
		{name: "no thing", method: "GET", path: "/v1/goods", status: 400, code: waymark.Invalid},
		{name: "bad thing", method: "GET", path: "/v1/goods?id=https://example.com/", status: 400, code: waymark.Invalid},
		{name: "no container", method: "GET", path: "/v1/goods/contents?id=https://id.gs1.org/01/00012345600012/21/1", status: 400, code: waymark.Invalid, field: "/container"},
		{name: "no direction", method: "GET", path: "/v1/goods/trace?id=https://id.gs1.org/01/00012345600012/21/1", status: 400, code: waymark.Invalid, field: "/direction"},
		{name: "bad limit", method: "GET", path: "/v1/goods/trace?limit=0&direction=back&id=https://id.gs1.org/01/00012345600012/21/1", status: 400, code: waymark.Invalid},
		{name: "huge limit", method: "GET", path: "/v1/goods/trace?limit=1001&direction=back&id=https://id.gs1.org/01/00012345600012/21/1", status: 400, code: waymark.Invalid},
		{name: "huge cursor", method: "GET", path: "/v1/goods/trace?direction=back&id=https://id.gs1.org/01/00012345600012/21/1&cursor=" + strings.Repeat("a", 20000),
			status: 400, code: waymark.Invalid, field: "/cursor"},
		{name: "search for nothing", method: "GET", path: "/v1/search", status: 400, code: waymark.Invalid, field: "/q"},
		{name: "bad kind", method: "GET", path: "/v1/goods/things?kind=pallet", status: 400, code: waymark.Invalid, field: "/kind"},
		{name: "item for a lot", method: "GET", path: "/v1/goods/things?lot=https://id.gs1.org/01/00012345600012/21/1", status: 400, code: waymark.Invalid, field: "/lot"},
		{name: "provenance of a lot", method: "GET", path: "/v1/goods/provenance?id=https://id.gs1.org/01/00012345600012/10/1", status: 400, code: waymark.Invalid, field: "/id"},
		{name: "bad outcome", method: "GET", path: "/v1/policies/decisions?outcome=maybe", status: 400, code: waymark.Invalid, field: "/outcome"},
		{name: "bad product", method: "GET", path: "/v1/products/1", status: 400, code: waymark.Invalid, field: "/gtin"},
		{name: "too large", method: "PUT", path: "/v1/members/producer", body: big, status: 413, code: waymark.Invalid},
		{name: "not JSON", method: "PUT", path: "/v1/members/producer", body: "{}",
			headers: []string{"Content-Type", "text/plain"}, status: 415, code: waymark.Invalid},
		{name: "no type", method: "PUT", path: "/v1/members/producer", body: "{}",
			headers: []string{"Content-Type", ""}, status: 415, code: waymark.Invalid},
		{name: "latin", method: "PUT", path: "/v1/members/producer", body: "{}",
			headers: []string{"Content-Type", "application/json; charset=latin1"}, status: 415, code: waymark.Invalid},
		{name: "gzip", method: "PUT", path: "/v1/members/producer", body: "{}",
			headers: []string{"Content-Encoding", "gzip"}, status: 415, code: waymark.Invalid},
		{name: "no body", method: "PUT", path: "/v1/members/producer", status: 400, code: waymark.Invalid, field: "/name"},
		{name: "member of the path", method: "POST", path: "/v1/shipments/S1/devices", body: `{"shipment":"S2","device":"d"}`,
			status: 400, code: waymark.Invalid, field: "/shipment"},
		{name: "inner fault", method: "POST", path: "/v1/shipments", status: 400, code: waymark.Invalid, field: "/goods/0/id",
			body: `{"id":"S1","consignee":"r","goods":[{"id":"https://id.gs1.org/01/1/21/1"}],"conditions":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(t)
			r := request(tt.method, tt.path, tt.body)
			for i := 0; i < len(tt.headers); i += 2 {
				r.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			maps.Copy(r.Header, tt.more)
			w := a.send(r)
			p := problem(t, w)
			if w.Code != tt.status || p.Code != tt.code || p.Field != tt.field {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if name, value, ok := strings.Cut(tt.header, ": "); ok && w.Header().Get(name) != value {
				t.Errorf("%s: %q, want %q", name, w.Header().Get(name), value)
			}
			if calls := a.ledger.seen(); len(calls) != 0 {
				t.Errorf("the ledger was called: %+v", calls)
			}
		})
	}
}

// ASVS 5.0: 16.5.4.
func TestPanicIsAProblem(t *testing.T) {
	a := newAPI(t)
	a.ledger.panics = true
	w := a.do("GET", "/v1/members/producer", "")
	if p := problem(t, w); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("got %d %+v", w.Code, p)
	}
	if w := a.do("GET", "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestFullGatewayRefusesAndRecovers(t *testing.T) {
	a := newAPI(t)
	a.ledger.hold = make(chan struct{})
	done := make(chan int)
	for range 2 { // as many as the limit
		go func() { done <- a.do("GET", "/v1/members/producer", "").Code }()
	}
	a.ledger.await(t, 2)
	w := a.do("GET", "/v1/members/producer", "")
	if p := problem(t, w); p.Code != waymark.ResourceExhausted || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := a.do("GET", "/metrics", ""); !strings.Contains(w.Body.String(), "waymark_gateway_requests_in_flight 2") {
		t.Error("the gauge does not say 2")
	}
	close(a.ledger.hold)
	for range 2 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("held request: %d", status)
		}
	}
	if w := a.do("GET", "/v1/members/producer", ""); w.Code != http.StatusOK {
		t.Errorf("afterwards: %d", w.Code)
	}
}

// TestWhatSaysNothingIsShort: of routes that take no body none is held in memory, for nothing is
// reserved for it.
func TestWhatSaysNothingIsShort(t *testing.T) {
	a := newAPI(t)
	document, err := openapi3.NewLoader().LoadFromData(a.do("GET", "/openapi.json", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	paths := strings.NewReplacer("{number}", "1", "{id}", "S1", "{device}", "D1")
	asked := 0
	for path, item := range document.Paths.Map() {
		if item.Post == nil || item.Post.RequestBody != nil {
			continue
		}
		asked++
		for body, status := range map[string]int{"{" + strings.Repeat(" ", 1000) + "}": http.StatusRequestEntityTooLarge, `{"x":1}`: http.StatusBadRequest} {
			if w := a.do("POST", paths.Replace(path), body); w.Code != status || len(a.ledger.seen()) > 0 {
				t.Errorf("%s with %d bytes: %d %s", path, len(body), w.Code, w.Body)
			}
		}
	}
	if asked < 5 {
		t.Errorf("only %d routes take no body", asked)
	}
}

// A body whose length is not announced takes the place of the largest one (ASVS 5.0: 15.2.2).
func TestBodiesTogetherAreBounded(t *testing.T) {
	a := newAPI(t)
	a.ledger.hold = make(chan struct{})
	body := `{"name":"` + strings.Repeat("x", 180) + `"}`
	done := make(chan int)
	go func() { done <- a.send(unannounced(body)).Code }()
	a.ledger.await(t, 1)
	if w := a.send(unannounced(body)); w.Code != http.StatusTooManyRequests {
		t.Errorf("second of the largest: %d", w.Code)
	}
	go func() { done <- a.do("PUT", "/v1/members/producer", body).Code }() // small enough
	a.ledger.await(t, 2)
	close(a.ledger.hold)
	for range 2 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("held request: %d", status)
		}
	}
}

func unannounced(body string) *http.Request {
	r := request("PUT", "/v1/members/producer", body)
	r.ContentLength = -1
	return r
}

// TestACauseIsCutInTheLog: a peer of any member may have had its say in it, and as much as it
// liked (ASVS 5.0: 16.4.1).
func TestACauseIsCutInTheLog(t *testing.T) {
	a := newAPI(t)
	a.ledger.err = errors.New("said \n" + strings.Repeat("\u00e9", 1<<20))
	if w := a.do("GET", "/v1/members/producer", ""); w.Code != http.StatusInternalServerError {
		t.Fatalf("got %d", w.Code)
	}
	entry := a.logs.FilterMessage("request").All()[0]
	text, _ := entry.ContextMap()["error"].(string)
	if len(text) > 8<<10+3 || !strings.HasPrefix(text, "said \n\u00e9") || !strings.HasSuffix(text, "\u00e9...") {
		t.Errorf("%d bytes: %.20q", len(text), text)
	}
}

// ASVS 5.0: 16.2.5.
func TestLogHasNoSecrets(t *testing.T) {
	a := newAPI(t)
	a.do("PUT", "/v1/members/producer", `{"name":"payload"}`, "X-Request-Id", "given-1")
	a.do("PUT", "/v1/members/producer", `{"name":"payload"}`, "X-Request-Id", "bad id\n")
	entries := a.logs.FilterMessage("request").All()
	if len(entries) != 2 {
		t.Fatalf("%d lines", len(entries))
	}
	fields := entries[0].ContextMap()
	for key, want := range map[string]any{"request_id": "given-1", "route": "/v1/members/:id", "status": int64(200), "tx_id": someTx, "caller": "token:erp"} {
		if fields[key] != want {
			t.Errorf("%s = %v, want %v", key, fields[key], want)
		}
	}
	if id, _ := entries[1].ContextMap()["request_id"].(string); len(id) != 32 {
		t.Errorf("request id %q", id)
	}
	for _, e := range entries {
		text := fmt.Sprint(e.Message, e.ContextMap())
		if strings.Contains(text, operator) || strings.Contains(text, "payload") {
			t.Errorf("secret in the log: %s", text)
		}
	}
}

// ASVS 5.0: 4.1.4.
func TestHEADAndOPTIONS(t *testing.T) {
	a := newAPI(t)
	if w := a.do("HEAD", "/v1/members/producer", ""); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %d %s", w.Code, w.Header())
	}
	if w := a.do("HEAD", "/v1/members/producer", "", "Authorization", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("HEAD without a token: %d", w.Code)
	}
	for path, allow := range map[string]string{"/v1/members/producer": "GET, HEAD, PUT, OPTIONS", "/v1/goods:pack": "POST, OPTIONS"} {
		w := a.do("OPTIONS", path, "", "Authorization", "")
		if w.Code != http.StatusNoContent || w.Header().Get("Allow") != allow || w.Body.Len() != 0 {
			t.Errorf("OPTIONS %s: %d, Allow %q, %s", path, w.Code, w.Header().Get("Allow"), w.Body)
		}
	}
	if w := a.do("OPTIONS", "/v1/nothing", ""); w.Code != http.StatusNotFound {
		t.Errorf("OPTIONS of nothing: %d", w.Code)
	}
}
