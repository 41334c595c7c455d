package anchor_test

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

func timeOf(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func line() anchor.Line {
	return anchor.Line{Digest: attest.Digest{1}, Readings: 3, Root: anchor.Hash{2}, From: at, Span: 2000, Series: []anchor.Series{
		{Name: "door", Unit: "/", Count: 1, Min: 5, Max: 5, Sum: 5, Latest: 2000},
		{Name: "temperature", Unit: "Cel", Count: 2, Min: -3, Max: 4, Sum: 1},
	}}
}

func run(lines ...anchor.Line) anchor.Run {
	return anchor.NewRun("logger-1", "k1", 7, bytes.Repeat([]byte{1}, 32), lines)
}

// TestAHostileRun changes one thing of a run that is good.
func TestAHostileRun(t *testing.T) {
	if _, err := anchor.DecodeRun(run(line()).Encode()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r *anchor.Run, l *anchor.Line){
		"version":           func(r *anchor.Run, _ *anchor.Line) { r.Version = 2 },
		"device":            func(r *anchor.Run, _ *anchor.Line) { r.Device = "a\x00b" },
		"key":               func(r *anchor.Run, _ *anchor.Line) { r.Key = "" },
		"number 0":          func(r *anchor.Run, _ *anchor.Line) { r.First = 0 },
		"number too high":   func(r *anchor.Run, l *anchor.Line) { r.First, r.Lines = waymark.MaxSequence, []anchor.Line{*l, *l} },
		"number at the end": func(r *anchor.Run, _ *anchor.Line) { r.First = math.MaxUint64 },
		"no previous":       func(r *anchor.Run, _ *anchor.Line) { r.Previous = []byte{} },
		"previous of first": func(r *anchor.Run, _ *anchor.Line) { r.First = 1 },
		"previous short":    func(r *anchor.Run, _ *anchor.Line) { r.Previous = r.Previous[1:] },
		"no lines":          func(r *anchor.Run, _ *anchor.Line) { r.Lines = []anchor.Line{} },
		"101 lines":         func(r *anchor.Run, l *anchor.Line) { r.Lines = slices.Repeat([]anchor.Line{*l}, 101) },
		"readings more":     func(_ *anchor.Run, l *anchor.Line) { l.Readings++ },
		"readings less":     func(_ *anchor.Run, l *anchor.Line) { l.Readings-- },
		"readings none":     func(_ *anchor.Run, l *anchor.Line) { l.Readings, l.Series = 0, []anchor.Series{} },
		"readings too many": func(_ *anchor.Run, l *anchor.Line) { l.Readings, l.Series[1].Count = 1001, 1000 },
		"readings that wrap": func(_ *anchor.Run, l *anchor.Line) {
			l.Series[0].Count, l.Series[1].Count = math.MaxInt64, math.MinInt64+4
		},
		"count negative":       func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Count, l.Series[1].Count = 4, -1 },
		"before times":         func(_ *anchor.Run, l *anchor.Line) { l.From = 1 },
		"after times":          func(_ *anchor.Run, l *anchor.Line) { l.From = math.MaxInt64 },
		"span negative":        func(_ *anchor.Run, l *anchor.Line) { l.Span = -1 },
		"span that wraps":      func(_ *anchor.Run, l *anchor.Line) { l.Span = math.MaxInt64 },
		"latest past the span": func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Latest = 2001 },
		"latest before":        func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Latest = -1 },
		"nothing is latest":    func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Latest = 1999 },
		"series unsorted":      func(_ *anchor.Run, l *anchor.Line) { slices.Reverse(l.Series) },
		"series twice":         func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Name, l.Series[0].Unit = "temperature", "Cel" },
		"name":                 func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Name = "a b" },
		"long name":            func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Name = strings.Repeat("a", 65) },
		"unit":                 func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Unit = "" },
		"one reading of two":   func(_ *anchor.Run, l *anchor.Line) { l.Series[0].Min = 4 },
		"mean below least":     func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Sum = -7 },
		"mean above greatest":  func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Sum = 9 },
		"least above greatest": func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Min, l.Series[1].Max = 4, -3 },
		"sum of others":        func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Sum = 0 },
		"sum at the end":       func(_ *anchor.Run, l *anchor.Line) { l.Series[1].Sum = math.MinInt64 },
	} {
		r := run(line())
		change(&r, &r.Lines[0])
		if got, err := anchor.DecodeRun(r.Encode()); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestWhichSumsThereAre: those of so many readings, and no other.
func TestWhichSumsThereAre(t *testing.T) {
	for _, tt := range []struct {
		count, least, greatest int64
		lowest, highest        int64 // of their sums
	}{
		{1, 5, 5, 5, 5},
		{2, -3, 4, 1, 1},
		{3, -3, 4, -2, 5},
		{5, -3, -1, -13, -7},
		{4, 7, 7, 28, 28},
		{1000, 0, 1, 1, 999},
		{2, math.MinInt64, math.MaxInt64, -1, -1},
		{3, -1, math.MaxInt64, math.MaxInt64 - 2, math.MaxInt64},
		{3, math.MinInt64, 1, math.MinInt64, math.MinInt64 + 2},
		{3, math.MinInt64, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1},
		{4, math.MinInt64, math.MaxInt64, math.MinInt64, math.MaxInt64},
	} {
		passes := func(sum int64) bool {
			l := line()
			l.Readings, l.Series[1] = tt.count+1, anchor.Series{Name: "temperature", Unit: "Cel", Count: tt.count, Min: tt.least, Max: tt.greatest, Sum: sum}
			if tt.count == 1000 {
				l.Readings, l.Series, l.Span = tt.count, l.Series[1:], 0
			}
			_, err := anchor.DecodeRun(run(l).Encode())
			return err == nil
		}
		if !passes(tt.lowest) || !passes(tt.highest) {
			t.Errorf("%+v: a sum is refused", tt)
		}
		if tt.lowest > math.MinInt64 && passes(tt.lowest-1) || tt.highest < math.MaxInt64 && passes(tt.highest+1) {
			t.Errorf("%+v: another sum is taken", tt)
		}
	}
}

// TestOneEncoding: whatever is not the one encoding of a run or bundle is none.
func TestOneEncoding(t *testing.T) {
	good := run(line()).Encode()
	bundle, err := anchor.Bundle{Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"ey.a.b", "0oRD"}}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		for _, encoded := range [][]byte{good, bundle} {
			hostile := slices.Clone(encoded)
			i := rapid.IntRange(0, len(hostile)-1).Draw(rt, "at")
			switch rapid.SampledFrom([]string{"change", "cut", "more", "out"}).Draw(rt, "how") {
			case "change":
				hostile[i] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
			case "cut":
				hostile = hostile[:i]
			case "more":
				hostile = slices.Insert(hostile, i, rapid.Byte().Draw(rt, "byte"))
			case "out":
				hostile = slices.Delete(hostile, i, i+1)
			}
			if r, err := anchor.DecodeRun(hostile); err == nil && !bytes.Equal(r.Encode(), hostile) {
				rt.Fatalf("%x is taken for %x", hostile, r.Encode())
			}
			b, err := anchor.DecodeBundle(hostile)
			if err != nil {
				continue
			}
			if back, err := b.Encode(); err != nil || !bytes.Equal(back, hostile) {
				rt.Fatalf("%x is taken for %x (%v)", hostile, back, err)
			}
		}
	})
}

func TestAHostileBundle(t *testing.T) {
	many := slices.Repeat([]string{"0oRD"}, 101)
	for name, b := range map[string]anchor.Bundle{
		"no runs":         {Consortium: "c"},
		"consortium":      {Consortium: "a b", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: many[:1]}}},
		"501 runs":        {Consortium: "c", Runs: slices.Repeat([]anchor.SignedRun{{Device: "d", First: 1, Messages: many[:1]}}, 501)},
		"device":          {Consortium: "c", Runs: []anchor.SignedRun{{Device: "", First: 1, Messages: many[:1]}}},
		"no messages":     {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1}}},
		"101 messages":    {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: many}}},
		"number 0":        {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", Messages: many[:1]}}},
		"number at end":   {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: math.MaxUint64, Messages: many[:2]}}},
		"empty message":   {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{""}}}},
		"no message":      {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"not base64!"}}}},
		"unused bits":     {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"0oRD1"}}}},
		"a JWS as bytes":  {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{base64.RawURLEncoding.EncodeToString([]byte("ey.a.b"))}}}},
		"line break":      {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"0oRD\n"}}}},
		"disclosures":     {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"ey.a.b~x~"}}}},
		"a long message":  {Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{strings.Repeat("A", 32772)}}}},
		"all of it large": {Consortium: "c", Runs: slices.Repeat([]anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"ey." + strings.Repeat("A", 32000)}}}, 170)},
	} {
		if _, err := b.Encode(); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, v := range map[string]any{
		"version":        []any{2, "c", []any{[]any{"d", 1, []any{[]byte{1}}}}},
		"a text":         []any{1, "c", []any{[]any{"d", 1, []any{"0oRD"}}}},
		"a JWS as bytes": []any{1, "c", []any{[]any{"d", 1, []any{[]byte("ey.a.b")}}}},
		"no bytes":       []any{1, "c", []any{[]any{"d", 1, []any{[]byte{}}}}},
		"a number":       []any{1, "c", []any{[]any{"d", 1, []any{7}}}},
		"null":           []any{1, "c", []any{[]any{"d", 1, []any{nil}}}},
		"an array":       []any{1, "c", []any{[]any{"d", 1, []any{[]any{}}}}},
		"a tag":          []any{1, "c", []any{[]any{"d", 1, []any{cbor.Tag{Number: 18, Content: []byte{1}}}}}},
		"a map":          map[string]int{"a": 1},
		"long":           make([]byte, anchor.MaxBundleBytes+1),
	} {
		encoded, err := cbor.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := anchor.DecodeBundle(encoded); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	null := run(line())
	null.First, null.Previous = 1, nil
	if encoded := null.Encode(); !bytes.Contains(encoded, []byte("\x01\x40")) {
		t.Errorf("no digest before is %x", encoded)
	} else if _, err := anchor.DecodeRun(bytes.Replace(encoded, []byte("\x01\x40"), []byte("\x01\xf6"), 1)); waymark.CodeOf(err) != waymark.Invalid {
		t.Errorf("no digest before as null: %v", err)
	}
	for _, text := range []string{"", "hg", "!", "hgF\nh", strings.Repeat("A", 32772), base64.RawURLEncoding.EncodeToString(make([]byte, anchor.MaxRunBytes))} {
		if _, err := anchor.ParseRun(text); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("run %.20q: %v", text, err)
		}
	}
}

func FuzzParseRun(f *testing.F) {
	f.Add(run(line()).Text())
	f.Add(run(line(), line()).Text())
	f.Add("hgFhZGFrAUCA")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := anchor.ParseRun(text); err == nil && (r.Text() != text || r.Validate() != nil || !anchor.IsRun(text)) {
			t.Errorf("%q is read as %q", text, r.Text())
		}
	})
}

func FuzzDecodeBundle(f *testing.F) {
	seed, err := anchor.Bundle{Consortium: "c", Runs: []anchor.SignedRun{{Device: "d", First: 1, Messages: []string{"ey.a.b", "0oRD"}}}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, encoded []byte) {
		b, err := anchor.DecodeBundle(encoded)
		if err != nil {
			return
		}
		if back, err := b.Encode(); err != nil || !bytes.Equal(back, encoded) {
			t.Errorf("%x is read as %x (%v)", encoded, back, err)
		}
	})
}
