package config_test

import (
	"os"
	"regexp"
	"testing"
)

// mosquitto acknowledges what is beyond a bound of a queue, and drops it, so operators are told none that can be reached. A number of
// 0 is none, too, but has it end the connection at a publish that is denied.
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
		for bound, want := range map[string]string{"max_queued_messages": "1000000000", "max_queued_bytes": "0"} {
			if found[bound] != want {
				t.Errorf("%s: %s is %q, want %s", page, bound, found[bound], want)
			}
		}
	}
}
