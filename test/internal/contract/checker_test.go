package contract_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/waymark-ledger/waymark/test/internal/contract"
)

func TestCheck(t *testing.T) {
	checker, err := contract.Load("../../../gateway/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	const member, problem = `{"id":"producer","name":"P","registered_at":"2026-01-02T03:04:05Z"}`,
		`{"type":"urn:waymark:problem:not_found","title":"t","status":404,"detail":"d","code":"not_found","request_id":"r"}`
	tests := []struct {
		name, method, path, media, body string
		status                          int
		good                            bool
	}{
		{name: "a problem", method: "GET", path: "/v1/members/x", status: 404, media: "application/problem+json", body: problem, good: true},
		{name: "health", method: "GET", path: "/healthz", status: 200, media: "application/json", body: `{"status":"ok"}`, good: true},
		{name: "a path that is not there", method: "GET", path: "/v1/nothing", status: 404, media: "application/problem+json", body: problem, good: true},
		{name: "a method that is not there", method: "DELETE", path: "/v1/members/x", status: 405, media: "application/problem+json", body: problem, good: true},
		{name: "an answer of nothing", method: "GET", path: "/v1/nothing", status: 200, media: "application/json", body: `{}`},
		{name: "other status", method: "GET", path: "/v1/members/x", status: 418, media: "application/problem+json", body: problem},
		{name: "other media", method: "GET", path: "/v1/members/x", status: 404, media: "text/html", body: problem},
		{name: "a page", method: "GET", path: "/docs", status: 200, media: "text/html; charset=utf-8", body: "<p>", good: true},
		{name: "a page of plain text", method: "GET", path: "/docs", status: 200, media: "text/plain", body: "p"},
		{name: "a member too few", method: "GET", path: "/v1/members/x", status: 200, media: "application/json", body: `{"name":"P"}`},
		{name: "wrong type", method: "GET", path: "/healthz", status: 200, media: "application/json", body: `{"status":1}`},
		{name: "code of no set", method: "GET", path: "/v1/members/x", status: 404, media: "application/problem+json",
			body: `{"type":"t","title":"t","status":404,"detail":"d","code":"odd","request_id":"r"}`},
		{name: "a record for a write", method: "PUT", path: "/v1/members/x", status: 200, media: "application/json", body: member},
		{name: "not JSON", method: "GET", path: "/healthz", status: 200, media: "application/json", body: `{`},
		{name: "the most literal path", method: "GET", path: "/v1/policies/baseline", status: 200, media: "application/json", body: member},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, tt.path, http.NoBody)
		err := checker.Check(r, tt.status, http.Header{"Content-Type": {tt.media}}, []byte(tt.body))
		if (err == nil) != tt.good || err != nil && !errors.Is(err, contract.ErrBroken) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
