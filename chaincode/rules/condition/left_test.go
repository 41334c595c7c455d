package condition_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
)

// TestWhatADeviceKnewThatHasLeft: it takes nothing away with it.
func TestWhatADeviceKnewThatHasLeft(t *testing.T) {
	consecutive := waymark.Condition{ID: "rule", Name: "temperature", Unit: "Cel", Maximum: "8", Budget: &waymark.Budget{Seconds: 60, Mode: waymark.BudgetConsecutive}}
	cumulative := consecutive
	cumulative.Budget = &waymark.Budget{Seconds: 60, Mode: waymark.BudgetCumulative}
	mkt := waymark.Condition{ID: "rule", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "8"}}
	const minute = 60_000
	for name, test := range map[string]struct {
		rule    waymark.Condition
		outside int64 // in milliseconds, at 9 degrees
		taken   bool  // by the verdict of the leg before
		reason  string
		broken  bool
	}{
		"a stretch":             {consecutive, minute, false, "budget", true},
		"a shorter stretch":     {consecutive, minute - 1, false, "budget", false},
		"all of the time":       {cumulative, minute, false, "budget", true},
		"less time":             {cumulative, minute - 1, false, "budget", false},
		"a stretch, heard":      {consecutive, minute, true, "budget", true},
		"all of the time, once": {cumulative, minute - 1, true, "budget", false},
		"what was too warm":     {mkt, minute, false, "mkt", true},
		"what was not too warm": {mkt, 0, false, "mkt", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := condition.Case{At: start.Add(time.Hour), Conditions: []waymark.Condition{test.rule}, Left: []condition.Witness{left(t, test.rule, test.outside)}}
			v, err := condition.Judge(c)
			if err == nil && test.taken {
				c.Before = &v
				v, err = condition.Judge(c)
			}
			if err != nil || slices.Contains(v.Reasons, test.reason) != test.broken || (v.Rules[0].State == waymark.ConditionNonConformant) != test.broken {
				t.Errorf("got %s %v (%v)", v.State, v.Reasons, err)
			}
			if d := v.Rules[0].Devices; len(d) != 1 || d[0].Device != "left" || test.rule.Budget != nil && d[0].OutsideMS != test.outside {
				t.Errorf("devices %+v", d)
			}
			if w := v.Witnesses[0]; !w.Detached || w.Counts {
				t.Errorf("witness %+v", w)
			}
		})
	}
}

// TestWhatWasAmissWithADeviceThatHasLeft counts on the leg on which it left, and not on the next.
func TestWhatWasAmissWithADeviceThatHasLeft(t *testing.T) {
	c := condition.Case{Conditions: []waymark.Condition{bounds("2", "8")}, Witnesses: []condition.Witness{witness(11)}, Left: []condition.Witness{left(t, bounds("2", "8"), 0)}}
	v, err := condition.Judge(c)
	if want := []string{"fork", "missing-messages", "witness-changed"}; err != nil || v.State != waymark.ConditionUnknown || !slices.Equal(v.Reasons, want) {
		t.Errorf("got %s %v (%v), want %v", v.State, v.Reasons, err, want)
	}
	c.Before = &v
	if v, err = condition.Judge(c); err != nil || v.State != waymark.ConditionConformant || len(v.Witnesses) != 2 {
		t.Errorf("on the next leg %s %v (%v)", v.State, v.Reasons, err)
	}
}

// left is a device that measured 9 degrees for so long, then 5, and then left: retired, with a
// message missing and another one twice.
func left(t *testing.T, c waymark.Condition, outside int64) condition.Witness {
	t.Helper()
	at := func(ms int64) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	w := condition.Witness{
		Attachment: waymark.Attachment{Device: "left", Attached: waymark.Stamp{Time: start}},
		Stream:     waymark.Stream{Last: 2, Gaps: []waymark.Gap{{First: 2, Last: 2}}, MoreClashes: true},
		Device:     waymark.Device{State: waymark.DeviceRetired},
	}
	readings := []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 500, Time: at(outside)}}
	if outside > 0 {
		readings = slices.Insert(readings, 0, senml.Reading{Name: "temperature", Unit: "Cel", Value: 900, Time: start})
	}
	w.Exposure.Add(rules(t, []waymark.Condition{c}), &w.Attachment, condition.Message{Number: 1, Readings: readings})
	w.Attachment = w.Leaves(waymark.Stamp{Time: at(outside)})
	return w
}
