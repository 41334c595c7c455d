package condition_test

import (
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// course is a device that counts and measures so much from a minute on, every minute.
func course(t *testing.T, c waymark.Condition, id string, from int, values ...int64) condition.Witness {
	t.Helper()
	w := condition.Witness{Attachment: waymark.Attachment{Device: id, Attached: waymark.Stamp{Time: start}},
		Device: waymark.Device{State: waymark.DeviceActive}, Stream: waymark.Stream{Last: uint64(len(values))}}
	for i, v := range values {
		reading := senml.Reading{Name: "temperature", Unit: "Cel", Value: v, Time: start.Add(time.Duration(from+i) * time.Minute)}
		w.Exposure.Add(rules(t, []waymark.Condition{c}), &w.Attachment, condition.Message{Number: uint64(i + 1), Readings: []senml.Reading{reading}})
	}
	return w
}

// TestOnlyTheSameTimeIsCompared: both have to know it whole.
func TestOnlyTheSameTimeIsCompared(t *testing.T) {
	c := waymark.Condition{ID: "rule", Name: "temperature", Unit: "Cel", Maximum: "50", Agreement: "1", IntervalSeconds: 60}
	warm := func(n int) (values []int64) {
		for range n {
			values = append(values, 2000)
		}
		return values
	}
	for name, test := range map[string]struct {
		one, other condition.Witness
		apart      waymark.Decimal // empty for no disagreement
	}{
		"they agree":                         {course(t, c, "a", 0, 500, 500, 500), course(t, c, "b", 0, 590, 590, 590), ""},
		"they do not":                        {course(t, c, "a", 0, 500, 500, 500), course(t, c, "b", 0, 601, 601, 601), "1.01"},
		"one came later, to another time":    {course(t, c, "a", 0, 500, 500, 2000, 2000), course(t, c, "b", 2, 2000, 2000), ""},
		"one came later, and does not":       {course(t, c, "a", 0, 500, 500, 2000, 2000), course(t, c, "b", 2, 1500, 1500), "5"},
		"one came later, on a long course":   {course(t, c, "a", 0, append([]int64{500, 500, 500, 500}, warm(200)...)...), course(t, c, "b", 4, warm(200)...), ""},
		"they were never there at one time":  {course(t, c, "a", 0, 500, 500), course(t, c, "b", 9, 2000, 2000), ""},
		"one of them missed a change":        {course(t, c, "a", 0, 500, 500, 2000, 2000, 500, 500), withoutMiddle(t, c), ""},
		"nothing is compared with one value": {course(t, c, "a", 5, 500), course(t, c, "b", 0, 2000, 2000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			at := start.Add(time.Hour)
			v, err := condition.Judge(condition.Case{At: at, Conditions: []waymark.Condition{c}, Witnesses: []condition.Witness{test.one, test.other}})
			if err != nil || len(v.Disagreements) > 0 != (test.apart != "") || test.apart != "" && v.Disagreements[0].Apart != test.apart {
				t.Errorf("got %+v (%v), want %s", v.Disagreements, err, test.apart)
			}
		})
	}
}

// withoutMiddle is a course of six minutes of which two are not known.
func withoutMiddle(t *testing.T, c waymark.Condition) condition.Witness {
	t.Helper()
	w := course(t, c, "b", 0, 500)
	for i, minute := range []int{1, 4, 5} {
		w.Exposure.Add(rules(t, []waymark.Condition{c}), &w.Attachment, condition.Message{Number: uint64(i + 2),
			Readings: []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 500, Time: start.Add(time.Duration(minute) * time.Minute)}}})
	}
	return w
}
