package mqtt

import "testing"

func TestDeviceOf(t *testing.T) {
	for topic, want := range map[string]string{
		"waymark/v1/logger-1/up":   "logger-1",
		"waymark/v1/logger-1/down": "",
		"waymark/v1/a/b/up":        "",
		"waymark/v1//up":           "",
		"waymark/v1/up":            "",
		"other/v1/logger-1/up":     "",
		"":                         "",
	} {
		if got := deviceOf(topic); got != want {
			t.Errorf("%q: %q, want %q", topic, got, want)
		}
	}
}
