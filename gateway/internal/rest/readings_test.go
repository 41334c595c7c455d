package rest_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// The way to the root is told to nobody who is kept from a part of the window, nor anything fetched for it.
func TestProofNeedsTheWholeWindow(t *testing.T) {
	for name, tt := range map[string]struct {
		window waymark.Window
		err    error
		want   int
	}{
		"withheld":  {window: waymark.Window{Withheld: []waymark.DataClass{"location"}}, want: http.StatusForbidden},
		"coarsened": {window: waymark.Window{Coarsened: []waymark.DataClass{"condition"}}, want: http.StatusForbidden},
		"forbidden": {err: waymark.Errorf(waymark.Forbidden, "no"), want: http.StatusForbidden},
		"absent":    {err: waymark.Errorf(waymark.NotFound, "no"), want: http.StatusNotFound},
	} {
		a := newAPI(t)
		a.ledger.answer = func(q ledger.Call) (json.RawMessage, error) {
			if q.Transaction != waymark.TelemetryWindow {
				return json.RawMessage(allowed), nil
			}
			encoded, _ := json.Marshal(tt.window)
			return encoded, tt.err
		}
		w := a.do("GET", "/v1/readings/logger-1:7:0/proof?purpose=claim", "")
		calls := a.ledger.seen()
		if w.Code != tt.want || slices.ContainsFunc(calls, func(c call) bool { return c.Tx == "receipt" }) {
			t.Errorf("%s: %d %s, after %+v", name, w.Code, w.Body, calls)
		}
		want := call{As: "operator", Tx: waymark.TelemetryWindow, Request: waymark.WindowQuery{Device: "logger-1", Sequence: 7, Purpose: "claim"}}
		if !slices.Contains(calls, want) {
			t.Errorf("%s: calls %+v", name, calls)
		}
	}
}

// Queries of readings are strict, and say what is wrong.
func TestReadingsAreAskedForStrictly(t *testing.T) {
	a := newAPI(t)
	for path, want := range map[string]int{
		"/v1/devices/d/readings?name=t": http.StatusOK, "/v1/devices/d/readings": http.StatusBadRequest,
		"/v1/devices/d/readings?name=t&device=e":                                                    http.StatusBadRequest,
		"/v1/devices/d/readings?name=t&from=yesterday":                                              http.StatusBadRequest,
		"/v1/devices/d/readings?name=t&from=2026-03-01T08:00:00%2B01:00&to=2026-03-01T08:00:00Z":    http.StatusOK,
		"/v1/devices/d/readings?name=t&from=2026-03-01T08:00:00Z&to=2026-03-01T08:00:00Z":           http.StatusBadRequest,
		"/v1/devices/d/readings?name=t&cursor=%00":                                                  http.StatusBadRequest,
		"/v1/devices/d/series?name=t&bucket=60":                                                     http.StatusOK,
		"/v1/devices/d/series?name=t&bucket=61":                                                     http.StatusBadRequest,
		"/v1/devices/d/series?name=t":                                                               http.StatusBadRequest,
		"/v1/devices/d/latest?name=t":                                                               http.StatusBadRequest,
		"/v1/readings/d:7/proof":                                                                    http.StatusBadRequest,
		"/v1/readings/d:9007199254740992:0/proof":                                                   http.StatusBadRequest,
		"/v1/devices/d/readings?name=t&from=1969-12-31T23:59:59Z":                                   http.StatusBadRequest,
		"/v1/devices/d/readings?name=t&to=9999-12-31T23:59:59Z&from=9999-12-31T23:59:58.999999999Z": http.StatusOK,
	} {
		if w := a.do("GET", path, ""); w.Code != want {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}
