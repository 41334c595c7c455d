package main

import (
	"encoding/hex"
	"slices"
	"strings"
)

// edit changes an encoding that is good, or its members.
type edit struct {
	name    string
	members func(run, line, series []any)
	bytes   func(raw []byte) []byte
}

// The places of members in a run, a line and a series.
const (
	runVersion, runDevice, runKey, runFirst, runPrevious, runLines   = 0, 1, 2, 3, 4, 5
	lineDigest, lineReadings, lineRoot, lineFrom, lineSpan, lineRest = 0, 1, 2, 3, 4, 5
	seriesCount, seriesMin, seriesMax, seriesSum, seriesLatest       = 2, 3, 4, 5, 6
)

// badRuns change one thing each of a run of one message with two series, of which a copy is edited.
func badRuns(good runVector) []badBytes {
	var bad []badBytes
	for _, e := range slices.Concat(badPlaces(), badLines(), badEncodings()) {
		run := good.members()
		line := run[runLines].([]any)[0].([]any)
		if e.members != nil {
			e.members(run, line, line[lineRest].([]any)[0].([]any))
		}
		raw := encoded(run)
		if e.bytes != nil {
			raw = e.bytes(raw)
		}
		bad = append(bad, badBytes{e.name, hex.EncodeToString(raw), "invalid"})
	}
	return bad
}

func badPlaces() []edit {
	digest := make([]byte, 32)
	return []edit{
		{name: "version 2", members: func(r, _, _ []any) { r[runVersion] = 2 }},
		{name: "a device that has no id", members: func(r, _, _ []any) { r[runDevice] = "a b" }},
		{name: "no key", members: func(r, _, _ []any) { r[runKey] = "" }},
		{name: "message 0", members: func(r, _, _ []any) { r[runFirst] = 0 }},
		{name: "a number above 2^53-1", members: func(r, _, _ []any) { r[runFirst], r[runPrevious] = uint64(1)<<53, digest }},
		{name: "the greatest number there is", members: func(r, _, _ []any) { r[runFirst], r[runPrevious] = ^uint64(0), digest }},
		{name: "a digest before message 1", members: func(r, _, _ []any) { r[runPrevious] = digest }},
		{name: "no digest before message 2", members: func(r, _, _ []any) { r[runFirst] = 2 }},
		{name: "a short digest before", members: func(r, _, _ []any) { r[runFirst], r[runPrevious] = 2, digest[1:] }},
		{name: "no digest before as null", members: func(r, _, _ []any) { r[runPrevious] = nil }},
		{name: "no lines", members: func(r, _, _ []any) { r[runLines] = []any{} }},
		{name: "101 lines", members: func(r, l, _ []any) { r[runLines] = slices.Repeat([]any{l}, 101) }},
		{name: "a line above 2^53-1", members: func(r, l, _ []any) {
			r[runFirst], r[runPrevious], r[runLines] = uint64(1)<<53-1, digest, []any{l, l}
		}},
	}
}

// badLines are totals that no readings have. The series that is edited is that of one humidity.
func badLines() []edit {
	series := func(l []any) []any { return l[lineRest].([]any) }
	return []edit{
		{name: "a short digest", members: func(_, l, _ []any) { l[lineDigest] = make([]byte, 31) }},
		{name: "a long root", members: func(_, l, _ []any) { l[lineRoot] = make([]byte, 33) }},
		{name: "more readings than the series have", members: func(_, l, _ []any) { l[lineReadings] = 3 }},
		{name: "fewer readings than the series have", members: func(_, l, _ []any) { l[lineReadings] = 1 }},
		{name: "1001 readings", members: func(_, l, s []any) { l[lineReadings], s[seriesCount] = 1001, 1000 }},
		{name: "no readings", members: func(_, l, _ []any) { l[lineReadings], l[lineRest] = 0, []any{} }},
		{name: "a time before 2^28 s", members: func(_, l, _ []any) { l[lineFrom] = 268435455999 }},
		{name: "a time after the year 9999", members: func(_, l, _ []any) { l[lineFrom] = 253402300799001 }},
		{name: "a negative span", members: func(_, l, _ []any) { l[lineSpan] = -1 }},
		{name: "a span that no series has", members: func(_, l, _ []any) { l[lineSpan] = 1 }},
		{name: "a latest past the span", members: func(_, _, s []any) { s[seriesLatest] = 1 }},
		{name: "a latest before the first", members: func(_, _, s []any) { s[seriesLatest] = -1 }},
		{name: "series that are not sorted", members: func(_, l, _ []any) { slices.Reverse(series(l)) }},
		{name: "a series twice", members: func(_, l, _ []any) { l[lineRest] = []any{series(l)[0], series(l)[0]} }},
		{name: "33 series", members: func(_, l, s []any) {
			var all []any
			for i := range 33 {
				one := slices.Clone(s)
				one[0] = strings.Repeat("a", i+1)
				all = append(all, one)
			}
			l[lineReadings], l[lineRest] = 33, all
		}},
		{name: "a name with a blank", members: func(_, _, s []any) { s[0] = "a b" }},
		{name: "no unit", members: func(_, _, s []any) { s[1] = "" }},
		{name: "a count of none", members: func(_, l, s []any) { l[lineReadings], s[seriesCount] = 1, 0 }},
		{name: "one reading of two values", members: func(_, _, s []any) { s[seriesMin] = 6000 }},
		{name: "a mean above the greatest", members: func(_, l, s []any) { l[lineReadings], s[seriesCount], s[seriesSum] = 3, 2, 12201 }},
		{name: "a mean below the least", members: func(_, l, s []any) { l[lineReadings], s[seriesCount], s[seriesSum] = 3, 2, 12199 }},
		{name: "a least above the greatest", members: func(_, l, s []any) {
			l[lineReadings], s[seriesCount], s[seriesMin], s[seriesMax], s[seriesSum] = 3, 2, 6200, 6000, 12200
		}},
		{name: "a sum above that of the least and the greatest", members: func(_, l, s []any) {
			l[lineReadings], s[seriesCount], s[seriesMin], s[seriesMax], s[seriesSum] = 3, 2, 6000, 6200, 12201
		}},
		{name: "a sum with one reading below the least", members: func(_, l, s []any) {
			l[lineReadings], s[seriesCount], s[seriesMin], s[seriesMax], s[seriesSum] = 4, 3, 6000, 6200, 18199
		}},
		{name: "a sum with one reading above the greatest", members: func(_, l, s []any) {
			l[lineReadings], s[seriesCount], s[seriesMin], s[seriesMax], s[seriesSum] = 4, 3, 6000, 6200, 18401
		}},
		{name: "a sum that is too great", members: func(_, _, s []any) { s[seriesSum] = uint64(1) << 63 }},
		{name: "a value that is no integer", members: func(_, _, s []any) { s[seriesMin], s[seriesMax], s[seriesSum] = 1.5, 1.5, 1.5 }},
	}
}

// badEncodings say what a good run says, in other bytes.
func badEncodings() []edit {
	return []edit{
		{name: "nothing", bytes: func([]byte) []byte { return nil }},
		{name: "cut short", bytes: func(raw []byte) []byte { return raw[:len(raw)-1] }},
		{name: "a byte more", bytes: func(raw []byte) []byte { return append(raw, 0) }},
		{name: "a version in two bytes", bytes: func(raw []byte) []byte { return slices.Replace(raw, 1, 2, 0x18, 1) }},
		{name: "an array without a length", bytes: func(raw []byte) []byte { return append(append([]byte{0x9f}, raw[1:]...), 0xff) }},
		{name: "a tag before it", bytes: func(raw []byte) []byte { return append([]byte{0xd2}, raw...) }},
		{name: "a member more", bytes: func(raw []byte) []byte { return append(append([]byte{0x87}, raw[1:]...), 0) }},
	}
}
