package main

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// badSalts: of a wrong length or form.
func (d *disclosing) badSalts() {
	for _, v := range []struct {
		name, about string
		salt        []byte
	}{
		{"salt-short", "15 bytes", salt[:15]},
		{"salt-long", "65 bytes", bytes.Repeat([]byte("s"), 65)},
		{"salt-empty", "", nil},
	} {
		d.json("bad-"+v.name, v.about, string(jsonDisclosure(v.salt, `{"u":"Cel","v":4.25}`)), nil)
		d.cbor("bad-"+v.name, v.about, []any{append([]byte{}, v.salt...), map[any]any{1: "Cel", 2: 4}}, nil)
	}
	for _, v := range [][3]string{
		{"salt-number", "", `1234567890123456`},
		{"salt-null", "", `null`},
		{"salt-padded", "no padding", `"MDEyMzQ1Njc4OWFiY2RlZg=="`},
		{"salt-unused-bits", "the same bytes in another spelling", `"MDEyMzQ1Njc4OWFiY2RlZh"`},
		{"salt-line-break", "the same bytes in another spelling", `"MDEyMzQ1Njc4\nOWFiY2RlZg"`},
		{"salt-return", "the same bytes in another spelling", `"MDEyMzQ1Njc4OWFiY2RlZg\r"`},
		{"salt-base64", "not the alphabet of base64url", `"MDEyMzQ1Njc4OWFiY2Rl/w"`},
		{"salt-text", "no base64url at all", `"a salt of many characters"`},
	} {
		d.json("bad-"+v[0], v[1], `[`+v[2]+`,{"u":"Cel","v":4.25}]`, nil)
	}
	d.cbor("bad-salt-text", "a byte string, not a text", []any{"0123456789abcdef", map[any]any{1: "Cel", 2: 4}}, nil)
	d.cbor("bad-salt-null", "", []any{nil, map[any]any{1: "Cel", 2: 4}}, nil)
	d.cbor("bad-salt-array", "an array of its bytes", []any{[]any{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, map[any]any{1: "Cel", 2: 4}}, nil)
}

// badRecords: what no disclosure says, in both notations.
func (d *disclosing) badRecords() {
	for _, v := range []struct {
		name, about string
		json        string
		cbor        map[any]any
	}{
		{"name", "the sealed record has it", `{"n":"x","u":"Cel","v":4}`, map[any]any{0: "x", 1: "Cel", 2: 4}},
		{"time", "the sealed record has it", `{"u":"Cel","v":4,"t":1772352000}`, map[any]any{1: "Cel", 2: 4, 6: 1772352000}},
		{"update-time", "the sealed record has it", `{"u":"Cel","v":4,"ut":60}`, map[any]any{1: "Cel", 2: 4, 7: 60}},
		{"base-name", "no base fields", `{"bn":"x","u":"Cel","v":4}`, map[any]any{-2: "x", 1: "Cel", 2: 4}},
		{"base-time", "no base fields", `{"bt":1772352000,"u":"Cel","v":4}`, map[any]any{-3: 1772352000, 1: "Cel", 2: 4}},
		{"base-unit", "no base fields", `{"bu":"Cel","v":4}`, map[any]any{-4: "Cel", 2: 4}},
		{"base-value", "no base fields", `{"bv":1,"u":"Cel","v":4}`, map[any]any{-5: 1, 1: "Cel", 2: 4}},
		{"base-sum", "no base fields", `{"bs":1,"u":"W","s":4}`, map[any]any{-6: 1, 1: "W", 5: 4}},
		{"version", "no base fields", `{"bver":10,"u":"Cel","v":4}`, map[any]any{-1: 10, 1: "Cel", 2: 4}},
		{"two-values", "", `{"u":"/","v":1,"vb":true}`, map[any]any{1: "/", 2: 1, 4: true}},
		{"value-and-sum", "that would be two readings", `{"u":"W","v":1,"s":1}`, map[any]any{1: "W", 2: 1, 5: 1}},
		{"no-value", "", `{}`, map[any]any{}},
		{"unit-alone", "", `{"u":"Cel"}`, map[any]any{1: "Cel"}},
		{"number-without-unit", "", `{"v":4}`, map[any]any{2: 4}},
		{"sum-without-unit", "", `{"s":4}`, map[any]any{5: 4}},
		{"unit-empty", "", `{"u":"","v":4}`, map[any]any{1: "", 2: 4}},
		{"unit-bad", "", `{"u":"°C","v":4}`, map[any]any{1: "°C", 2: 4}},
		{"text-with-unit", "a text is in no unit", `{"u":"/","vs":"a"}`, map[any]any{1: "/", 3: "a"}},
		{"data-with-unit", "data is in no unit", `{"u":"B","vd":"YQ"}`, map[any]any{1: "B", 8: []byte("a")}},
		{"boolean-in-celsius", "a boolean is in the unit /", `{"u":"Cel","vb":true}`, map[any]any{1: "Cel", 4: true}},
		{"boolean-number", "", `{"vb":1}`, map[any]any{4: 1}},
		{"value-text", "", `{"u":"Cel","v":"4"}`, map[any]any{1: "Cel", 2: "4"}},
		{"value-null", "", `{"u":"Cel","v":null}`, map[any]any{1: "Cel", 2: nil}},
		{"out-of-range", "does not fit 64 bits", `{"u":"Cel","v":1e18}`, map[any]any{1: "Cel", 2: fraction(18, 1)}},
		{"must-understand", "members that end in _", `{"u":"Cel","v":4,"x_":1}`, map[any]any{1: "Cel", 2: 4, "x_": 1}},
	} {
		d.json("bad-"+v.name, v.about, string(jsonDisclosure(salt, v.json)), nil)
		d.cbor("bad-"+v.name, v.about, []any{salt, v.cbor}, nil)
	}
}

// badJSON: what is no array of two, or not this text.
func (d *disclosing) badJSON() {
	s, record := `"`+b64(salt)+`"`, `{"u":"Cel","v":4.25}`
	var members strings.Builder
	for i := range 31 {
		members.WriteString(`,"m` + strconv.Itoa(i) + `":1`)
	}
	for _, v := range [][3]string{
		{"empty", "", ""}, {"empty-array", "", `[]`}, {"salt-alone", "", `[` + s + `]`}, {"record-alone", "", record},
		{"three", "as RFC 9901 has it for a property: salt, name, value", `[` + s + `,"x",` + record + `]`},
		{"three-records", "", `[` + s + `,` + record + `,` + record + `]`},
		{"swapped", "", `[` + record + `,` + s + `]`}, {"object", "", `{"salt":` + s + `,"record":` + record + `}`},
		{"record-null", "", `[` + s + `,null]`}, {"record-array", "a record, not a pack", `[` + s + `,[` + record + `]]`},
		{"record-value", "a record, not a value", `[` + s + `,4.25]`},
		{"repeated-member", "", `[` + s + `,{"u":"Cel","v":4,"v":5}]`},
		{"repeated-unknown", "", `[` + s + `,{"u":"Cel","v":4,"m":1,"m":2}]`},
		{"too-many-members", "33 in the record", `[` + s + `,{"u":"Cel","v":4` + members.String() + `}]`},
		{"trailing-text", "", `[` + s + `,` + record + `] x`}, {"trailing-value", "", `[` + s + `,` + record + `][]`},
		{"trailing-comma", "", `[` + s + `,` + record + `,]`}, {"no-comma", "", `[` + s + record + `]`},
		{"leading-space", "a disclosure in JSON begins with its bracket", ` [` + s + `,` + record + `]`},
		{"cut", "", `[` + s + `,` + record}, {"cut-record", "", `[` + s + `,{"u":"Cel","v":4.25]`},
		{"data-padded", "no padding", `[` + s + `,{"vd":"YQ=="}]`}, {"data-unused-bits", "", `[` + s + `,{"vd":"YR"}]`},
		{"data-line-break", "", `[` + s + `,{"vd":"Y\nQ"}]`}, {"leading-zero", "not JSON", `[` + s + `,{"u":"Cel","v":04}]`},
		{"nan", "not JSON", `[` + s + `,{"u":"Cel","v":NaN}]`},
		{"too-long", "2049 bytes", `[` + s + `,` + record + `]` + strings.Repeat(" ", 2049-len(s)-len(record)-3)},
	} {
		d.json("bad-"+v[0], v[1], v[2], nil)
	}
	d.raw("json-bad-utf8", "a text that is not UTF-8", []byte(`[`+s+`,{"vs":"`+"\xff"+`"}]`), nil)
}

// badCBOR: what is not in definite lengths, not once, or not an array of two.
func (d *disclosing) badCBOR() {
	record := map[any]any{1: "Cel", 2: 4}
	d.cbor("bad-empty-array", "", []any{}, nil)
	d.cbor("bad-salt-alone", "", []any{salt}, nil)
	d.cbor("bad-three", "", []any{salt, "x", record}, nil)
	d.cbor("bad-swapped", "", []any{record, salt}, nil)
	d.cbor("bad-map", "", map[any]any{0: salt, 1: record}, nil)
	d.cbor("bad-null", "", nil, nil)
	d.cbor("bad-tagged-salt", "", []any{cbor.Tag{Number: 24, Content: salt}, record}, nil)
	d.cbor("bad-record-null", "", []any{salt, nil}, nil)
	d.cbor("bad-record-array", "a record, not a pack", []any{salt, []any{record}}, nil)
	d.cbor("bad-label-twice", "as number and as text", []any{salt, map[any]any{1: "Cel", 2: 4, "v": 4}}, nil)
	d.cbor("bad-text-bytes", "a text is no byte string", []any{salt, map[any]any{3: []byte("a")}}, nil)
	d.cbor("bad-data-text", "data is a byte string", []any{salt, map[any]any{8: "YQ"}}, nil)
	d.cbor("bad-bytes", "a byte string that holds the disclosure", cbor.RawMessage(append([]byte{0x58, 0x1a}, plain()...)), nil)
	for _, v := range []struct {
		name, about string
		raw         []byte
	}{
		{"indefinite-array", "lengths are definite", append(append([]byte{0x9f}, plain()[1:]...), 0xff)},
		{"indefinite-map", "lengths are definite", append(append(append([]byte{}, plain()[:18]...), 0xbf), append(plain()[19:], 0xff)...)},
		{"indefinite-salt", "lengths are definite", append([]byte{0x82, 0x5f, 0x50}, append(append(append([]byte{}, salt...), 0xff), plain()[18:]...)...)},
		{"duplicate-label", "", append(append([]byte{}, plain()[:18]...), 0xa3, 1, 0x63, 'C', 'e', 'l', 2, 4, 2, 5)},
		{"trailing-byte", "", append(plain(), 0)},
		{"trailing-item", "", append(plain(), plain()...)},
		{"cut", "", plain()[:25]},
		{"text-not-utf8", "", append(append([]byte{}, plain()[:18]...), 0xa1, 3, 0x61, 0xff)},
		{"nan", "", append(append([]byte{}, plain()[:18]...), 0xa2, 1, 0x63, 'C', 'e', 'l', 2, 0xf9, 0x7e, 0)},
	} {
		d.raw("cbor-bad-"+v.name, v.about, v.raw, nil)
	}
	d.cbor("bad-too-long", "more than 2048 bytes", []any{salt, map[any]any{3: strings.Repeat("x", 2048)}}, nil)
}

// plain is a good disclosure of 26 bytes: 4 degrees.
func plain() []byte {
	head := append([]byte{0x82, 0x50}, salt...)
	return append(head, 0xa2, 1, 0x63, 'C', 'e', 'l', 2, 4)
}
