package edge

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestAlertsNameWhatThereIs holds the alerts to the metrics of an edge.
func TestAlertsNameWhatThereIs(t *testing.T) {
	m, all := newMetrics(), make(chan *prometheus.Desc)
	go func() { defer close(all); m.registry.Describe(all) }()
	names := make(map[string]bool)
	for d := range all {
		names[regexp.MustCompile(`fqName: "([^"]*)"`).FindStringSubmatch(d.String())[1]] = true
	}
	source, err := os.ReadFile("edge.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, gauge := range regexp.MustCompile(`\.gauge\("([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		names[namespace+"_"+gauge[1]] = true
	}
	alerts, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations", "edge.md"))
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`\bwaymark_edge_[a-z_]+`).FindAllString(string(alerts)+string(page), -1)
	if len(used) < 5 {
		t.Errorf("only %v are used", used)
	}
	for _, metric := range used {
		if !names[metric] && !names[strings.TrimSuffix(metric, "_")] {
			t.Errorf("%s is named, and there is no such metric", metric)
		}
	}
}
