package consortium

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/waymark-ledger/waymark/network/internal/topology"
)

// gatewayStandIn knows a member by known (empty for not at all) and answers its
// registration with status codes in turn, the last one for ever.
func gatewayStandIn(t *testing.T, known string, statuses ...int) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/members/carrier" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("the request is %s %s %s", r.Method, r.URL.Path, r.Header)
		}
		if r.Method == http.MethodGet {
			if known == "" {
				http.Error(w, "no such member", http.StatusNotFound)
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"id": "carrier", "name": known, "gln": "", "registered": map[string]string{}})
			return
		}
		at := min(int(calls.Add(1)), len(statuses)) - 1
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Errorf("the request's body: %v", err)
		}
		if known == "" && (len(body["gln"]) != 13 || body["name"] == "") || known != "" && (body["name"] != known || len(body) != 1) {
			t.Errorf("the request's body is %v", body)
		}
		http.Error(w, "why", statuses[at])
	}))
	t.Cleanup(server.Close)
	return server, &calls
}

func TestRegister(t *testing.T) {
	carrier := topology.Members()[1]
	tests := []struct {
		name      string
		known     string
		statuses  []int
		wantError string
		wantCalls int32
	}{
		{"committed at once", "", []int{http.StatusCreated}, "", 1},
		{"what a member said of itself stays", "Carrier, renamed", []int{http.StatusOK}, "", 1},
		{"not ready yet", "", []int{http.StatusServiceUnavailable, http.StatusConflict, http.StatusOK}, "", 3},
		{"refused", "", []int{http.StatusForbidden}, "status 403: why", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newConsortium(t)
			token := c.network.Credentials(carrier).Token(topology.RoleAdmin)
			if err := os.MkdirAll(filepath.Dir(token), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(token, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			server, calls := gatewayStandIn(t, tt.known, tt.statuses...)
			err := c.registerUntilCommitted(t.Context(), server.Client(), server.URL, carrier)
			if tt.wantError == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if tt.wantError != "" && (err == nil || !strings.Contains(err.Error(), tt.wantError) || !strings.Contains(err.Error(), "gateway.carrier")) {
				t.Errorf("got %v, want %q", err, tt.wantError)
			}
			if calls.Load() != tt.wantCalls {
				t.Errorf("the gateway was asked %d times, want %d", calls.Load(), tt.wantCalls)
			}
		})
	}
}
