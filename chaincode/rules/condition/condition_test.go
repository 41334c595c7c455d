package condition_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// celsius makes temperature readings a minute apart, in centi-degrees.
func celsius(values ...int64) []senml.Reading {
	var readings []senml.Reading
	for i, v := range values {
		readings = append(readings, senml.Reading{Name: "temperature", Unit: "Cel", Value: v, Time: start.Add(time.Duration(i) * time.Minute)})
	}
	return readings
}

func bounds(low, high waymark.Decimal) waymark.Condition {
	return waymark.Condition{Name: "temperature", Unit: "Cel", Minimum: low, Maximum: high}
}

func TestExcursion(t *testing.T) {
	mixed := celsius(900, 901, 902, 903)
	mixed[1].Unit, mixed[2].Name = "K", "humidity"
	kinds := celsius(900, 901, 902, 903, 904)
	for i := range kinds {
		kinds[i].Kind = senml.Kinds()[i]
	}
	tests := map[string]struct {
		condition waymark.Condition
		readings  []senml.Reading
		want      string // from minute-to minute, number of readings, lowest, highest; empty for none
	}{
		"no readings":                          {bounds("2", "8"), nil, ""},
		"both bounds are included":             {bounds("2", "8"), celsius(200, 500, 800), ""},
		"a hundredth below":                    {bounds("2", "8"), celsius(199), "0-0 1 1.99 1.99"},
		"a hundredth above":                    {bounds("2", "8"), celsius(801), "0-0 1 8.01 8.01"},
		"one run":                              {bounds("2", "8"), celsius(500, 900, 1000, 850, 500), "1-3 3 8.5 10"},
		"a run to the end":                     {bounds("2", "8"), celsius(500, 900, 1000), "1-2 2 9 10"},
		"across and back is one record":        {bounds("2", "8"), celsius(900, 500, 100), "0-2 2 1 9"},
		"from too warm to too cold":            {bounds("2", "8"), celsius(900, 100), "0-1 2 1 9"},
		"only a minimum":                       {bounds("-20", ""), celsius(-2001, 9999), "0-0 1 -20.01 -20.01"},
		"only a maximum":                       {bounds("", "-15.5"), celsius(-9999, -1549), "1-1 1 -15.49 -15.49"},
		"one exact value":                      {bounds("5", "5"), celsius(499, 500, 501), "0-2 2 4.99 5.01"},
		"a bound finer than the scale":         {bounds("", "8.004"), celsius(800, 801), "1-1 1 8.01 8.01"},
		"other units and names are not judged": {bounds("2", "8"), mixed, "0-3 2 9 9.03"},
		"only numbers and booleans are judged": {bounds("2", "8"), kinds, "0-2 2 9 9.02"},
		"the ends of the scale":                {bounds("2", "8"), celsius(math.MinInt64, math.MaxInt64), "0-1 2 -92233720368547758.08 92233720368547758.07"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e, change, err := rule(t, test.condition).Follow(nil, []condition.Message{{Number: 7, Readings: test.readings}})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if change.Any() {
				got = fmt.Sprintf("%g-%g %d %s %s", e.From.Sub(start).Minutes(), e.To.Sub(start).Minutes(), e.Readings, e.Min, e.Max)
			}
			if got != test.want || e != nil && (e.First != 7 || e.Name != "temperature" || e.Unit != "Cel") {
				t.Errorf("got %q of %s in %s, want %q", got, e.Name, e.Unit, test.want)
			}
		})
	}
}

func TestExcursionNeedsNumbers(t *testing.T) {
	for _, c := range []waymark.Condition{bounds("warm", ""), bounds("", "NaN"), bounds("1e99", "")} {
		if _, err := condition.NewRules([]waymark.Condition{c}); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// rule is the rule of one condition.
func rule(t require, c waymark.Condition) condition.Rule {
	rules, err := condition.NewRules([]waymark.Condition{c})
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return rules[0]
}

// require is what a test needs of *testing.T or *rapid.T.
type require interface{ Fatalf(string, ...any) }

// TestFollow takes one excursion through transactions, each a list of centi-degrees.
func TestFollow(t *testing.T) {
	tests := map[string]struct {
		transactions [][]int64
		want         string // what each did, and the last record
	}{
		"opens, grows, closes":         {[][]int64{{500, 900}, {1000}, {500}}, "opened; grew; closed; closed 2 9 10"},
		"opens and closes":             {[][]int64{{900, 500}}, "opened closed; closed 1 9 9"},
		"goes on as it was":            {[][]int64{{900}, {100}}, "opened; grew; open 2 1 9"},
		"crosses within a transaction": {[][]int64{{900, 500, 1000, 500}}, "opened closed; closed 2 9 10"},
		"closes and opens again":       {[][]int64{{900}, {500, 1000}}, "opened; grew; open 2 9 10"},
		"anew after it has closed":     {[][]int64{{900}, {500}, {1000}}, "opened; closed; opened; open 1 10 10"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var open, last *waymark.Excursion
			var did []string
			for n, values := range test.transactions {
				e, change, err := rule(t, bounds("2", "8")).Follow(open, []condition.Message{{Number: uint64(n + 1), Readings: celsius(values...)}})
				if err != nil {
					t.Fatal(err)
				}
				open, last = e, e
				if e.State == waymark.ExcursionClosed {
					open = nil
				}
				did = append(did, words(change))
			}
			if got := fmt.Sprintf("%s; %s %d %s %s", strings.Join(did, "; "), last.State, last.Readings, last.Min, last.Max); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func words(c condition.Change) string {
	var did []string
	for _, part := range []struct {
		is   bool
		word string
	}{{c.Opened, "opened"}, {c.Grew, "grew"}, {c.Closed, "closed"}} {
		if part.is {
			did = append(did, part.word)
		}
	}
	return strings.Join(did, " ")
}

// witness is a device attached after message 10 that has measured temperature
// last in message n, 0 for never, with gaps given by their first and last number.
func witness(n uint64, gaps ...[2]uint64) condition.Witness {
	w := condition.Witness{Attachment: waymark.Attachment{After: 10, Seen: 10}, Stream: waymark.Stream{Last: 99}, Device: waymark.Device{State: waymark.DeviceActive}}
	if n > 0 {
		w.Stream.Measured = []waymark.Measured{{Name: "humidity", Unit: "%RH", Last: 99}, {Name: "temperature", Unit: "Cel", Last: n}}
	}
	for _, g := range gaps {
		w.Stream.Gaps = append(w.Stream.Gaps, waymark.Gap{First: g[0], Last: g[1]})
	}
	return w
}

// seen is a witness that had reported up to message n at the last acceptance.
func seen(w condition.Witness, n uint64) condition.Witness {
	w.Attachment.Seen = n
	return w
}

// seenAt is a witness of a leg that began at a time.
func seenAt(w condition.Witness, at time.Time) condition.Witness {
	w.Attachment.SeenAt = at
	return w
}

// with is a witness whose device is in this state.
func with(w condition.Witness, d waymark.Device) condition.Witness {
	w.Device = d
	return w
}

// inKelvin is a witness that has measured temperature in kelvin, last in message n.
func inKelvin(n uint64) condition.Witness {
	w := witness(0)
	w.Stream.Measured = []waymark.Measured{{Name: "temperature", Unit: "K", Last: n}}
	return w
}

func TestVerdict(t *testing.T) {
	cold := []waymark.Condition{bounds("2", "8")}
	both := append(slices.Clone(cold), waymark.Condition{Name: "humidity", Unit: "%RH", Maximum: "60"})
	kelvin := []waymark.Condition{{Name: "temperature", Unit: "K", Maximum: "281"}}
	changed := waymark.Device{State: waymark.DeviceActive, Changed: waymark.Stamp{TxID: "later"}}
	const ok, unknown, bad = waymark.ConditionConformant, waymark.ConditionUnknown, waymark.ConditionNonConformant
	tests := map[string]struct {
		conditions []waymark.Condition
		witnesses  []condition.Witness
		excursions int
		want       waymark.ConditionState
		reasons    []string
	}{
		"nothing asked":                         {nil, nil, 0, ok, nil},
		"nothing asked, nothing missing":        {nil, []condition.Witness{witness(11)}, 0, ok, nil},
		"nobody measured":                       {cold, nil, 0, unknown, []string{"no-witness"}},
		"never measured":                        {cold, []condition.Witness{witness(0)}, 0, unknown, []string{"no-witness"}},
		"measured only before it was there":     {cold, []condition.Witness{witness(10)}, 0, unknown, []string{"no-witness"}},
		"measured since":                        {cold, []condition.Witness{witness(11)}, 0, ok, nil},
		"one of two has measured":               {cold, []condition.Witness{witness(0), witness(11)}, 0, ok, nil},
		"both measurements":                     {both, []condition.Witness{witness(11)}, 0, ok, nil},
		"one of both measurements":              {both, []condition.Witness{{Device: waymark.Device{State: waymark.DeviceActive}, Stream: waymark.Stream{Last: 1, Measured: []waymark.Measured{{Name: "humidity", Unit: "%RH", Last: 1}}}}}, 0, unknown, []string{"no-witness"}},
		"another unit":                          {kelvin, []condition.Witness{witness(11)}, 0, unknown, []string{"no-witness"}},
		"a gap from before":                     {cold, []condition.Witness{witness(12, [2]uint64{4, 10})}, 0, ok, nil},
		"a gap since":                           {cold, []condition.Witness{witness(12, [2]uint64{11, 11})}, 0, unknown, []string{"missing-messages"}},
		"a gap of a second witness":             {cold, []condition.Witness{witness(11), witness(0, [2]uint64{11, 12})}, 0, unknown, []string{"missing-messages"}},
		"nobody measured, and a gap":            {cold, []condition.Witness{witness(0, [2]uint64{11, 12})}, 0, unknown, []string{"missing-messages", "no-witness"}},
		"silent since the last acceptance":      {cold, []condition.Witness{seen(witness(50), 99)}, 0, unknown, []string{"no-witness", "silent-witness"}},
		"measured before the last acceptance":   {cold, []condition.Witness{seen(witness(50), 50)}, 0, unknown, []string{"no-witness"}},
		"measured after it":                     {cold, []condition.Witness{seen(witness(51), 50)}, 0, ok, nil},
		"one of two witnesses is silent":        {cold, []condition.Witness{witness(60), seen(witness(50), 99)}, 0, unknown, []string{"silent-witness"}},
		"measured earlier, sent later":          {cold, []condition.Witness{seenAt(witness(60), start)}, 0, unknown, []string{"no-witness"}},
		"suspended":                             {cold, []condition.Witness{with(witness(60), waymark.Device{State: waymark.DeviceSuspended})}, 0, unknown, []string{"witness-changed"}},
		"another key, or resumed, on the way":   {cold, []condition.Witness{with(witness(60), changed)}, 0, unknown, []string{"witness-changed"}},
		"in a second unit too":                  {cold, []condition.Witness{witness(60), inKelvin(61)}, 0, unknown, []string{"no-witness"}},
		"in a second unit, before it was there": {cold, []condition.Witness{witness(60), inKelvin(10)}, 0, ok, nil},
		"an excursion":                          {cold, []condition.Witness{witness(11)}, 1, bad, []string{"excursion"}},
		"an excursion though nothing was asked": {nil, nil, 1, bad, []string{"excursion"}},
		"an excursion and all that is missing":  {cold, []condition.Witness{witness(0, [2]uint64{11, 12})}, 3, bad, []string{"excursion", "missing-messages", "no-witness"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			excursions := make([]waymark.Excursion, test.excursions)
			for i := range excursions { // of before rules had ids
				excursions[i] = waymark.Excursion{Name: "temperature", Unit: "Cel", State: waymark.ExcursionClosed}
			}
			v, err := condition.Judge(condition.Case{Conditions: test.conditions, Witnesses: test.witnesses, Excursions: excursions})
			if err != nil || v.State != test.want || !slices.Equal(v.Reasons, test.reasons) || v.Reasons == nil {
				t.Errorf("got %s %v (%v), want %s %v", v.State, v.Reasons, err, test.want, test.reasons)
			}
		})
	}
}
