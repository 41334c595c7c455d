package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
)

func load(t *testing.T, text string, environ ...string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "edge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, environ)
}

func sample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../../docs/operations/mqtt-edge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestTheSampleShowsTheDefaults reads the sample as it is, and again with its defaults taken for settings: both
// must give the same.
func TestTheSampleShowsTheDefaults(t *testing.T) {
	text := sample(t)
	asIs, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(text, "$1$2")
	shown, err := load(t, all)
	if err != nil {
		t.Fatalf("%v in\n%s", err, all)
	}
	if want, got := fmt.Sprintf("%+v", asIs), fmt.Sprintf("%+v", shown); got != want {
		t.Errorf("defaults %s\nshown    %s", want, got)
	}
}

const good = `
consortium: waymark
id: edge-1
keys: [{id: e1, file: e1.pem}, {id: e2, file: e2.pem}]
store_dir: store
local: {url: "tcp://127.0.0.1:1883"}
uplink: {url: "ssl://broker:8883", ca_file: ca.pem}
sources:
  - {name: loggers, kind: json, topic: "loggers/{device}", fields: [{from: /t, name: temperature, unit: Cel}]}
  - {name: packs, kind: senml, topic: "packs/{device}"}
  - {name: plant, kind: sparkplug, group: Plant, fields: [{from: Temp, name: temperature}], units: {"°C": Cel}}
devices:
  - {id: logger-1, source: loggers, address: x7}
  - {id: oven-1, source: plant, address: press/oven, key: e2, key_id: k9, not_before: "2026-03-01T08:00:00Z"}
listen: 127.0.0.1:9192
`

func TestKeyOf(t *testing.T) {
	c, err := load(t, good, "WAYMARK_EDGE_UPLINK__WINDOW=7")
	if err != nil {
		t.Fatal(err)
	}
	first, firstID := c.KeyOf(c.Devices[0])
	second, secondID := c.KeyOf(c.Devices[1])
	if first.ID != "e1" || firstID != "e1" || second.ID != "e2" || secondID != "k9" || c.Uplink.Window != 7 {
		t.Errorf("%v %s, %v %s, %+v", first, firstID, second, secondID, c.Uplink)
	}
}

func TestSourcesBesideEachOther(t *testing.T) {
	for _, topic := range []string{"{device}", "loggers/{device}/data", "others/{device}", "spBv1.0/Plant/{device}"} {
		text := strings.Replace(good, "packs/{device}", topic, 1)
		text = strings.Replace(text, "group: Plant", "group: Plant2", 1)
		if _, err := load(t, text); err != nil {
			t.Errorf("%s: %v", topic, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ name, old, replacement, want string }{
		{"unknown member", "store_dir:", "store_dri:", "store_dri"},
		{"no edge", "id: edge-1", "", "id"},
		{"no key", `keys: [{id: e1, file: e1.pem}, {id: e2, file: e2.pem}]`, "", "keys"},
		{"a key twice", "id: e2, file", "id: e1, file", "twice"},
		{"no local broker", "tcp://127.0.0.1:1883", "", "local.url"},
		{"a node that is none", "tcp://127.0.0.1:1883", "tcp://127.0.0.1:1883,", "local.url"},
		{"a node of another machine in the clear", "tcp://127.0.0.1:1883", "tcp://127.0.0.1:1883,tcp://10.0.0.1:1883", "allow_plain"},
		{"too many nodes", "tcp://127.0.0.1:1883", "tcp://127.0.0.1:1883" + strings.Repeat(",tcp://127.0.0.1:1883", 16), "local.url"},
		{"another machine in the clear", "127.0.0.1:1883", "10.0.0.1:1883", "allow_plain"},
		{"no CA of the local broker", "tcp://127.0.0.1:1883", "ssl://10.0.0.1:8883", "local.ca_file"},
		{"a consortium's broker in the clear", "ssl://broker", "tcp://broker", "uplink.url"},
		{"a node in the clear", "ssl://broker:8883", "ssl://broker:8883,tcp://b:8883", "uplink.url"},
		{"unknown kind", "kind: senml", "kind: modbus", "kind"},
		{"no level for the device", `"packs/{device}"`, `"packs/+"`, "topic"},
		{"all topics", `"packs/{device}"`, `"packs/{device}/#"`, "topic"},
		{"fields of senml", `topic: "packs/{device}"`, `topic: "packs/{device}", fields: [{from: /t, name: t, unit: Cel}]`, "fields"},
		{"a topic of sparkplug", "group: Plant", `group: Plant, topic: "a/{device}"`, "topic"},
		{"no group", "group: Plant, ", "", "group"},
		{"a group that is a filter", "group: Plant", `group: "+"`, "group"},
		{"no pointer", "from: /t", "from: t", "JSON pointer"},
		{"no name of a reading", "name: temperature, unit", "name: a b, unit", "name"},
		{"no unit", "unit: Cel", `unit: "a b"`, "unit"},
		{"no unit in the table", `"°C": Cel`, `"°C": "a b"`, "units"},
		{"a field twice", "fields: [{from: Temp", "fields: [{from: Temp, name: temperature}, {from: Temp", "twice"},
		{"unknown time format", "kind: json,", "kind: json, time: /at, time_format: iso,", "time_format"},
		{"unknown source", "source: loggers", "source: logers", "source"},
		{"unknown key", "key: e2, key_id", "key: e3, key_id", "key"},
		{"a device twice", "id: oven-1", "id: logger-1", "twice"},
		{"the edge signs for itself", "id: oven-1", "id: edge-1", "the edge itself"},
		{"too many levels", "address: x7", "address: x/7", "levels"},
		{"no date", "2026-03-01T08:00:00Z", "2026-03-01", "not_before"},
		{"metrics for all", "listen: 127.0.0.1", "listen: 0.0.0.0", "loopback"},
		{"a store that the largest message does not fit into", "listen:", "store_bytes: 8388607\nlisten:", "store_bytes"},
		{"two sources of a topic", `"packs/{device}"`, `"loggers/{device}"`, "sources[1] and sources[0] overlap"},
		{"two sources of some topics", `"packs/{device}"`, `"{device}/+"`, "overlap"},
		{"a topic of the Sparkplug group", `"packs/{device}"`, `"+/Plant/DDATA/{device}/+"`, "sources[2] and sources[1] overlap"},
		{"the topic above the Sparkplug group's", `"packs/{device}"`, `"+/{device}"`, "sources[2] and sources[1] overlap"},
		{"a group twice", `- {name: packs, kind: senml, topic: "packs/{device}"}`, `- {name: more, kind: sparkplug, group: Plant, fields: [{from: T, name: t}]}`, "overlap"},
		{"too long a pack", "listen:", "pack: {bytes: 30000}\nlisten:", "pack.bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := strings.Replace(good, test.old, test.replacement, 1)
			if changed == good {
				t.Fatal("nothing to replace")
			}
			if _, err := load(t, changed); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
}
