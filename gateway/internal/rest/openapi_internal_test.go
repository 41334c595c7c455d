package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/api"
	"go.uber.org/zap"
)

// TestRouterServesTheDocument compares what Gin has registered with what the
// document promises, in both directions.
func TestRouterServesTheDocument(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(api.Document(), &document); err != nil {
		t.Fatal(err)
	}
	s := &service{log: zap.NewNop(), metrics: newMetrics(prometheus.NewRegistry(), func() float64 { return 0 })}
	engine := s.engine(slices.DeleteFunc(routes(), func(r route) bool { return r.doc.hidden }))
	var registered []string
	for _, r := range engine.Routes() {
		if r.Method == http.MethodHead { // of what GET answers
			continue
		}
		registered = append(registered, r.Method+" "+r.Path)
	}
	var promised []string
	for path, operations := range document.Paths {
		for method := range operations {
			r := route{path: path}
			promised = append(promised, upper(method)+" "+r.pattern())
		}
	}
	slices.Sort(registered)
	slices.Sort(promised)
	if !slices.Equal(registered, promised) {
		t.Errorf("registered %q\npromised   %q", registered, promised)
	}
}

func upper(method string) string { return string(bytes.ToUpper([]byte(method))) }

func TestEveryRouteIsDescribed(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range routes() {
		if r.doc.hidden {
			continue
		}
		if r.id == "" || seen[r.id] || r.summary == "" || r.tag == "" || r.serve == nil {
			t.Errorf("%s %s: incomplete, or its id is taken", r.method, r.path)
		}
		seen[r.id] = true
		question := strings.HasPrefix(r.path, "/v1/policies:") || strings.HasPrefix(r.path, "/v1/proposals") // asked with a body, written or not
		if r.changes() == (r.method == http.MethodGet) && !question {
			t.Errorf("%s: method %s", r.path, r.method)
		}
	}
}
