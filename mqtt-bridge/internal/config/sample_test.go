package config_test

import (
	"os"
	"reflect"
	"regexp"
	"testing"
)

// TestTheSampleShowsTheDefaults reads the sample as it is, and again with its defaults taken
// for settings: both must give the same.
func TestTheSampleShowsTheDefaults(t *testing.T) {
	data, err := os.ReadFile("../../../docs/operations/mqtt-bridge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(string(data), "$1$2")
	asIs, err := load(t, string(data))
	if err != nil {
		t.Fatal(err)
	}
	shown, err := load(t, all)
	if err != nil {
		t.Fatalf("%v in\n%s", err, all)
	}
	if !reflect.DeepEqual(asIs, shown) {
		t.Errorf("defaults %+v\nshown    %+v", asIs, shown)
	}
	if _, err := load(t, string(data), "WAYMARK_BRIDGE_TRACES__SAMPLE_RATIO=0.5"); err != nil {
		t.Error(err)
	}
}
