package condition_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/rules/condition"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// anchored is a witness that has anchored since it was attached, with its windows that wait for their check.
func anchored(last, checked uint64, waiting ...waymark.Run) condition.Witness {
	w := witness(11)
	w.Attachment.Device = "logger"
	w.Stream.Anchored = &waymark.Anchored{Last: last, Checked: checked, Digest: []byte{1}, Unchecked: waiting}
	return w
}

// TestWhatIsAnchoredIsMissingUntilItIsChecked, and to a condition that does not allow it, always.
func TestWhatIsAnchoredIsMissingUntilItIsChecked(t *testing.T) {
	strict, allowing := bounds("2", "8"), bounds("2", "8")
	allowing.Anchored = true
	forfeited := func(r waymark.Run) condition.Witness {
		w := anchored(20, 20)
		w.Stream.Anchored.Forfeited = []waymark.Run{r}
		return w
	}
	left := anchored(20, 12, waymark.Run{First: 13, Last: 20})
	left.Attachment = left.Leaves(waymark.Stamp{})
	own := []waymark.OwnChecked{{Device: "logger", Checked: 20, Digest: "01"}}
	tests := map[string]struct {
		c       waymark.Condition
		witness condition.Witness
		left    []condition.Witness
		own     []waymark.OwnChecked
		preview bool
		clean   bool
	}{
		"checked":                      {c: allowing, witness: anchored(20, 20), own: own, clean: true},
		"to a reader":                  {c: allowing, witness: anchored(20, 20), preview: true, clean: true},
		"not compared":                 {c: allowing, witness: anchored(20, 20)},
		"another device's":             {c: allowing, witness: anchored(20, 20), own: []waymark.OwnChecked{{Device: "other", Checked: 20, Digest: "01"}}},
		"up to another number":         {c: allowing, witness: anchored(20, 20), own: []waymark.OwnChecked{{Device: "logger", Checked: 19, Digest: "01"}}},
		"another digest":               {c: allowing, witness: anchored(20, 20), own: []waymark.OwnChecked{{Device: "logger", Checked: 20, Digest: "02"}}},
		"one waits":                    {c: allowing, witness: anchored(20, 20, waymark.Run{First: 20, Last: 20}), own: own},
		"to a reader, one waits":       {c: allowing, witness: anchored(20, 20, waymark.Run{First: 20, Last: 20}), preview: true},
		"one forfeited":                {c: allowing, witness: forfeited(waymark.Run{First: 9, Last: 11}), own: own},
		"one forfeited, of before":     {c: allowing, witness: forfeited(waymark.Run{First: 9, Last: 10}), own: own, clean: true},
		"not allowed":                  {c: strict, witness: anchored(20, 20), own: own},
		"not allowed, to a reader":     {c: strict, witness: anchored(20, 20), preview: true},
		"not allowed, of before alone": {c: strict, witness: anchored(10, 0, waymark.Run{First: 9, Last: 10}), clean: true},
		"allowed, of before alone":     {c: allowing, witness: anchored(10, 0, waymark.Run{First: 9, Last: 10}), clean: true},
		"of one that has left":         {c: allowing, witness: witness(11), left: []condition.Witness{left}, preview: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := condition.Case{Conditions: []waymark.Condition{test.c}, Witnesses: []condition.Witness{test.witness}, Left: test.left, Own: test.own, Preview: test.preview}
			for range 2 { // on the next leg as well
				v, err := condition.Judge(c)
				if err != nil || v.State.Clean() != test.clean || slices.Contains(v.Reasons, waymark.ReasonUnchecked) == test.clean || v.Rules[0].Uncovered == test.clean {
					t.Fatalf("%s %v (%v)", v.State, v.Reasons, err)
				}
				c.Before = &v
			}
		})
	}
}

// TestWhatARuleAllows: anchored messages in range, of what it judges.
func TestWhatARuleAllows(t *testing.T) {
	c := bounds("2", "8")
	for name, test := range map[string]struct {
		anchored        bool
		measured, unit  string
		least, greatest int64
		reason          string
	}{
		"in range":       {true, "temperature", "Cel", 200, 800, ""},
		"below":          {true, "temperature", "Cel", 199, 800, waymark.ReasonOutOfRange},
		"above":          {true, "temperature", "Cel", 200, 801, waymark.ReasonOutOfRange},
		"another":        {true, "humidity", "%RH", 0, 9999, ""},
		"another unit":   {true, "temperature", "K", 0, 9999, ""},
		"not allowed":    {false, "temperature", "Cel", 200, 800, waymark.ReasonJudged},
		"another's then": {false, "humidity", "%RH", 200, 800, waymark.ReasonJudged},
	} {
		t.Run(name, func(t *testing.T) {
			c.Anchored = test.anchored
			err := rules(t, []waymark.Condition{c})[0].Allows(test.measured, test.unit, test.least, test.greatest)
			if got := waymark.AsError(err); (got == nil) != (test.reason == "") || got != nil && !slices.Equal(got.Reasons, []string{test.reason}) {
				t.Errorf("%v, want %q", err, test.reason)
			}
		})
	}
}
