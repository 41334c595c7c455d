package kinetic_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/kinetic"
)

// vectors is test/vectors/kinetic.json; its README says what the members mean.
type vectors struct {
	Rates []struct {
		CentiCelsius int64 `json:"centi_celsius"`
		Rate         string
	}
	Means []struct {
		Name         string
		Steps        []step
		Sum          kinetic.Sum
		Milliseconds int64
		CentiCelsius int64 `json:"centi_celsius"`
		Within       int64
	}
	Bad []struct {
		Name         string
		Sum          kinetic.Sum
		Milliseconds int64
	}
}

func TestVectors(t *testing.T) {
	data, err := os.ReadFile("../../../test/vectors/kinetic.json")
	if err != nil {
		t.Fatal(err)
	}
	var file vectors
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Rates) < 50 || len(file.Means) < 10 || len(file.Bad) < 4 {
		t.Fatalf("only %d rates, %d means, %d bad sums", len(file.Rates), len(file.Means), len(file.Bad))
	}
	for _, v := range file.Rates {
		if got := rateOf(t, v.CentiCelsius); got != v.Rate {
			t.Errorf("rate at %d is %s, want %s", v.CentiCelsius, got, v.Rate)
		}
	}
	for _, v := range file.Means {
		sum, milliseconds := add(t, v.Steps...)
		if sum != v.Sum || milliseconds != v.Milliseconds {
			t.Errorf("%s: %s over %d ms, want %s over %d", v.Name, sum, milliseconds, v.Sum, v.Milliseconds)
		}
		if mean, err := sum.MKT(milliseconds); mean != v.CentiCelsius || err != nil {
			t.Errorf("%s: %d, %v, want %d", v.Name, mean, err, v.CentiCelsius)
		}
		if !sum.Within(milliseconds, v.Within) || sum.Within(milliseconds, v.Within-1) {
			t.Errorf("%s: %d is not the lowest limit", v.Name, v.Within)
		}
	}
	for _, v := range file.Bad {
		if mean, err := v.Sum.MKT(v.Milliseconds); !errors.Is(err, kinetic.ErrNoMean) {
			t.Errorf("%s: %d, %v", v.Name, mean, err)
		}
	}
}

// TestKnownMeans has those that the formula of ICH and USP gives to two decimals, so that they
// stand here and not only in a file that is generated.
func TestKnownMeans(t *testing.T) {
	const hour = 3_600_000
	tests := []struct {
		give []step
		want string
	}{
		{[]step{{20_00, 2 * hour}, {2_00, 4 * hour}, {25_00, hour}}, "15.68"},
		{[]step{{19_80, 1}, {20_20, 1}, {20_60, 1}, {21_00, 1}, {21_30, 1}, {21_50, 1}}, "20.75"},
		{[]step{{4_00, 4}, {16_00, 1}}, "8.11"},
		{[]step{{22_00, 696 * hour}, {40_00, 24 * hour}}, "23.60"},
		{[]step{{5_00, 20 * hour}, {9_00, 2 * hour}, {12_00, hour}, {15_00, hour}}, "6.53"},
	}
	for _, tt := range tests {
		sum, milliseconds := add(t, tt.give...)
		mean, err := sum.MKT(milliseconds)
		if got := strconv.FormatFloat(float64(mean)/100, 'f', 2, 64); got != tt.want || err != nil {
			t.Errorf("%v: %s, %v, want %s", tt.give, got, err, tt.want)
		}
	}
}
