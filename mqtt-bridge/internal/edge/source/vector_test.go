package source_test

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/config"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge/source"
)

// vectors is test/vectors/sparkplug.json.
type vectors struct {
	Group    string
	Devices  map[string]string
	Fields   []config.Field
	Units    map[string]string
	Received int64
	Cases    []struct {
		Name     string
		Messages []vector
	}
}

type vector struct {
	Topic, Payload string
	Packs          map[string]json.RawMessage
	Refused        map[source.Reason]int
	Rebirth        bool
}

func readVectors(t testing.TB) (vectors, config.Config) {
	t.Helper()
	data, err := os.ReadFile("../../../../test/vectors/sparkplug.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	c := config.Config{Sources: []config.Source{{Name: "plant", Kind: config.Sparkplug, Group: v.Group, Fields: v.Fields, Units: v.Units}}}
	for address, id := range v.Devices {
		c.Devices = append(c.Devices, config.Device{ID: id, Source: "plant", Address: address})
	}
	return v, c
}

func (v vector) message(t testing.TB, received int64) source.Message {
	t.Helper()
	payload, err := hex.DecodeString(v.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return source.Message{Topic: v.Topic, Payload: payload, Received: time.UnixMilli(received)}
}

// never is the Latest of an edge that has signed nothing.
func never(string) map[string]time.Time { return nil }

func TestSparkplugVectors(t *testing.T) {
	file, c := readVectors(t)
	if len(file.Cases) < 20 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	for _, test := range file.Cases {
		t.Run(test.Name, func(t *testing.T) {
			sources := source.New(c, never)
			for i, m := range test.Messages {
				got := sources.Read(m.message(t, file.Received))
				want := wanted(t, m.Packs)
				if have := byDevice(got.Readings); !reflect.DeepEqual(have, want) {
					t.Errorf("message %d gives %+v, want %+v", i, have, want)
				}
				if !maps.Equal(got.Refused, m.Refused) || got.Rebirth.Name != "" != m.Rebirth {
					t.Errorf("message %d refuses %v, asks %q; want %v, %v", i, got.Refused, got.Rebirth, m.Refused, m.Rebirth)
				}
			}
		})
	}
}

// wanted reads the packs of a vector.
func wanted(t *testing.T, packs map[string]json.RawMessage) map[string][]senml.Reading {
	t.Helper()
	want := make(map[string][]senml.Reading)
	for device, pack := range packs {
		readings, err := senml.ParseJSON(pack)
		if err != nil {
			t.Fatal(err)
		}
		want[device] = readings
	}
	return want
}

func byDevice(readings []source.Reading) map[string][]senml.Reading {
	have := make(map[string][]senml.Reading)
	for _, r := range readings {
		have[r.Device] = append(have[r.Device], r.Reading)
	}
	return have
}

// FuzzSparkplug gives a node three messages. Whatever they are, every reading can be written as a pack and read again.
func FuzzSparkplug(f *testing.F) {
	file, c := readVectors(f)
	for _, test := range file.Cases {
		var seed [3][]byte
		for i, m := range test.Messages {
			seed[i%3] = m.message(f, 0).Payload
		}
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, birth, device, data []byte) {
		sources := source.New(c, never)
		for _, m := range []source.Message{{Topic: "NBIRTH/press", Payload: birth}, {Topic: "DBIRTH/press/oven", Payload: device}, {Topic: "DDATA/press/oven", Payload: data}} {
			m.Topic, m.Received = "spBv1.0/"+file.Group+"/"+m.Topic, time.UnixMilli(file.Received)
			for _, readings := range byDevice(sources.Read(m).Readings) {
				for _, r := range readings {
					pack, err := senml.EncodeCBOR([]senml.Reading{r})
					if err != nil {
						t.Fatal(err)
					}
					if back, err := senml.ParseCBOR(pack); err != nil || !reflect.DeepEqual(back, []senml.Reading{r}) {
						t.Fatalf("%+v comes back as %+v, %v", r, back, err)
					}
				}
			}
		}
	})
}

// An edge that starts again asks for the births, and takes nothing of them that it had signed before: that another metric's
// reading is later says nothing.
func TestABirthAfterARestartRepeatsNothing(t *testing.T) {
	file, c := readVectors(t)
	births := time.UnixMilli(file.Received)
	for _, test := range []struct {
		name   string
		signed map[string]time.Time // of the oven
		want   int
	}{
		{"everything", map[string]time.Time{"temperature": births, "pressure": births, "running": births, "batch": births, "count": births}, 0},
		{"all of before", map[string]time.Time{"temperature": births.Add(-1), "pressure": births.Add(-time.Hour)}, 5},
		{"one, and later than the births", map[string]time.Time{"temperature": births.Add(time.Minute)}, 4},
	} {
		sources := source.New(c, func(device string) map[string]time.Time {
			if device != "oven-1" {
				return nil
			}
			signed := make(map[string]time.Time)
			for name, at := range test.signed {
				signed[source.SeriesOf(senml.Reading{Name: name, Unit: "Cel"})] = at
				signed[source.SeriesOf(senml.Reading{Name: name, Unit: "K"})] = at.Add(-time.Hour) // another field had the name
			}
			return signed
		})
		got, repeated := 0, 0
		for _, m := range file.Cases[0].Messages[:2] {
			r := sources.Read(m.message(t, file.Received))
			got, repeated = got+len(r.Readings), repeated+r.Refused["repeated"]
		}
		if data := sources.Read(file.Cases[0].Messages[2].message(t, file.Received)); got != test.want || repeated != 5-test.want || len(data.Readings) != 1 {
			t.Errorf("%s was signed: %d readings of births, want %d; %d repeated; %d of data", test.name, got, test.want, repeated, len(data.Readings))
		}
	}
}

// What was read and not signed is news again in the next birth, and nothing else is.
func TestABirthTellsAgainWhatWasNotSigned(t *testing.T) {
	file, c := readVectors(t)
	sources := source.New(c, never)
	births := func() (readings []source.Reading) {
		for _, m := range file.Cases[0].Messages[:2] {
			readings = append(readings, sources.Read(m.message(t, file.Received)).Readings...)
		}
		return readings
	}
	first := births()
	if again := births(); len(first) != 5 || len(again) != 0 {
		t.Fatalf("%d readings, and then %d", len(first), len(again))
	}
	sources.Forget(first[1])
	sources.Forget(source.Reading{Device: "logger-1", Reading: first[2].Reading}) // of another source
	for _, want := range [][]source.Reading{first[1:2], nil} {
		if got := births(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
