package profiles_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// rule is a condition as profiles.json has it.
type rule struct {
	ID               string
	Minimum, Maximum waymark.Decimal
	Budget           struct {
		Seconds int64
		Mode    string
	}
	MKT struct {
		Limit         waymark.Decimal
		WindowSeconds int64 `json:"window_seconds"`
	}
}

// rules returns those of every profile, by the names of profile and rule.
func rules(t *testing.T) map[[2]string]rule {
	t.Helper()
	data, err := os.ReadFile("profiles.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Profiles []struct {
			Name       string
			Conditions []rule
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	all := map[[2]string]rule{}
	for _, p := range file.Profiles {
		for _, r := range p.Conditions {
			all[[2]string{p.Name, r.ID}] = r
		}
	}
	return all
}

// outside reports whether a reading of so many centi-degrees is.
func (r rule) outside(t *testing.T, centiCelsius int64) bool {
	t.Helper()
	beyond := func(bound waymark.Decimal, sign int64) bool {
		if bound == "" {
			return false
		}
		v, err := bound.Scaled(2)
		if err != nil {
			t.Fatal(err)
		}
		return sign*centiCelsius > sign*v
	}
	return beyond(r.Maximum, 1) || beyond(r.Minimum, -1)
}

// TestNumbersOfTheSources repeats what the sources say: the last reading that is allowed, the
// first that is not, and for how long.
func TestNumbersOfTheSources(t *testing.T) {
	const type1, type2 = "who-pqs-e006-tr07-type-1", "who-pqs-e006-tr07-type-2"
	all := rules(t)
	for _, tt := range []struct {
		profile, rule   string
		inside, outside int64 // centi-degrees
		seconds         int64
		mode            string
	}{
		{type1, "hot", 44_99, 45_00, 3600, "consecutive"},
		{type1, "warm", 29_99, 30_00, 36_000, "cumulative"},
		{type1, "freezing", -49, -50, 3600, "consecutive"},
		{type2, "hot", 44_99, 45_00, 3600, "consecutive"},
		{type2, "warm", 29_99, 30_00, 36_000, "cumulative"},
		{type2, "cool", 9_99, 10_00, 72_000, "cumulative"},
		{"controlled-room-usp", "limits", 15_00, 14_99, 0, ""},
		{"controlled-room-usp", "limits", 40_00, 40_01, 0, ""},
		{"controlled-room-usp", "spike", 30_00, 30_01, 86_400, "consecutive"},
		{"controlled-cold-usp", "limits", 2_00, 1_99, 0, ""},
		{"controlled-cold-usp", "limits", 15_00, 15_01, 0, ""},
		{"controlled-cold-usp", "excursion", 8_00, 8_01, 86_400, "consecutive"},
		{"refrigerated", "range", 2_00, 1_99, 0, ""},
		{"refrigerated", "range", 8_00, 8_01, 0, ""},
		{"room-no-mkt", "maximum", 25_00, 25_01, 0, ""},
		{"freezer-usp", "range", -25_00, -25_01, 0, ""},
		{"freezer-usp", "range", -10_00, -9_99, 0, ""},
		{"vaccine-freezer-cdc", "range", -50_00, -50_01, 0, ""},
		{"vaccine-freezer-cdc", "range", -15_00, -14_99, 0, ""},
		{"quick-frozen-food", "maximum", -18_00, -17_99, 0, ""},
	} {
		r, found := all[[2]string{tt.profile, tt.rule}]
		if !found || r.outside(t, tt.inside) || !r.outside(t, tt.outside) {
			t.Errorf("%s %s: %+v, want %d inside and %d not", tt.profile, tt.rule, r, tt.inside, tt.outside)
		}
		if r.Budget.Seconds != tt.seconds || r.Budget.Mode != tt.mode {
			t.Errorf("%s %s: budget %+v", tt.profile, tt.rule, r.Budget)
		}
	}
	for profile, want := range map[string]struct {
		limit waymark.Decimal
		days  int64
	}{"controlled-room-usp": {"25", 30}, "controlled-cold-usp": {"8", 1}} {
		if r := all[[2]string{profile, "mean"}]; r.MKT.Limit != want.limit || r.MKT.WindowSeconds != want.days*86_400 {
			t.Errorf("%s: %+v, want %+v", profile, r.MKT, want)
		}
	}
}
