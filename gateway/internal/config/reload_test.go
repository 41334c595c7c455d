package config_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/gateway/internal/config"
)

func TestReloaded(t *testing.T) {
	running := config.Default()
	tests := []struct {
		name             string
		change           func(*config.Config)
		changed, waiting []string
	}{
		{name: "nothing", change: func(*config.Config) {}},
		{name: "at once", change: func(c *config.Config) { c.Log.Level = "debug" }, changed: []string{"log.level"}},
		{name: "later", change: func(c *config.Config) { c.Timeouts.Total = time.Second }, waiting: []string{"timeouts.total"}},
		{name: "both", change: func(c *config.Config) { c.Log = config.Log{Level: "debug", Format: "console"}; c.Listen = "h:1" },
			changed: []string{"log.level"}, waiting: []string{"listen", "log.format"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next := running
			tt.change(&next)
			in, changed, waiting := running.Reloaded(next)
			if !slices.Equal(changed, tt.changed) || !slices.Equal(waiting, tt.waiting) {
				t.Errorf("changed %v, waiting %v", changed, waiting)
			}
			if in.Log.Level != next.Log.Level || in.Listen != running.Listen || in.Timeouts != running.Timeouts {
				t.Errorf("in force: %+v", in)
			}
			if _, again, _ := in.Reloaded(next); len(again) > 0 {
				t.Errorf("a second time changes %v", again)
			}
		})
	}
}
