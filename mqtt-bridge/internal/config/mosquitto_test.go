package config_test

import (
	"os"
	"regexp"
	"testing"
)

// mosquitto acknowledges what is beyond a bound of a queue, and drops it, so operators are told to have none.
func TestMosquittoIsToldNoBoundAtWhichItDrops(t *testing.T) {
	for _, page := range []string{"mosquitto.conf", "edge.md"} {
		text, err := os.ReadFile("../../../docs/operations/" + page)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, line := range regexp.MustCompile(`(?m)^(max_queued_\w+) (.*)$`).FindAllStringSubmatch(string(text), -1) {
			found[line[1]] = line[2]
		}
		for _, bound := range []string{"max_queued_messages", "max_queued_bytes"} { // of the first the default is 1,000
			if found[bound] != "0" {
				t.Errorf("%s: %s is %q, want 0", page, bound, found[bound])
			}
		}
	}
}
