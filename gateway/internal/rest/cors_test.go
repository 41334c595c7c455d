package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestCORS is off unless there are origins, and then for exactly those (ASVS 5.0: 3.4.2).
func TestCORS(t *testing.T) {
	const mine = "https://app.example.com"
	tests := []struct {
		name, method string
		origins      []string
		give         []string // values of Origin
		want         string   // Access-Control-Allow-Origin
	}{
		{name: "off", method: "GET", give: []string{mine}},
		{name: "off, asked first", method: "OPTIONS", give: []string{mine}},
		{name: "mine", method: "GET", origins: []string{"https://other.example.com", mine}, give: []string{mine}, want: mine},
		{name: "mine, asked first", method: "OPTIONS", origins: []string{mine}, give: []string{mine}, want: mine},
		{name: "of a longer name", method: "GET", origins: []string{mine}, give: []string{mine + ".evil.example"}},
		{name: "below it", method: "GET", origins: []string{mine}, give: []string{"https://x.app.example.com"}},
		{name: "without TLS", method: "GET", origins: []string{mine}, give: []string{"http://app.example.com"}},
		{name: "of another port", method: "OPTIONS", origins: []string{mine}, give: []string{mine + ":8443"}},
		{name: "null", method: "GET", origins: []string{mine}, give: []string{"null"}},
		{name: "two", method: "GET", origins: []string{mine}, give: []string{mine, mine}},
		{name: "none", method: "GET", origins: []string{mine}},
	}
	for _, tt := range tests {
		a := newAPI(t, func(l *limits) { l.origins = tt.origins })
		r := request(tt.method, "/v1/members/x", "")
		r.Header["Origin"] = tt.give
		w := a.send(r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if w.Header().Get("Access-Control-Allow-Credentials") != "" || len(tt.origins) > 0 && w.Header().Get("Vary") != "Origin" {
			t.Errorf("%s: %s", tt.name, w.Header())
		}
		first := tt.want != "" && tt.method == "OPTIONS"
		if got := w.Header().Get("Access-Control-Allow-Headers"); strings.Contains(got, "Authorization") != first || first && w.Code != http.StatusNoContent {
			t.Errorf("%s: %d, may send %q", tt.name, w.Code, got)
		}
		if got := w.Header().Get("Access-Control-Expose-Headers"); (got != "") != (tt.want != "" && !first) {
			t.Errorf("%s: may read %q", tt.name, got)
		}
	}
}
