package main

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// bothWays is a pack in both notations, and what a reader makes of it: nothing if
// it must refuse it.
type bothWays struct {
	name, about string
	json        string
	cbor        any
	want        []reading
}

func (v bothWays) vectors() ([]packVector, error) {
	raw, err := encode(v.cbor)
	if err != nil {
		return nil, err
	}
	code, name := "", v.name
	if v.want == nil {
		code, name = "invalid", "bad-"+v.name
	}
	return []packVector{
		{Name: "json-" + name, About: v.about, JSON: v.json, Readings: v.want, Code: code},
		{Name: "cbor-" + name, About: v.about, CBOR: hex.EncodeToString(raw), Readings: v.want, Code: code},
	}, nil
}

// sumOf is a sum in W, and so of millionths of joules.
func sumOf(name string, value int64) reading {
	r := num(name, "W", value, start)
	r.Kind = "sum"
	return r
}

func boolean(name string, value int64) reading {
	r := num(name, "/", value, start)
	r.Kind = "boolean"
	return r
}

func text(name, body string) reading {
	return reading{Kind: "text", Name: name, Text: &body, SHA256: digestHex([]byte(body)), Millis: start}
}

func data(name string, body []byte) reading {
	written, sum := hex.EncodeToString(body), sha256.Sum256(body)
	return reading{Kind: "data", Name: name, Data: &written, SHA256: hex.EncodeToString(sum[:]), Millis: start}
}

func update(r reading, millis int64) []reading {
	r.Update = millis
	return []reading{r}
}

// at is a record with the time of the vectors and more members, in JSON and in CBOR.
func at(members string) string { return `[{"t":1772352000,` + members + `}]` }

func with(members map[any]any) []any {
	members[6] = 1772352000
	return []any{members}
}

// goodKinds: values that are no numbers, and sums.
func goodKinds() []bothWays {
	return []bothWays{
		{"boolean-true", "1 in the unit /", at(`"n":"door","vb":true`), with(map[any]any{0: "door", 4: true}), []reading{boolean("door", 1000000)}},
		{"boolean-false", "0 in the unit /", at(`"n":"door","vb":false`), with(map[any]any{0: "door", 4: false}), []reading{boolean("door", 0)}},
		{"boolean-with-unit", "the unit that it has anyway", at(`"n":"door","u":"/","vb":true`), with(map[any]any{0: "door", 1: "/", 4: true}), []reading{boolean("door", 1000000)}},
		{"text", "", at(`"n":"state","vs":"Zürich \u2603 <&>\n"`), with(map[any]any{0: "state", 3: "Zürich \u2603 <&>\n"}), []reading{text("state", "Zürich \u2603 <&>\n")}},
		{"text-empty", "", at(`"n":"state","vs":""`), with(map[any]any{0: "state", 3: ""}), []reading{text("state", "")}},
		{"data", "base64url in JSON, bytes in CBOR", at(`"n":"tag","vd":"aGkgCv8"`), with(map[any]any{0: "tag", 8: []byte("hi \n\xff")}), []reading{data("tag", []byte("hi \n\xff"))}},
		{"data-empty", "", at(`"n":"tag","vd":""`), with(map[any]any{0: "tag", 8: []byte{}}), []reading{data("tag", nil)}},
		{"sum", "a sum needs no value beside it", at(`"n":"energy","u":"W","s":4.25`), with(map[any]any{0: "energy", 1: "W", 5: fraction(-2, 425)}), []reading{sumOf("energy", 4250000)}},
		{"sum-and-value", "two readings: the value first", at(`"n":"power","u":"W","s":9000,"v":3`), with(map[any]any{0: "power", 1: "W", 5: 9000, 2: 3}), []reading{num("power", "W", 3000000, start), sumOf("power", 9000000000)}},
		{"sum-and-text", "the unit is the sum's", at(`"n":"power","u":"W","s":1,"vs":"on"`), with(map[any]any{0: "power", 1: "W", 5: 1, 3: "on"}), []reading{text("power", "on"), sumOf("power", 1000000)}},
		{"sum-and-boolean", "the unit is the sum's", at(`"n":"pump","bu":"W","s":1,"vb":true`), with(map[any]any{0: "pump", -4: "W", 5: 1, 4: true}), []reading{boolean("pump", 1000000), sumOf("pump", 1000000)}},
		{"base-sum", "bs is added to s, and to nothing else", `[{"bs":100,"bu":"W","bt":1772352000},{"n":"a","s":0.5},{"n":"b","v":1},{"bs":-1,"n":"c","s":1}]`,
			[]any{map[any]any{-6: 100, -4: "W", -3: 1772352000}, map[any]any{0: "a", 5: fraction(-1, 5)}, map[any]any{0: "b", 2: 1}, map[any]any{-6: -1, 0: "c", 5: 1}},
			[]reading{sumOf("a", 100500000), num("b", "W", 1000000, start), sumOf("c", 0)}},
		{"base-value-and-sum", "bv makes no value of a sum", `[{"bv":7,"bu":"W","bt":1772352000},{"n":"a","s":2}]`,
			[]any{map[any]any{-5: 7, -4: "W", -3: 1772352000}, map[any]any{0: "a", 5: 2}}, []reading{sumOf("a", 2000000)}},
		{"data-types", "a base unit is for numbers alone", `[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1772352000,"bu":"Cel","n":"temp","v":23.1},{"n":"label","vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]`,
			[]any{map[any]any{-2: "urn:dev:ow:10e2073a01080063:", -3: 1772352000, -4: "Cel", 0: "temp", 2: fraction(-1, 231)}, map[any]any{0: "label", 3: "Machine Room"}, map[any]any{0: "open", 4: false}, map[any]any{0: "nfc-reader", 8: []byte("hi \n")}},
			[]reading{num("urn:dev:ow:10e2073a01080063:temp", "Cel", 2310, start), text("urn:dev:ow:10e2073a01080063:label", "Machine Room"), boolean("urn:dev:ow:10e2073a01080063:open", 0), data("urn:dev:ow:10e2073a01080063:nfc-reader", []byte("hi \n"))}},
	}
}

func badKinds() []bothWays {
	many, manyCBOR := `[{"bn":"x","bu":"W","bt":1772352000}`, []any{map[any]any{-2: "x", -4: "W", -3: 1772352000}}
	for range 501 {
		many += `,{"v":1,"s":1}`
		manyCBOR = append(manyCBOR, map[any]any{2: 1, 5: 1})
	}
	return []bothWays{
		{"two-values", "a record has one value", at(`"n":"x","u":"/","v":1,"vb":true`), with(map[any]any{0: "x", 1: "/", 2: 1, 4: true}), nil},
		{"two-other-values", "", at(`"n":"x","vs":"a","vd":"YQ"`), with(map[any]any{0: "x", 3: "a", 8: []byte("a")}), nil},
		{"boolean-number", "", at(`"n":"x","vb":1`), with(map[any]any{0: "x", 4: 1}), nil},
		{"boolean-text", "", at(`"n":"x","vb":"true"`), with(map[any]any{0: "x", 4: "true"}), nil},
		{"boolean-null", "", at(`"n":"x","vb":null`), with(map[any]any{0: "x", 4: nil}), nil},
		{"boolean-in-celsius", "a boolean is in the unit /", at(`"n":"x","u":"Cel","vb":true`), with(map[any]any{0: "x", 1: "Cel", 4: true}), nil},
		{"text-number", "", at(`"n":"x","vs":1`), with(map[any]any{0: "x", 3: 1}), nil},
		{"text-with-unit", "a text is in no unit", at(`"n":"x","u":"/","vs":"a"`), with(map[any]any{0: "x", 1: "/", 3: "a"}), nil},
		{"text-bytes", "in CBOR a text is no byte string", at(`"n":"x","vs":["a"]`), with(map[any]any{0: "x", 3: []byte("a")}), nil},
		{"data-number", "", at(`"n":"x","vd":1`), with(map[any]any{0: "x", 8: 1}), nil},
		{"data-text", "in CBOR data is a byte string, in JSON it is base64url", at(`"n":"x","vd":"a+b/"`), with(map[any]any{0: "x", 8: "YQ"}), nil},
		{"data-with-unit", "data is in no unit", at(`"n":"x","u":"B","vd":"YQ"`), with(map[any]any{0: "x", 1: "B", 8: []byte("a")}), nil},
		{"sum-text", "", at(`"n":"x","u":"W","s":"1"`), with(map[any]any{0: "x", 1: "W", 5: "1"}), nil},
		{"sum-without-unit", "", at(`"n":"x","s":1`), with(map[any]any{0: "x", 5: 1}), nil},
		{"sum-out-of-range", "does not fit 64 bits in millionths", at(`"n":"x","u":"W","s":1e13`), with(map[any]any{0: "x", 1: "W", 5: fraction(13, 1)}), nil},
		{"base-sum-text", "", at(`"bs":"1","n":"x","u":"W","s":1`), with(map[any]any{-6: "1", 0: "x", 1: "W", 5: 1}), nil},
		{"base-sum-alone", "base fields alone are no reading", `[{"bn":"x","bu":"W","bs":1,"bt":1772352000}]`, []any{map[any]any{-2: "x", -4: "W", -6: 1, -3: 1772352000}}, nil},
		{"no-value-or-sum", "a record with a name needs one", `[{"n":"x","u":"Cel","v":1,"t":1772352000},{"n":"y","t":1772352000}]`,
			[]any{map[any]any{0: "x", 1: "Cel", 2: 1, 6: 1772352000}, map[any]any{0: "y", 6: 1772352000}}, nil},
		{"too-many-readings", "501 records with value and sum are 1002 readings", many + "]", manyCBOR, nil},
	}
}

// onlyJSON: what cannot be written, or is another thing, in CBOR.
func onlyJSON() []packVector {
	var vectors []packVector
	deep := strings.Repeat("[", 6) + strings.Repeat("]", 6)
	for _, v := range [][3]string{
		{"nested", "a pack is at most 8 deep, itself and its records included", at(`"n":"x","u":"Cel","v":4,"note":` + deep)},
		{"brackets-in-text", "these nest nothing", at(`"n":"x","u":"Cel","v":4,"note":"\"[[[[[[[[[[[["`)},
	} {
		vectors = append(vectors, packVector{Name: "json-" + v[0], About: v[1], JSON: v[2], Readings: one("Cel", 400)})
	}
	var members strings.Builder
	for i := range 29 {
		members.WriteString(`,"m` + strconv.Itoa(i) + `":1`)
	}
	for _, v := range [][3]string{
		{"nested-too-deep", "9 deep", at(`"n":"x","u":"Cel","v":4,"note":[` + deep + `]`)},
		{"too-many-members", "33 in a record", at(`"n":"x","u":"Cel","v":4` + members.String())},
		{"oversize", "24577 bytes", `[{"n":"x","u":"Cel","v":4,"t":1772352000}` + strings.Repeat(" ", 24577-42) + "]"},
		{"data-padded", "no padding", at(`"n":"x","vd":"YQ=="`)},
		{"data-unused-bits", "the same bytes in another spelling", at(`"n":"x","vd":"YR"`)},
		{"data-line-break", "the same bytes in another spelling", at(`"n":"x","vd":"Y\nQ"`)},
		{"nested-must-understand", "whatever its value", at(`"n":"x","u":"Cel","v":4,"x_":{}`)},
	} {
		vectors = append(vectors, packVector{Name: "json-bad-" + v[0], About: v[1], JSON: v[2], Code: "invalid"})
	}
	return vectors
}

// goodFields: update time, version, units, base fields that are taken back, and
// members that are passed over.
func goodFields() []bothWays {
	record := func(number any) []any { return with(map[any]any{0: "x", 1: "Cel", 2: 4, 7: number}) }
	unit := func(u string) bothWays {
		return bothWays{"unit-" + u, "", at(`"n":"x","u":"` + u + `","v":0.5`), with(map[any]any{0: "x", 1: u, 2: fraction(-1, 5)}), one(u, 500000)}
	}
	return []bothWays{
		{"update-time", "ut is kept, in milliseconds", at(`"n":"x","u":"Cel","v":4,"ut":60.5`), record(fraction(-1, 605)), update(num("x", "Cel", 400, start), 60500)},
		{"update-time-rounded", "half away from zero", at(`"n":"x","u":"Cel","v":4,"ut":0.0005`), record(fraction(-4, 5)), update(num("x", "Cel", 400, start), 1)},
		{"update-time-zero", "as if there were none", at(`"n":"x","u":"Cel","v":4,"ut":0`), record(0), one("Cel", 400)},
		{"update-time-longest", "2^28 seconds", at(`"n":"x","u":"Cel","v":4,"ut":268435456`), record(268435456), update(num("x", "Cel", 400, start), 268435456000)},
		{"update-time-of-text", "", at(`"n":"x","vs":"a","ut":1`), with(map[any]any{0: "x", 3: "a", 7: 1}), update(text("x", "a"), 1000)},
		{"version-late", "bver 10 is what is in force anyway", `[{"n":"x","u":"Cel","v":4,"bt":1772352000},{"bver":10,"n":"x","u":"Cel","v":4}]`,
			[]any{map[any]any{0: "x", 1: "Cel", 2: 4, -3: 1772352000}, map[any]any{-1: 10, 0: "x", 1: "Cel", 2: 4}}, append(one("Cel", 400), one("Cel", 400)...)},
		{"version-older", "an older one, in the whole pack", `[{"bver":5,"n":"x","u":"Cel","v":4,"bt":1772352000},{"bver":5,"n":"x","u":"Cel","v":4},{"n":"x","u":"Cel","v":4}]`,
			[]any{map[any]any{-1: 5, 0: "x", 1: "Cel", 2: 4, -3: 1772352000}, map[any]any{-1: 5, 0: "x", 1: "Cel", 2: 4}, map[any]any{0: "x", 1: "Cel", 2: 4}},
			append(one("Cel", 400), append(one("Cel", 400), one("Cel", 400)...)...)},
		unit("/"), unit("/100"), unit("W"), unit("kWh"), unit("dBm"), unit("km/h"), unit("ug/m3"), unit("furlong"),
		{"base-name-taken-back", "an empty bn is no prefix", `[{"bn":"cold/","bu":"Cel","bt":1772352000,"n":"a","v":4},{"bn":"","n":"x","v":4}]`,
			[]any{map[any]any{-2: "cold/", -4: "Cel", -3: 1772352000, 0: "a", 2: 4}, map[any]any{-2: "", 0: "x", 2: 4}}, append([]reading{num("cold/a", "Cel", 400, start)}, one("Cel", 400)...)},
		{"base-name-alone", "a name may be a base name alone", `[{"bn":"x","bu":"Cel","bt":1772352000,"v":4}]`,
			[]any{map[any]any{-2: "x", -4: "Cel", -3: 1772352000, 2: 4}}, one("Cel", 400)},
		{"other-values", "unknown members are passed over, whatever their value", at(`"n":"x","u":"Cel","v":4,"note":{"a":[1,null]},"more":null`),
			with(map[any]any{0: "x", 1: "Cel", 2: 4, "note": map[any]any{"a": []any{1, nil}}, "when": cbor.Tag{Number: 1, Content: 1772352000}, 99: []any{1}}), one("Cel", 400)},
	}
}

func badFields() []bothWays {
	record := func(number any) []any { return with(map[any]any{0: "x", 1: "Cel", 2: 4, 7: number}) }
	version := func(number any) []any { return with(map[any]any{-1: number, 0: "x", 1: "Cel", 2: 4}) }
	return []bothWays{
		{"update-time-negative", "", at(`"n":"x","u":"Cel","v":4,"ut":-1`), record(-1), nil},
		{"update-time-too-long", "2^28 + 1 seconds", at(`"n":"x","u":"Cel","v":4,"ut":268435457`), record(268435457), nil},
		{"update-time-text", "", at(`"n":"x","u":"Cel","v":4,"ut":"1"`), record("1"), nil},
		{"update-time-alone", "without a value", `[{"n":"x","u":"Cel","v":4,"bt":1772352000},{"ut":1}]`,
			[]any{map[any]any{0: "x", 1: "Cel", 2: 4, -3: 1772352000}, map[any]any{7: 1}}, nil},
		{"version-11", "a later one", at(`"bver":11,"n":"x","u":"Cel","v":4`), version(11), nil},
		{"version-0", "positive", at(`"bver":0,"n":"x","u":"Cel","v":4`), version(0), nil},
		{"version-negative", "", at(`"bver":-1,"n":"x","u":"Cel","v":4`), version(-1), nil},
		{"version-fraction", "a whole number", at(`"bver":9.5,"n":"x","u":"Cel","v":4`), version(fraction(-1, 95)), nil},
		{"version-text", "", at(`"bver":"10","n":"x","u":"Cel","v":4`), version("10"), nil},
		{"version-changes", "one version for a pack", `[{"bver":10,"n":"x","u":"Cel","v":4,"bt":1772352000},{"bver":9,"n":"x","u":"Cel","v":4}]`,
			[]any{map[any]any{-1: 10, 0: "x", 1: "Cel", 2: 4, -3: 1772352000}, map[any]any{-1: 9, 0: "x", 1: "Cel", 2: 4}}, nil},
		{"version-late-and-older", "the records before it have 10", `[{"n":"x","u":"Cel","v":4,"bt":1772352000},{"bver":9,"n":"x","u":"Cel","v":4}]`,
			[]any{map[any]any{0: "x", 1: "Cel", 2: 4, -3: 1772352000}, map[any]any{-1: 9, 0: "x", 1: "Cel", 2: 4}}, nil},
		{"must-understand-base", "members that end in _", at(`"bx_":1,"n":"x","u":"Cel","v":4`), with(map[any]any{"bx_": 1, 0: "x", 1: "Cel", 2: 4}), nil},
		{"unit-empty", "it is there, so the base unit is not meant", `[{"bu":"Cel","bt":1772352000},{"n":"x","u":"","v":4}]`,
			[]any{map[any]any{-4: "Cel", -3: 1772352000}, map[any]any{0: "x", 1: "", 2: 4}}, nil},
		{"unit-taken-back", "an empty bu is none", `[{"bu":"Cel","bt":1772352000},{"bu":"","n":"x","v":4}]`,
			[]any{map[any]any{-4: "Cel", -3: 1772352000}, map[any]any{-4: "", 0: "x", 2: 4}}, nil},
		{"unit-slash-letter", "", at(`"n":"x","u":"/s","v":4`), with(map[any]any{0: "x", 1: "/s", 2: 4}), nil},
		{"time-zero", "0 is now, and no two readers have the same", `[{"n":"x","u":"Cel","v":4,"t":0}]`, []any{map[any]any{0: "x", 1: "Cel", 2: 4, 6: 0}}, nil},
		{"text-without-time", "", `[{"n":"x","vs":"a"}]`, []any{map[any]any{0: "x", 3: "a"}}, nil},
		{"text-without-name", "", `[{"vs":"a","t":1772352000}]`, []any{map[any]any{3: "a", 6: 1772352000}}, nil},
	}
}
