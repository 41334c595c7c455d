package metrics

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// known are the metrics of a bridge: those of New, and the gauges that its parts register.
func known(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	all := make(chan *prometheus.Desc)
	m := New()
	go func() { defer close(all); m.registry.Describe(all) }()
	form := regexp.MustCompile(`fqName: "([^"]*)"`)
	for d := range all {
		names[form.FindStringSubmatch(d.String())[1]] = true
	}
	files, err := filepath.Glob(filepath.Join("..", "bridge", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, gauge := range regexp.MustCompile(`\.(?:Gauge|Counter)\("([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
			names[namespace+"_"+gauge[1]] = true
		}
	}
	return names
}

// TestDashboardAndAlertsNameWhatThereIs holds the files for operators to the metrics.
func TestDashboardAndAlertsNameWhatThereIs(t *testing.T) {
	names := known(t)
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations", file))
		if err != nil {
			t.Fatal(err)
		}
		used := regexp.MustCompile(`\bwaymark_bridge_[a-z_]+`).FindAllString(string(data), -1)
		if len(used) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, metric := range used {
			if !names[metric] {
				t.Errorf("%s names %s, which there is not", file, metric)
			}
		}
	}
}
