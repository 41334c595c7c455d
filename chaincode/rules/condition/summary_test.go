package condition_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// overTime are rules of every kind, whose intervals and windows are short.
func overTime() []waymark.Condition {
	return waymark.Resolve([]waymark.Condition{
		{ID: "budget", Name: "temperature", Unit: "Cel", Maximum: "8", IntervalSeconds: 60, Agreement: "0.5",
			Budget: &waymark.Budget{Seconds: 600, Mode: waymark.BudgetCumulative}},
		{ID: "mkt", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", IntervalSeconds: 300, MKT: &waymark.MKTLimit{Limit: "25", WindowSeconds: 3600}},
		{ID: "mkt-all", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "8"}},
		{ID: "fence", Kind: waymark.ConditionGeofence, Name: "latitude", Unit: "lat", Fence: &waymark.Fence{LongitudeName: "longitude",
			Circle: &waymark.Circle{Center: waymark.Position{Latitude: "52", Longitude: "4"}, RadiusMeters: 1000}}},
	})
}

// drawMessages draws messages 1 to n of a device, whose clock sometimes goes backwards.
func drawMessages(t *rapid.T) []condition.Message {
	at := start
	messages := make([]condition.Message, rapid.IntRange(1, 12).Draw(t, "messages"))
	for i := range messages {
		messages[i].Number = uint64(i + 1)
		for range rapid.IntRange(0, 3).Draw(t, "readings") {
			at = at.Add(time.Duration(rapid.IntRange(-200, 4000).Draw(t, "seconds")) * time.Second)
			messages[i].Readings = append(messages[i].Readings,
				senml.Reading{Name: "temperature", Unit: "Cel", Value: rapid.Int64Range(-500, 11000).Draw(t, "value"), Time: at},
				senml.Reading{Name: "latitude", Unit: "lat", Value: 52_0000000 + rapid.Int64Range(0, 200000).Draw(t, "north"), Time: at},
				senml.Reading{Name: "longitude", Unit: "lon", Value: 4_0000000, Time: at})
		}
	}
	return messages
}

func rules(t require, conditions []waymark.Condition) []condition.Rule {
	all, err := condition.NewRules(conditions)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return all
}

func encoded(t require, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(text)
}

// TestAnyOrderAddsUpToTheSame: however messages come, and however often the record is
// written and read in between, the exposure is that of one pass.
func TestAnyOrderAddsUpToTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, messages := rules(t, overTime()), drawMessages(t)
		a := &waymark.Attachment{Attached: waymark.Stamp{Time: start.Add(time.Minute)}}
		var once condition.Exposure
		for _, m := range messages {
			once.Add(all, a, m)
		}
		var shuffled condition.Exposure
		for _, i := range rapid.Permutation(indices(len(messages))).Draw(t, "order") {
			shuffled.Add(all, a, messages[i])
			var read condition.Exposure
			if err := json.Unmarshal([]byte(encoded(t, shuffled)), &read); err != nil {
				t.Fatalf("%v", err)
			}
			shuffled = read
		}
		if one, other := encoded(t, once), encoded(t, shuffled); one != other || len(once.Runs) != 1 {
			t.Fatalf("in order\n%s\nand in another\n%s", one, other)
		}
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestJoinIsAssociative: any way of putting brackets gives the same.
func TestJoinIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := drawMessages(t)
		for _, r := range rules(t, overTime()) {
			parts := make([]condition.Summary, 0, len(messages))
			for _, m := range messages {
				parts = append(parts, r.Summarise(start.UnixMilli(), r.Samples(m.Readings)))
			}
			var left condition.Summary
			for _, p := range parts {
				left = r.Join(start.UnixMilli(), left, p)
			}
			for len(parts) > 1 {
				i := rapid.IntRange(0, len(parts)-2).Draw(t, "at")
				parts = slices.Replace(parts, i, i+2, r.Join(start.UnixMilli(), parts[i], parts[i+1]))
			}
			if one, other := encoded(t, left), encoded(t, parts[0]); one != other {
				t.Fatalf("%s: from the left\n%s\notherwise\n%s", r.ID, one, other)
			}
		}
	})
}

// TestSummaryOfTime holds the sums against a plain account of every second.
func TestSummaryOfTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rules(t, overTime())[0]
		n := rapid.IntRange(2, 20).Draw(t, "readings")
		readings := make([]senml.Reading, n)
		at := start
		for i := range readings {
			readings[i] = senml.Reading{Name: "temperature", Unit: "Cel", Value: rapid.SampledFrom([]int64{500, 900}).Draw(t, "value"), Time: at}
			at = at.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds")) * time.Second)
		}
		got := r.Summarise(start.UnixMilli(), r.Samples(readings))
		want := bySecond(readings, 60)
		if have := [4]int64{got.Known, got.Unknown, got.Outside.Total, got.Outside.Longest}; have != want {
			t.Fatalf("known, unknown, outside, longest %v, want %v", have, want)
		}
	})
}

// bySecond goes through all seconds between the readings one by one.
func bySecond(readings []senml.Reading, interval int) (sums [4]int64) {
	stretch := int64(0)
	for i := range readings[:len(readings)-1] {
		seconds := int(readings[i+1].Time.Sub(readings[i].Time) / time.Second)
		for s := range seconds {
			switch {
			case s >= interval:
				sums[1] += 1000
				stretch = 0
			case readings[i].Value > 800:
				sums[0], sums[2], stretch = sums[0]+1000, sums[2]+1000, stretch+1000
			default:
				sums[0], stretch = sums[0]+1000, 0
			}
			sums[3] = max(sums[3], stretch)
		}
	}
	return sums
}

func TestBackwardsIsUnknown(t *testing.T) {
	r := rules(t, overTime())[0]
	back := celsius(900, 900, 900)
	back[2].Time = back[1].Time.Add(-30 * time.Second)
	var s condition.Summary
	for _, reading := range back { // each in a message of its own
		s = r.Join(start.UnixMilli(), s, r.Summarise(start.UnixMilli(), r.Samples([]senml.Reading{reading})))
	}
	if s.Known != 60_000 || s.Unknown != 30_000 || s.Outside.Longest != 60_000 {
		t.Errorf("got %+v", s)
	}
}

func TestTheWorstWindowIsKept(t *testing.T) {
	r := rules(t, overTime())[1] // windows of an hour, readings stand for five minutes
	var readings []senml.Reading
	for minute := range 5 * 60 {
		value := int64(2000)
		if minute >= 120 && minute < 180 { // the third hour
			value = 3000
		}
		readings = append(readings, senml.Reading{Name: "temperature", Unit: "Cel", Value: value, Time: start.Add(time.Duration(minute) * time.Minute)})
	}
	s := r.Summarise(start.UnixMilli(), r.Samples(readings))
	var got []string
	for _, w := range s.Kinetic {
		mean, err := w.Sum.MKT(w.MS)
		got = append(got, fmt.Sprint(w.N, w.MS/60000, mean, err))
	}
	if want := []string{"0 60 2000 <nil>", "2 60 3000 <nil>", "4 59 2000 <nil>"}; !slices.Equal(got, want) {
		t.Errorf("windows %q, want %q", got, want)
	}
}
