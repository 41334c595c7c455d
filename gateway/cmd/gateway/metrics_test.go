package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/reload"
)

// operations is the folder of what operators are given.
var operations = filepath.Join("..", "..", "..", "docs", "operations")

// described are the metrics that a gateway has, with the names of their labels. A metric without a
// sample yet is one of them.
func described(t *testing.T) map[string][]string {
	t.Helper()
	s := newSite(t)
	c := s.configuration(t)
	c.Traces.Endpoint, c.Store.Dir = "http://127.0.0.1:1/v1/traces", t.TempDir()
	p := assembled(t, c)
	reload.New(reload.Options{Path: s.config, Running: c, Logger: p.log, Registry: p.registry})
	all := make(chan *prometheus.Desc)
	go func() { defer close(all); p.registry.Describe(all) }()
	form := regexp.MustCompile(`fqName: "([^"]*)".*variableLabels: \{([^}]*)\}`)
	found := make(map[string][]string)
	for d := range all {
		parts := form.FindStringSubmatch(d.String())
		if parts == nil {
			t.Fatalf("not understood: %s", d)
		}
		found[parts[1]] = strings.FieldsFunc(parts[2], func(r rune) bool { return r == ',' })
	}
	return found
}

// TestNoLabelGrowsWithoutBound: a label has few values, known beforehand. Callers, ids, addresses
// and paths are none of them.
func TestNoLabelGrowsWithoutBound(t *testing.T) {
	bounded := map[string]string{
		"route": "of the table", "method": "three and other", "status": "of HTTP",
		"transaction": "of the vocabulary", "outcome": "of the retry table, and a few words", "cause": "of the retry table",
		"part": "of the readiness", "name": "of the configuration", "class": "of the limits", "reason": "a few words",
		"kind": "a few words", "peer": "of the configuration",
	}
	name := regexp.MustCompile(`^waymark_gateway_[a-z_]+$`)
	for metric, labels := range described(t) {
		ours := strings.HasPrefix(metric, "waymark_")
		if ours && !name.MatchString(metric) {
			t.Errorf("%s is no name of ours", metric)
		}
		for _, label := range labels {
			if ours && bounded[label] == "" {
				t.Errorf("%s has a label %s: are its values bounded? then say by what here", metric, label)
			}
		}
	}
}

// TestDashboardAndAlertsNameWhatThereIs holds the files for operators to the metrics.
func TestDashboardAndAlertsNameWhatThereIs(t *testing.T) {
	known := described(t)
	name := regexp.MustCompile(`\bwaymark_gateway_[a-z_]+`)
	for _, file := range []string{"dashboard.json", "alerts.yaml", "README.md"} {
		data, err := os.ReadFile(filepath.Join(operations, file))
		if err != nil {
			t.Fatal(err)
		}
		used := name.FindAllString(string(data), -1)
		if len(used) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, metric := range used {
			if _, ok := known[metric]; ok {
				continue
			}
			if _, ok := known[strings.TrimSuffix(metric, "_bucket")]; !ok {
				t.Errorf("%s names %s, which there is not", file, metric)
			}
		}
	}
}

// alert is one rule of alerts.yaml.
type alert struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func TestEveryAlertIsExplained(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(operations, "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := yaml.Parser().Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Groups []struct{ Rules []alert } }
	if err := json.Unmarshal(encoded, &file); err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(filepath.Join(operations, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := regexp.MustCompile("`(Waymark[A-Za-z]+)`").FindAllStringSubmatch(string(runbook), -1)
	var names, rows []string
	for _, row := range explained {
		rows = append(rows, row[1])
	}
	for _, group := range file.Groups {
		for _, a := range group.Rules {
			names = append(names, a.Alert)
			if !slices.Contains(rows, a.Alert) || a.Annotations["summary"] == "" || !slices.Contains([]string{"critical", "warning", "info"}, a.Labels["severity"]) {
				t.Errorf("%s is not explained: %+v", a.Alert, a)
			}
			balanced(t, a.Alert, a.Expr)
		}
	}
	for _, row := range rows {
		if !slices.Contains(names, row) {
			t.Errorf("%s is explained, and there is no such alert", row)
		}
	}
}

// TestEveryPartIsExplained: whoever reads a row of /readyz finds it in the runbook.
func TestEveryPartIsExplained(t *testing.T) {
	runbook, err := os.ReadFile(filepath.Join(operations, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	c := s.configuration(t)
	p := assembled(t, c)
	for _, part := range p.health() {
		if !strings.Contains(string(runbook), "`"+part.Name+"`") {
			t.Errorf("%s is not explained", part.Name)
		}
	}
}

func TestTheDashboardIsWhole(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(operations, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, p := range board.Panels {
		if seen[p.ID] || p.Title == "" || (p.Type != "row") != (len(p.Targets) > 0) {
			t.Errorf("panel %+v", p)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			balanced(t, p.Title, target.Expr)
		}
	}
}

// balanced looks for the slips that a text of PromQL can have without a parser: an expression that
// is empty, or brackets and quotes that do not close.
func balanced(t *testing.T, where, expr string) {
	t.Helper()
	var open []rune
	quoted := false
	closes := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for _, r := range expr {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case strings.ContainsRune("([{", r):
			open = append(open, r)
		case closes[r] != 0:
			if len(open) == 0 || open[len(open)-1] != closes[r] {
				t.Errorf("%s: %c closes nothing in %s", where, r, expr)
				return
			}
			open = open[:len(open)-1]
		}
	}
	if expr == "" || quoted || len(open) > 0 {
		t.Errorf("%s: not a whole expression: %s", where, expr)
	}
}
