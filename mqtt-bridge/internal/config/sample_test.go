package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/config"
)

// TestBrokersSendNoMoreThanTheQueueHolds: what the brokers' settings let be on its way fits into the queue of the defaults.
func TestBrokersSendNoMoreThanTheQueueHolds(t *testing.T) {
	for file, lines := range map[string][2]string{
		"mosquitto.conf":    {`max_inflight_messages `, `message_size_limit `},
		"nats-cluster.conf": {`max_ack_pending: `, `max_payload: `},
	} {
		data, err := os.ReadFile("../../../docs/operations/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var numbers [2]int64
		for i, line := range lines {
			found := regexp.MustCompile(`(?m)^ *` + line + `(\d+)$`).FindSubmatch(data)
			if found == nil {
				t.Fatalf("%s has no %s", file, line)
			}
			numbers[i], _ = strconv.ParseInt(string(found[1]), 10, 64) // these are digits
		}
		if c := config.Default(); numbers[0] > int64(c.QueueMessages) || numbers[0]*numbers[1] > c.QueueBytes {
			t.Errorf("%s: %d messages of %d bytes, and the queue holds %d of together %d", file, numbers[0], numbers[1], c.QueueMessages, c.QueueBytes)
		}
	}
}

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
