package main

import (
	"encoding/hex"
	"math"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// packs is the content of senml.json.
type packs struct {
	About   string       `json:"about"`
	Vectors []packVector `json:"vectors"`
}

// packVector is one pack and what a reader must make of it.
type packVector struct {
	Name     string    `json:"name"`
	About    string    `json:"about"`
	JSON     string    `json:"json,omitempty"`
	CBOR     string    `json:"cbor,omitempty"` // hex
	Readings []reading `json:"readings,omitempty"`
	Code     string    `json:"code,omitempty"`
}

// reading is a resolved reading: an integer in the scale of its unit, and
// milliseconds since 1970.
type reading struct {
	Kind   string  `json:"kind,omitempty"` // sum, boolean, text or data; a number if there is none
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`            // empty for text and data
	Value  *int64  `json:"value,omitempty"` // not of text and data
	Text   *string `json:"text,omitempty"`
	Data   *string `json:"data,omitempty"`   // hex
	SHA256 string  `json:"sha256,omitempty"` // of the text or the data
	Millis int64   `json:"time_ms"`
	Update int64   `json:"update_ms,omitempty"` // the update time
}

// num is a number.
func num(name, unit string, value, millis int64) reading {
	return reading{Name: name, Unit: unit, Value: &value, Millis: millis}
}

const start = 1772352000000

func one(unit string, value int64) []reading { return []reading{num("x", unit, value, start)} }

func packFile() (*packs, error) {
	file := &packs{About: "SenML packs (RFC 8428) and the integers that the ledger makes of them; README.md says how to read this file."}
	file.Vectors = append(file.Vectors, goodJSON()...)
	file.Vectors = append(file.Vectors, badJSON()...)
	file.Vectors = append(file.Vectors, onlyJSON()...)
	cborVectors, err := packsInCBOR()
	file.Vectors = append(file.Vectors, cborVectors...)
	if err != nil {
		return nil, err
	}
	for _, of := range []func() []bothWays{goodKinds, badKinds, goodFields, badFields} {
		for _, v := range of() {
			pair, err := v.vectors()
			if err != nil {
				return nil, err
			}
			file.Vectors = append(file.Vectors, pair...)
		}
	}
	return file, nil
}

func goodJSON() []packVector {
	value := func(unit, number string, want int64) packVector {
		return packVector{Name: "json-" + unit + "-" + number, About: "scale of " + unit,
			JSON: `[{"n":"x","u":"` + unit + `","v":` + number + `,"t":1772352000}]`, Readings: one(unit, want)}
	}
	return []packVector{
		{Name: "json-example", About: "base time, several measurements", JSON: packJSON, Readings: []reading{
			num("temperature", "Cel", 425, start), num("humidity", "%RH", 6100, start)}},
		{Name: "json-base-fields", About: "base name, unit, value and time hold for what follows",
			JSON:     `[{"bn":"cold/","bu":"Cel","bv":4,"bt":1772352000},{"n":"a","v":0.25},{"n":"b","v":-5,"t":0.5},{"bn":"dry/","n":"c","u":"%RH","v":46}]`,
			Readings: []reading{num("cold/a", "Cel", 425, start), num("cold/b", "Cel", -100, start+500), num("dry/c", "%RH", 5000, start)}},
		{Name: "json-other-members", About: "unknown members without a trailing _ are passed over", JSON: `[{"bver":10,"n":"x","u":"Cel","v":4,"t":1772352000,"note":"x"}]`, Readings: one("Cel", 400)},
		{Name: "json-time-fraction", About: "to the millisecond, half away from zero", JSON: `[{"n":"x","u":"Cel","v":4,"t":1772352000.0005}]`, Readings: []reading{num("x", "Cel", 400, start+1)}},
		{Name: "json-negative-offset", About: "t counts from bt, either way", JSON: `[{"n":"x","u":"Cel","v":4,"bt":1772352060,"t":-60}]`, Readings: one("Cel", 400)},
		value("Cel", "4.25", 425), value("Cel", "-4.25", -425), value("Cel", "4.005", 401), value("Cel", "-4.005", -401),
		value("Cel", "4.0049999", 400), value("Cel", "0.005", 1), value("Cel", "-0.005", -1), value("Cel", "-0", 0),
		value("Cel", "4.25e1", 4250), value("Cel", "425E-2", 425), value("%RH", "61.5", 6150), value("%EL", "99", 9900),
		value("lat", "51.50740001", 515074000), value("lon", "-0.12784567", -1278457), value("lx", "1.2345", 1235),
		value("V", "3.3", 3300), value("g", "0.0005", 1), value("m/s2", "9.80665", 9807), value("Pa", "101325.0000005", 101325000001),
	}
}

func badJSON() []packVector {
	record := func(members string) string { return `[{"n":"x","u":"Cel","t":1772352000,` + members + `}]` }
	many := `[{"bn":"x","bu":"Cel","bt":1772352000}` + strings.Repeat(`,{"v":1}`, 1000) + "]"
	var vectors []packVector
	for _, v := range [][3]string{
		{"empty", "", ""}, {"no-array", "", `{"n":"x"}`}, {"empty-array", "at least one reading", `[]`},
		{"no-value", "base fields alone are no reading", `[{"bn":"x","bt":1772352000}]`},
		{"trailing-text", "", `[{"n":"x","u":"Cel","v":4,"t":1772352000}] x`},
		{"cut", "", `[{"n":"x","u":"Cel","v":4`},
		{"repeated-member", "", record(`"v":4,"v":5`)},
		{"value-text", "", record(`"v":"4"`)}, {"value-null", "", record(`"v":null`)}, {"value-nested", "", record(`"v":[4]`)},
		{"value-true", "", record(`"v":true`)}, {"string-value", "a text is in no unit", record(`"vs":"warm"`)},
		{"boolean-value", "a boolean is in no such unit", record(`"vb":true`)}, {"data-value", "data is in no unit", record(`"vd":"AA"`)},
		{"must-understand", "members that end in _", record(`"v":4,"x_":1`)},
		{"too-many-digits", "19 digits", record(`"v":1000000000000000000`)},
		{"too-many-decimals", "19 decimals", record(`"v":1.0000000000000000001`)},
		{"exponent-too-long", "", record(`"v":1e100`)}, {"out-of-range", "does not fit 64 bits", record(`"v":1e18`)},
		{"leading-zero", "not JSON", record(`"v":04`)}, {"plus", "not JSON", record(`"v":+4`)}, {"nan", "not JSON", record(`"v":NaN`)},
		{"no-name", "", `[{"u":"Cel","v":4,"t":1772352000}]`}, {"no-unit", "", `[{"n":"x","v":4,"t":1772352000}]`},
		{"bad-name", "", `[{"n":"a b","u":"Cel","v":4,"t":1772352000}]`}, {"bad-unit", "", `[{"n":"x","u":"°C","v":4,"t":1772352000}]`},
		{"long-name", "65 characters", `[{"n":"` + strings.Repeat("a", 65) + `","u":"Cel","v":4,"t":1772352000}]`},
		{"no-time", "", `[{"n":"x","u":"Cel","v":4}]`}, {"relative-time", "seconds below 2^28 count from now", `[{"n":"x","u":"Cel","v":4,"t":-60}]`},
		{"time-just-relative", "2^28 - 1", `[{"n":"x","u":"Cel","v":4,"t":268435455}]`},
		{"time-too-late", "after the year 9999", `[{"n":"x","u":"Cel","v":4,"t":253402300800}]`},
		{"version", "", `[{"bver":11,"n":"x","u":"Cel","v":4,"t":1772352000}]`},
		{"too-many", "1001 records", many},
	} {
		vectors = append(vectors, packVector{Name: "json-bad-" + v[0], About: v[1], JSON: v[2], Code: "invalid"})
	}
	return vectors
}

func fraction(exponent, mantissa any) cbor.Tag {
	return cbor.Tag{Number: 4, Content: []any{exponent, mantissa}}
}

func packsInCBOR() ([]packVector, error) {
	record := func(value any) any {
		return []any{map[any]any{0: "x", 1: "Cel", 2: value, 6: 1772352000}}
	}
	vectors := []struct {
		name, about string
		pack        any
		want        []reading // nil for one that is refused
	}{
		{"integer", "", record(4), one("Cel", 400)},
		{"decimal-fraction", "tag 4: [-2, 425]", record(fraction(-2, 425)), one("Cel", 425)},
		{"positive-exponent", "", record(fraction(1, 4)), one("Cel", 4000)},
		{"float-exact", "0.25 is exact in binary", record(4.25), one("Cel", 425)},
		{"float-not-exact", "4.005 in binary is 4.00499...: send decimal fractions", record(4.005), one("Cel", 400)},
		{"text-labels", "texts as labels, as in JSON", []any{map[any]any{"n": "x", "u": "Cel", "v": 4, "t": 1772352000}}, one("Cel", 400)},
		{"base-fields", "", []any{map[any]any{-2: "cold/", -4: "Cel", -5: 4, -3: 1772352000}, map[any]any{0: "a", 2: fraction(-2, 25)}, map[any]any{0: "b", 2: -5, 6: fraction(-1, 5)}},
			[]reading{num("cold/a", "Cel", 425, start), num("cold/b", "Cel", -100, start+500)}},
		{"other-labels", "unknown labels are passed over", []any{map[any]any{0: "x", 1: "Cel", 2: 4, 6: 1772352000, 99: 1}}, one("Cel", 400)},
		{"bad-nan", "", record(math.NaN()), nil},
		{"bad-infinite", "", record(math.Inf(1)), nil},
		{"bad-bignum", "", record(cbor.Tag{Number: 2, Content: []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}}), nil},
		{"bad-exponent", "at most 40 either way", record(fraction(-41, 1)), nil},
		{"bad-fraction-of-three", "", record(cbor.Tag{Number: 4, Content: []any{-2, 425, 1}}), nil},
		{"bad-fraction-of-bignum", "", record(fraction(-2, cbor.Tag{Number: 2, Content: []byte{1}})), nil},
		{"bad-bigfloat", "tag 5 is binary", record(cbor.Tag{Number: 5, Content: []any{-2, 425}}), nil},
		{"bad-text-value", "", record("4"), nil},
		{"bad-null-value", "", record(nil), nil},
		{"bad-null-record", "", []any{nil, map[any]any{0: "x", 1: "Cel", 2: 4, 6: 1772352000}}, nil},
		{"bad-label-twice", "as number and as text", []any{map[any]any{0: "x", 1: "Cel", 2: 4, "v": 5, 6: 1772352000}}, nil},
		{"bad-must-understand", "", []any{map[any]any{0: "x", 1: "Cel", 2: 4, 6: 1772352000, "x_": 1}}, nil},
		{"bad-no-array", "", map[any]any{0: "x"}, nil},
		{"bad-empty", "", []any{}, nil},
		{"bad-relative-time", "", []any{map[any]any{0: "x", 1: "Cel", 2: 4, 6: -60}}, nil},
	}
	var all []packVector
	for _, v := range vectors {
		raw, err := encode(v.pack)
		if err != nil {
			return nil, err
		}
		p := packVector{Name: "cbor-" + v.name, About: v.about, CBOR: hex.EncodeToString(raw), Readings: v.want}
		if v.want == nil {
			p.Code = "invalid"
		}
		all = append(all, p)
	}
	good := all[0].CBOR
	for _, v := range [][3]string{
		{"bad-trailing-byte", "", good + "00"},
		{"bad-indefinite", "indefinite length is not deterministic", "9f" + good[2:] + "ff"},
		{"bad-cut", "", good[:len(good)-2]},
		{"bad-repeated-label", "", "81a5" + good[4:] + "0204"},
	} {
		all = append(all, packVector{Name: "cbor-" + v[0], About: v[1], CBOR: v[2], Code: "invalid"})
	}
	return all, nil
}
