package main

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
)

// spStart is when the edge received everything: 2026-03-01T08:00:00Z, in milliseconds since 1970.
const spStart = 1772352000000

// sparkplugs is the content of sparkplug.json.
type sparkplugs struct {
	About    string            `json:"about"`
	Group    string            `json:"group"`
	Devices  map[string]string `json:"devices"` // id by node or node/device
	Fields   []spField         `json:"fields"`
	Units    map[string]string `json:"units"`
	Received int64             `json:"received"` // milliseconds since 1970
	Cases    []spCase          `json:"cases"`
}

type spField struct {
	From string `json:"from"`
	Name string `json:"name"`
	Unit string `json:"unit"`
}

// spCase is what a node publishes, in order, each time to an edge that has just started.
type spCase struct {
	Name     string      `json:"name"`
	About    string      `json:"about"`
	Messages []spMessage `json:"messages"`
}

type spMessage struct {
	Topic   string `json:"topic"`
	Payload string `json:"payload"` // hex
	// Packs are the readings that it gives, as SenML JSON by device id.
	Packs   map[string]json.RawMessage `json:"packs,omitempty"`
	Refused map[string]int             `json:"refused,omitempty"`
	Rebirth bool                       `json:"rebirth"` // whether the node is to be asked for its births
}

// spScript builds a case.
type spScript struct{ c spCase }

func spBegin(name, about string) *spScript {
	return &spScript{spCase{Name: name, About: about}}
}

func (s *spScript) message(kind, of string, payload []byte) *spScript {
	s.c.Messages = append(s.c.Messages, spMessage{Topic: "spBv1.0/Plant/" + kind + "/" + of, Payload: hex.EncodeToString(payload)})
	return s
}

func (s *spScript) last() *spMessage { return &s.c.Messages[len(s.c.Messages)-1] }

func (s *spScript) gives(device, pack string) *spScript {
	if s.last().Packs == nil {
		s.last().Packs = make(map[string]json.RawMessage)
	}
	s.last().Packs[device] = json.RawMessage(pack)
	return s
}

func (s *spScript) refuses(reason string, n int) *spScript {
	if s.last().Refused == nil {
		s.last().Refused = make(map[string]int)
	}
	s.last().Refused[reason] = n
	return s
}

func (s *spScript) asks() *spScript { s.last().Rebirth = true; return s }

// born is the node in session 3 and its oven, with aliases; 2 comes next.
func (s *spScript) born() *spScript {
	return s.message("NBIRTH", "press", spPayload(0, spSession(3), spMetric(spName("Node Control/Rebirth"), spAt(spStart), spType(11), spBoolean(0)))).
		message("DBIRTH", "press/oven", spPayload(1, spOven()...)).
		gives("oven-1", `[{"bt":1772352000,"n":"temperature","u":"Cel","v":4.25},{"n":"pressure","u":"kPa","v":101.325},
{"n":"running","vb":true},{"n":"batch","vs":"B-7"},{"n":"count","u":"count","v":-3}]`)
}

func spOven() [][]byte {
	return [][]byte{
		spMetric(spName("Temp"), spAlias(1), spAt(spStart), spType(9), spFloat(4.25), spUnit("°C")),
		spMetric(spName("Pressure"), spAlias(2), spAt(spStart), spType(10), spDouble(101.325), spUnit("kPa")),
		spMetric(spName("Running"), spAlias(3), spAt(spStart), spType(11), spBoolean(1)),
		spMetric(spName("Batch"), spAlias(4), spAt(spStart), spType(12), spString("B-7")),
		spMetric(spName("Count"), spAlias(5), spAt(spStart), spType(3), spInt(math.MaxUint32-2)),
		spMetric(spName("Firmware"), spAlias(6), spAt(spStart), spType(12), spString("2.1")),
	}
}

func spTemp(v float32) []byte { return spMetric(spAlias(1), spAt(spStart+1000), spFloat(v)) }

const spTempGiven = `[{"n":"temperature","u":"Cel","v":5.5,"t":1772352001}]`

func sparkplugFile() *sparkplugs {
	file := &sparkplugs{About: "What Sparkplug B edge nodes publish, and the readings that it gives; README.md says how to read this file.", Group: "Plant",
		Devices: map[string]string{"press": "press-1", "press/oven": "oven-1"}, Units: map[string]string{"kPa": "kPa", "°C": "Cel"}, Received: spStart,
		Fields: []spField{{"Temp", "temperature", "Cel"}, {"Pressure", "pressure", ""}, {"Running", "running", ""}, {"Batch", "batch", ""}, {"Count", "count", "count"}}}
	for _, scripts := range [][]*spScript{spLives(), spGaps(), spValues(), spBad()} {
		for _, s := range scripts {
			file.Cases = append(file.Cases, s.c)
		}
	}
	return file
}

// spLives are births, data and deaths.
func spLives() []*spScript {
	return []*spScript{
		spBegin("births-and-data", "aliases of a birth name what follows").born().
			message("DDATA", "press/oven", spPayload(2, spTemp(5.5), spMetric(spAlias(6), spAt(spStart), spString("2.2")))).gives("oven-1", spTempGiven),
		spBegin("node-has-metrics", "a node is a device too, and names need no alias").
			message("NBIRTH", "press", spPayload(0, spSession(0), spMetric(spName("Temp"), spAt(spStart), spType(9), spFloat(21.5)))).
			gives("press-1", `[{"n":"temperature","u":"Cel","v":21.5,"t":1772352000}]`).
			message("NDATA", "press", spPayload(1, spMetric(spName("Temp"), spAt(spStart+1000), spFloat(22)))).
			gives("press-1", `[{"n":"temperature","u":"Cel","v":22,"t":1772352001}]`),
		spBegin("old-death", "a death of another session changes nothing; this session's does").born().
			message("NDEATH", "press", spDeath(spSession(2))).refuses("old_death", 1).
			message("DDATA", "press/oven", spPayload(2, spTemp(5.5))).gives("oven-1", spTempGiven).
			message("NDEATH", "press", spDeath(spSession(3))).
			message("DDATA", "press/oven", spPayload(3, spTemp(5.5))).refuses("unborn", 1).asks(),
		spBegin("device-death", "a device that died has to be born again").born().
			message("DDEATH", "press/oven", spPayload(2)).
			message("DDATA", "press/oven", spPayload(3, spTemp(5.5))).refuses("unborn", 1).asks().
			message("DBIRTH", "press/oven", spPayload(4, spMetric(spName("Temp"), spAlias(9), spAt(spStart+1000), spType(9), spFloat(5.5)))).gives("oven-1", spTempGiven).
			message("DDATA", "press/oven", spPayload(5, spTemp(6))).refuses("unborn", 1).asks(),
		spBegin("repeated-births", "what a birth repeats is no new reading").born().
			message("NBIRTH", "press", spPayload(0, spSession(3))).
			message("DBIRTH", "press/oven", spPayload(1, spOven()...)).refuses("repeated", 5).
			message("DDATA", "press/oven", spPayload(2, spTemp(5.5))).gives("oven-1", spTempGiven),
		spBegin("future-then-birth", "a time that is not believed makes no birth a repetition").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(1), spAt(spStart+300000), spFloat(1)))).refuses("future", 1).
			message("NBIRTH", "press", spPayload(0, spSession(3))).
			message("DBIRTH", "press/oven", spPayload(1, spMetric(spName("Temp"), spAlias(1), spAt(spStart+1000), spType(9), spFloat(5.5)))).gives("oven-1", spTempGiven),
	}
}

// spGaps are messages that are missing.
func spGaps() []*spScript {
	return []*spScript{
		spBegin("wraps", "0 follows 255").
			message("NBIRTH", "press", spPayload(254, spSession(0))).
			message("NDATA", "press", spPayload(255)).
			message("NDATA", "press", spPayload(0)),
		spBegin("gap", "after a gap no alias counts until the births come again; what has a name and a type does").born().
			message("DDATA", "press/oven", spPayload(3, spTemp(5.5))).refuses("unborn", 1).asks().
			message("DDATA", "press/oven", spPayload(4, spMetric(spName("Temp"), spAt(spStart+1000), spType(9), spFloat(5.5)))).gives("oven-1", spTempGiven).asks().
			message("NBIRTH", "press", spPayload(0, spSession(3))).
			message("DBIRTH", "press/oven", spPayload(1, spOven()...)).refuses("repeated", 5).
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(1), spAt(spStart+2000), spFloat(6)))).
			gives("oven-1", `[{"n":"temperature","u":"Cel","v":6,"t":1772352002}]`),
		spBegin("no-birth", "an edge that has just started asks for the births").
			message("DDATA", "press/oven", spPayload(17, spTemp(5.5))).refuses("unborn", 1).asks(),
		spBegin("unknown-alias", "of a device that is alive").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(77), spAt(spStart), spFloat(1)), spTemp(5.5))).gives("oven-1", spTempGiven).refuses("unborn", 1).asks(),
		spBegin("alias-twice", "it says nothing, whether or not the second metric is of interest; to ask for the births would not help").
			message("NBIRTH", "press", spPayload(0, spSession(3))).
			message("DBIRTH", "press/oven", spPayload(1, spMetric(spName("Temp"), spAlias(1), spAt(spStart+1000), spType(9), spFloat(5.5)),
				spMetric(spName("Setpoint"), spAlias(1), spAt(spStart), spType(9), spFloat(80)),
				spMetric(spName("Running"), spAlias(2), spType(11), spNull()), spMetric(spName("Batch"), spAlias(2), spType(12), spNull()),
				spMetric(spName("Count"), spAlias(3), spType(3), spNull()), spMetric(spName("Count"), spAlias(3), spType(3), spNull()))).
			gives("oven-1", spTempGiven).refuses("null", 4).
			message("DDATA", "press/oven", spPayload(2, spTemp(80), spMetric(spAlias(2), spAt(spStart), spBoolean(1)), spMetric(spAlias(3), spAt(spStart), spInt(7)))).
			gives("oven-1", `[{"n":"count","u":"count","v":7,"t":1772352000}]`).refuses("ambiguous", 2),
		spBegin("others", "nodes that are not listed, and commands").
			message("NBIRTH", "pump", spPayload(0, spSession(0))).refuses("unknown_device", 1).
			message("NCMD", "press", spDeath()),
	}
}

// spValues are values of all types.
func spValues() []*spScript {
	count := func(typ uint64, value []byte) []byte {
		return spMetric(spName("Count"), spAt(spStart), spType(typ), value)
	}
	counts := func(values string) string {
		return `[{"bt":1772352000,"bn":"count","bu":"count","v":` + strings.ReplaceAll(values, " ", `},{"v":`) + `}]`
	}
	return []*spScript{
		spBegin("integers", "negative ones as two's complement, in their own width or in the field's").born().
			message("DDATA", "press/oven", spPayload(2, count(1, spInt(0xfe)), count(1, spInt(0xfffffffe)), count(2, spInt(0x8000)), count(3, spInt(5)),
				count(3, spLong(math.MaxUint64)), count(4, spLong(math.MaxUint64-4)), count(5, spInt(255)), count(6, spInt(65535)),
				count(7, spLong(4000000000)), count(7, spInt(4000000000)), count(8, spLong(9000000000)))).
			gives("oven-1", counts("-2 -2 -32768 5 -1 -5 255 65535 4000000000 4000000000 9000000000")),
		spBegin("integers-that-are-none", "").born().
			message("DDATA", "press/oven", spPayload(2, count(1, spInt(0x1fe)), count(5, spInt(256)), count(4, spInt(5)), count(3, spFloat(1)), count(3, spString("5")),
				count(8, spLong(math.MaxUint64)), count(3, nil))).refuses("bad_value", 7),
		spBegin("floats", "the exact binary value, rounded once to the decimals of the unit").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(1), spAt(spStart+1000), spFloat(21.3)), spMetric(spAlias(2), spAt(spStart+1000), spDouble(0.1)))).
			gives("oven-1", `[{"bt":1772352001,"n":"temperature","u":"Cel","v":21.3},{"n":"pressure","u":"kPa","v":0.1}]`).
			message("DDATA", "press/oven", spPayload(3, spTemp(float32(math.NaN())), spTemp(float32(math.Inf(1))), spMetric(spAlias(2), spAt(spStart), spDouble(1e300)))).
			refuses("bad_value", 3),
		spBegin("flags-and-texts", "").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(3), spAt(spStart+1000), spBoolean(0)), spMetric(spAlias(4), spAt(spStart+1000), spString("Ü")),
				spMetric(spName("Batch"), spAt(spStart+1000), spType(15), spString("0190")))).
			gives("oven-1", `[{"bt":1772352001,"n":"running","vb":false},{"n":"batch","vs":"Ü"},{"n":"batch","vs":"0190"}]`).
			message("DDATA", "press/oven", spPayload(3, spMetric(spAlias(3), spAt(spStart), spInt(1)), spMetric(spAlias(4), spAt(spStart), spInt(1)))).refuses("bad_value", 2),
		spBegin("historical", "an old value is a reading of its own time").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(1), spAt(spStart-3600000), spHistorical(), spFloat(3)))).
			gives("oven-1", `[{"n":"temperature","u":"Cel","v":3,"t":1772348400}]`),
		spBegin("time-of-the-payload", "where the metric has none").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(1), spFloat(5)))).gives("oven-1", `[{"n":"temperature","u":"Cel","v":5,"t":1772352000}]`),
		spBegin("last-value-counts", "and fields that are not known are passed over").born().
			message("DDATA", "press/oven", spPayload(2, spMetric(spAlias(1), spAt(spStart+1000), spInt(9), spFloat(5.5), spVarint(99, 1), spText(98, "x")), spText(77, "y"))).
			gives("oven-1", spTempGiven),
	}
}

// spBad are values and payloads that give nothing.
func spBad() []*spScript {
	data := func(name, about, reason string, metric ...[]byte) *spScript {
		return spBegin(name, about).born().message("DDATA", "press/oven", spPayload(2, spMetric(metric...))).refuses(reason, 1)
	}
	broken := func(name, about string, payload []byte) *spScript {
		return spBegin(name, about).born().message("DDATA", "press/oven", payload).refuses("malformed", 1).asks()
	}
	whole := spPayload(2, spTemp(5.5))
	return []*spScript{
		data("null", "it says that it has no value", "null", spAlias(1), spAt(spStart), spNull()),
		data("transient", "it says that it is not to be kept", "transient", spAlias(1), spAt(spStart), spTransient(), spFloat(1)),
		data("bad-quality", "", "quality", spAlias(1), spAt(spStart), spFloat(1), spQuality(0)),
		data("stale-quality", "", "quality", spAlias(1), spAt(spStart), spFloat(1), spQuality(500)),
		data("data-set", "", "unsupported", spName("Temp"), spType(16), spAt(spStart), spDataSet()),
		data("template", "", "unsupported", spName("Temp"), spType(19), spAt(spStart), spTemplate()),
		data("date", "a date is no number of a unit", "unsupported", spName("Count"), spType(13), spAt(spStart), spLong(spStart)),
		data("array", "", "unsupported", spName("Count"), spType(24), spAt(spStart), spText(16, "\x01\x00\x00\x00")),
		data("type-that-is-none", "it would be Float if it were cut to 32 bits", "unsupported", spName("Temp"), spType(1<<32+9), spAt(spStart), spFloat(1)),
		data("no-unit", "no field and no table names one", "bad_value", spName("Pressure"), spType(10), spAt(spStart), spDouble(1), spUnit("furlong")),
		data("number-for-a-text", "a field without a unit is no number", "bad_value", spName("Running"), spType(3), spAt(spStart), spInt(1)),
		data("future", "more than the ledger allows ahead of the clock", "future", spAlias(1), spAt(spStart+300000), spFloat(1)),
		data("relative-time", "below 2^28 seconds", "bad_time", spAlias(1), spAt(1000), spFloat(1)),
		data("year-10000", "", "no_time", spAlias(1), spAt(253402300800000), spFloat(1)),
		broken("cut", "", whole[:len(whole)-3]),
		broken("no-sequence-number", "", spDeath(spTemp(5.5))),
		broken("not-utf-8", "", spPayload(2, spMetric(spName("\xff")))),
		broken("long-name", "", spPayload(2, spMetric(spName(strings.Repeat("x", 8193))))),
		broken("properties-uneven", "as many values as keys", spPayload(2, spMetric(spAlias(1), spFloat(1), spBlock(9, spText(1, "engUnit"))))),
		broken("no-payload", "a text", []byte("21.5 Cel")),
	}
}
