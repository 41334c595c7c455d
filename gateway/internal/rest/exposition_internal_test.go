package rest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// TestMetricsAreGatheredAnew once they are a second old, and what could not be gathered is not kept.
func TestMetricsAreGatheredAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry, asked := prometheus.NewRegistry(), 0
		var broken error
		e := &exposition{gatherer: prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
			asked++
			families, err := registry.Gather()
			return families, errors.Join(err, broken)
		})}
		for _, step := range []struct {
			name   string
			old    bool // what was gathered is
			broken error
			want   int // times that they were gathered so far
		}{
			{name: "at first", want: 1},
			{name: "within the second", want: 1},
			{name: "later", old: true, want: 2},
			{name: "not", old: true, broken: errors.New("no"), want: 3},
			{name: "again", old: true, want: 4},
		} {
			if step.old {
				time.Sleep(gathered)
			}
			broken = step.broken
			if _, err := e.now(); !errors.Is(err, step.broken) || asked != step.want {
				t.Errorf("%s: gathered %d times: %v", step.name, asked, err)
			}
		}
	})
}
