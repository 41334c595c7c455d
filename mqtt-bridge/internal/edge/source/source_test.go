package source_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
)

// now is 2026-03-01T08:00:00Z.
var now = time.Unix(1772352000, 0).UTC()

func fields() []config.Field {
	return []config.Field{{From: "/t", Name: "temperature", Unit: "Cel"}, {From: "/on", Name: "running"}, {From: "/a/1/b~1c", Name: "deep", Unit: "V"}}
}

func jsonSource(at string, format config.TimeFormat) config.Source {
	return config.Source{Name: "s", Kind: config.JSON, Topic: "plant/+/{device}/data", Time: at, TimeFormat: format, Fields: fields()}
}

func one(s config.Source, d config.Device) *source.Sources {
	d.Source = s.Name
	return source.New(config.Config{Sources: []config.Source{s}, Devices: []config.Device{d}}, never)
}

func TestJSON(t *testing.T) {
	reading := `[{"n":"temperature","u":"Cel","v":4.25,"t":1772352000}]`
	tests := []struct {
		name    string
		source  config.Source
		payload string
		want    string // SenML
		refused map[source.Reason]int
	}{
		{name: "the edge's clock", source: jsonSource("", ""), payload: `{"t":4.25}`, want: reading},
		{name: "a number as a text", source: jsonSource("", ""), payload: `{"t":"4.25"}`, want: reading},
		{name: "a time", source: jsonSource("/at", ""), payload: `{"t":4.25,"at":"2026-03-01T10:00:00+02:00"}`, want: reading},
		{name: "seconds", source: jsonSource("/at", config.Unix), payload: `{"t":4.25,"at":1772352000.0}`, want: reading},
		{name: "milliseconds", source: jsonSource("/at", config.UnixMillis), payload: `{"t":4.25,"at":1772352000000}`, want: reading},
		{name: "all kinds", source: jsonSource("", ""), payload: `{"t":-1e1,"on":true,"a":[0,{"b/c":12}],"more":{}}`,
			want: `[{"bt":1772352000,"n":"temperature","u":"Cel","v":-10},{"n":"running","vb":true},{"n":"deep","u":"V","v":12}]`},
		{name: "a text", source: jsonSource("", ""), payload: `{"on":"warm"}`, want: `[{"n":"running","vs":"warm","t":1772352000}]`},
		{name: "null is nothing", source: jsonSource("", ""), payload: `{"t":null,"on":false}`, want: `[{"n":"running","vb":false,"t":1772352000}]`},
		{name: "a number without a unit", source: jsonSource("", ""), payload: `{"on":1}`, refused: map[source.Reason]int{source.BadValue: 1}},
		{name: "a flag with a unit", source: jsonSource("", ""), payload: `{"t":true}`, refused: map[source.Reason]int{source.BadValue: 1}},
		{name: "no number", source: jsonSource("", ""), payload: `{"t":"warm","a":[0,{"b/c":[]}]}`, refused: map[source.Reason]int{source.BadValue: 2}},
		{name: "too large a number", source: jsonSource("", ""), payload: `{"t":1e99}`, refused: map[source.Reason]int{source.BadValue: 1}},
		{name: "no time", source: jsonSource("/at", ""), payload: `{"t":1}`, refused: map[source.Reason]int{source.BadTime: 1}},
		{name: "no such time", source: jsonSource("/at", ""), payload: `{"t":1,"at":"yesterday"}`, refused: map[source.Reason]int{source.BadTime: 1}},
		{name: "seconds as a text", source: jsonSource("/at", config.Unix), payload: `{"t":1,"at":"1772352000"}`, refused: map[source.Reason]int{source.BadTime: 1}},
		{name: "a relative time", source: jsonSource("/at", config.Unix), payload: `{"t":1,"at":5}`, refused: map[source.Reason]int{source.BadTime: 1}},
		{name: "the future", source: jsonSource("/at", config.Unix), payload: `{"t":1,"at":1772352300}`, refused: map[source.Reason]int{source.Future: 1}},
		{name: "a long text", source: jsonSource("", ""), payload: `{"on":"` + strings.Repeat("x", 513) + `"}`, refused: map[source.Reason]int{source.TooLarge: 1}},
		{name: "no JSON", source: jsonSource("", ""), payload: `t=4.25`, refused: map[source.Reason]int{source.Malformed: 1}},
		{name: "text after it", source: jsonSource("", ""), payload: `{"t":4}{}`, refused: map[source.Reason]int{source.Malformed: 1}},
		{name: "too large", source: jsonSource("", ""), payload: `{"t":4}` + strings.Repeat(" ", 128<<10), refused: map[source.Reason]int{source.TooLarge: 1}},
		{name: "nothing of it", source: jsonSource("", ""), payload: `[1]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := one(test.source, config.Device{ID: "logger-1", Address: "x7"}).Read(source.Message{Topic: "plant/line 1/x7/data", Payload: []byte(test.payload), Received: now})
			check(t, got, test.want, test.refused)
		})
	}
}

func check(t *testing.T, got source.Result, pack string, refused map[source.Reason]int) {
	t.Helper()
	want := map[string][]senml.Reading{}
	if pack != "" {
		readings, err := senml.ParseJSON([]byte(pack))
		if err != nil {
			t.Fatal(err)
		}
		want["logger-1"] = readings
	}
	if have := byDevice(got.Readings); !reflect.DeepEqual(have, want) {
		t.Errorf("got %+v, want %+v", have, want)
	}
	if !maps.Equal(got.Refused, refused) {
		t.Errorf("refused %v, want %v", got.Refused, refused)
	}
}

func TestSenML(t *testing.T) {
	pack := `[{"bt":1772352000,"n":"temperature","u":"Cel","v":4.25},{"n":"note","vs":"ok"}]`
	readings, err := senml.ParseJSON([]byte(pack))
	if err != nil {
		t.Fatal(err)
	}
	binary, err := senml.EncodeCBOR(readings)
	if err != nil {
		t.Fatal(err)
	}
	s := config.Source{Name: "s", Kind: config.SenML, Topic: "loggers/{device}"}
	for _, test := range []struct {
		name, topic, payload, want string
		refused                    map[source.Reason]int
	}{
		{name: "json", topic: "loggers/logger-1", payload: pack, want: pack},
		{name: "cbor", topic: "loggers/logger-1", payload: string(binary), want: pack},
		{name: "a relative time", topic: "loggers/logger-1", payload: `[{"n":"t","u":"Cel","v":1}]`, refused: map[source.Reason]int{source.Malformed: 1}},
		{name: "nothing", topic: "loggers/logger-1", refused: map[source.Reason]int{source.Malformed: 1}},
		{name: "not listed", topic: "loggers/logger-2", payload: pack, refused: map[source.Reason]int{source.UnknownDevice: 1}},
		{name: "another topic", topic: "loggers/logger-1/x", payload: pack, refused: map[source.Reason]int{source.NoSource: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := one(s, config.Device{ID: "logger-1"}).Read(source.Message{Topic: test.topic, Payload: []byte(test.payload), Received: now})
			check(t, got, test.want, test.refused)
		})
	}
}

func TestReadingsFromBeforeTheRegistrationAreLeftOut(t *testing.T) {
	s := one(config.Source{Name: "s", Kind: config.SenML, Topic: "{device}"}, config.Device{ID: "logger-1", NotBefore: "2026-03-01T08:00:00Z"})
	got := s.Read(source.Message{Topic: "logger-1", Received: now, Payload: []byte(`[{"n":"t","u":"Cel","v":1,"t":1772351999},{"n":"t","u":"Cel","v":2,"t":1772352000}]`)})
	check(t, got, `[{"n":"t","u":"Cel","v":2,"t":1772352000}]`, map[source.Reason]int{source.TooOld: 1})
}

// A device that measures more than the ledger takes of it loses what is beyond, and not its whole messages.
func TestTooManyMeasurements(t *testing.T) {
	s := one(config.Source{Name: "s", Kind: config.SenML, Topic: "{device}"}, config.Device{ID: "logger-1"})
	read := func(records ...string) source.Result {
		return s.Read(source.Message{Topic: "logger-1", Received: now, Payload: []byte("[" + strings.Join(records, ",") + "]")})
	}
	var all []string
	for i := range waymark.MaxMeasured {
		all = append(all, fmt.Sprintf(`{"n":"n%d","u":"Cel","v":1,"t":1772352000}`, i))
	}
	for range 2 { // the second time they are known
		check(t, read(append(all, `{"n":"more","u":"Cel","v":1,"t":1772352000}`)...), "["+strings.Join(all, ",")+"]", map[source.Reason]int{source.TooMany: 1})
	}
	check(t, read(`{"n":"n0","u":"K","v":1,"t":1772352000}`, `{"n":"n0","vs":"warm","t":1772352000}`, all[0]), "["+all[0]+"]", map[source.Reason]int{source.TooMany: 2})
}

// What was signed before the start keeps its place: whoever may publish for a logger cannot take it with other names, or with other units.
func TestSeriesOfBeforeKeepTheirPlaces(t *testing.T) {
	signed, err := senml.ParseJSON([]byte(`[{"n":"door","vb":true,"t":1772352000},{"n":"temperature","u":"Cel","v":1,"t":1772352000}]`))
	if err != nil {
		t.Fatal(err)
	}
	before := func(string) map[string]time.Time {
		return map[string]time.Time{source.SeriesOf(signed[0]): now, source.SeriesOf(signed[1]): now}
	}
	s := source.New(config.Config{Sources: []config.Source{{Name: "s", Kind: config.SenML, Topic: "{device}"}}, Devices: []config.Device{{ID: "logger-1", Source: "s"}}}, before)
	read := func(records ...string) source.Result {
		return s.Read(source.Message{Topic: "logger-1", Received: now, Payload: []byte("[" + strings.Join(records, ",") + "]")})
	}
	made := []string{`{"n":"temperature","u":"Pa","v":1,"t":1772352000}`}
	for i := range waymark.MaxMeasured - 1 {
		made = append(made, fmt.Sprintf(`{"n":"n%d","u":"Cel","v":1,"t":1772352000}`, i))
	}
	check(t, read(made...), "["+strings.Join(made[:waymark.MaxMeasured-2], ",")+"]", map[source.Reason]int{source.TooMany: 2})
	for range 2 {
		check(t, read(`{"n":"temperature","u":"Cel","v":1,"t":1772352000}`, `{"n":"temperature","u":"K","v":1,"t":1772352000}`),
			`[{"n":"temperature","u":"Cel","v":1,"t":1772352000}]`, map[source.Reason]int{source.TooMany: 1})
	}
	check(t, read(`{"n":"door","vb":true,"t":1772352000}`), `[{"n":"door","vb":true,"t":1772352000}]`, nil)
}

// The names without a unit that an earlier release noted take no places: what they were of would not find room beside them.
func TestBareNamesOfBeforeTakeNoPlaces(t *testing.T) {
	const measured = 20
	before := func(string) map[string]time.Time {
		names := make(map[string]time.Time)
		for i := range measured {
			names[fmt.Sprint("n", i)] = now
		}
		return names
	}
	s := source.New(config.Config{Sources: []config.Source{{Name: "s", Kind: config.SenML, Topic: "{device}"}}, Devices: []config.Device{{ID: "logger-1", Source: "s"}}}, before)
	var records []string
	for i := range measured {
		records = append(records, fmt.Sprintf(`{"n":"n%d","u":"Cel","v":1,"t":1772352000}`, i))
	}
	pack := "[" + strings.Join(records, ",") + "]"
	check(t, s.Read(source.Message{Topic: "logger-1", Received: now, Payload: []byte(pack)}), pack, nil)
}

// TestNetworkServers reads what the examples of docs/operations/edge.md read.
func TestNetworkServers(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/operations/edge.md")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/edge.yaml"
	_, yaml, found := strings.Cut(string(page), "<!-- the LoRaWAN example -->\n```yaml\n")
	yaml, _, end := strings.Cut(yaml, "```")
	if !found || !end {
		t.Fatal("no example")
	}
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ file, topic, want string }{
		{"chirpstack.json", "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event/up", "trailer-7"},
		{"thethingsstack.json", "v3/cold-chain@ttn/devices/trailer-7/up", "trailer-8"},
	} {
		payload, err := os.ReadFile("testdata/" + test.file)
		if err != nil {
			t.Fatal(err)
		}
		got := source.New(c, never).Read(source.Message{Topic: test.topic, Payload: payload, Received: now.Add(time.Second)})
		want, err := senml.ParseJSON([]byte(`[{"bt":1772352000.775,"n":"temperature","u":"Cel","v":4.25},{"n":"humidity","u":"%RH","v":61},{"n":"door","vb":false}]`))
		if err != nil {
			t.Fatal(err)
		}
		if have := byDevice(got.Readings); !reflect.DeepEqual(have, map[string][]senml.Reading{test.want: want}) || got.Refused != nil {
			t.Errorf("%s gives %+v, refuses %v", test.file, have, got.Refused)
		}
	}
}

func TestFilters(t *testing.T) {
	s := source.New(config.Config{Sources: []config.Source{jsonSource("", ""), {Kind: config.SenML, Topic: "{device}"}, {Kind: config.Sparkplug, Group: "Plant"}}}, never)
	if got, want := s.Filters(), []string{"plant/+/+/data", "+", "spBv1.0/Plant/#"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"t":"4.25","at":"2026-03-01T08:00:00Z","a":[0,{"b/c":1e-3}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, r := range one(jsonSource("/at", ""), config.Device{ID: "x7"}).Read(source.Message{Topic: "plant/a/x7/data", Payload: payload, Received: now}).Readings {
			if _, err := senml.EncodeCBOR([]senml.Reading{r.Reading}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
