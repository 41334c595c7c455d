package condition_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/internal/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestWhatADeviceKnewThatIsGone: one that witnessed an earlier leg takes nothing away with it.
func TestWhatADeviceKnewThatIsGone(t *testing.T) {
	consecutive := waymark.Condition{ID: "rule", Name: "temperature", Unit: "Cel", Maximum: "8", Budget: &waymark.Budget{Seconds: 60, Mode: waymark.BudgetConsecutive}}
	cumulative := consecutive
	cumulative.Budget = &waymark.Budget{Seconds: 60, Mode: waymark.BudgetCumulative}
	mkt := waymark.Condition{ID: "rule", Kind: waymark.ConditionMKT, Name: "temperature", Unit: "Cel", MKT: &waymark.MKTLimit{Limit: "8"}}
	const ok, bad = waymark.ConditionConformant, waymark.ConditionNonConformant
	for name, test := range map[string]struct {
		rule   waymark.Condition
		before waymark.RuleFinding
		reason string
		broken bool
	}{
		"a stretch":                 {consecutive, finding(bad, 60_000), "budget", true},
		"a shorter stretch":         {consecutive, finding(ok, 59_999), "budget", false},
		"all of the time":           {cumulative, finding(bad, 60_000), "budget", true},
		"less time":                 {cumulative, finding(ok, 59_999), "budget", false},
		"what was too warm":         {mkt, finding(bad, 0), "mkt", true},
		"what was not too warm":     {mkt, finding(ok, 0), "mkt", false},
		"nothing of another rule's": {mkt, waymark.RuleFinding{Rule: "other", State: bad}, "mkt", false},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := condition.Judge(condition.Case{Conditions: []waymark.Condition{test.rule}, Before: &waymark.Verdict{Rules: []waymark.RuleFinding{test.before}}})
			if err != nil || slices.Contains(v.Reasons, test.reason) != test.broken || (v.Rules[0].State == bad) != test.broken {
				t.Errorf("got %s %v (%v)", v.State, v.Reasons, err)
			}
			if test.before.Rule == "rule" && (len(v.Rules[0].Devices) != 1 || v.Rules[0].Devices[0] != test.before.Devices[0]) {
				t.Errorf("devices %+v", v.Rules[0].Devices)
			}
		})
	}
}

// finding is what a device found on an earlier leg: one stretch outside.
func finding(state waymark.ConditionState, outside int64) waymark.RuleFinding {
	return waymark.RuleFinding{Rule: "rule", State: state, OutsideMS: outside,
		Devices: []waymark.DeviceFinding{{Device: "gone", KnownMS: 3_600_000, OutsideMS: outside, LongestMS: outside}}}
}
