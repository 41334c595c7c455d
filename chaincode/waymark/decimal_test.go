package waymark_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestDecimalScaled(t *testing.T) {
	tests := []struct {
		give  waymark.Decimal
		scale int
		want  int64
	}{
		{"0", 2, 0}, {"-0", 2, 0}, {"4.25", 2, 425}, {"-4.25", 2, -425},
		{"0.004", 2, 0}, {"0.005", 2, 1}, {"-0.005", 2, -1}, {"0.0049999", 2, 0}, {"-0.0050001", 2, -1},
		{"1.005", 2, 101}, {"-1.005", 2, -101}, {"1.015", 2, 102}, {"2.5", 0, 3}, {"-2.5", 0, -3}, {"1.5", 0, 2},
		{"1e2", 2, 10000}, {"1E-2", 2, 1}, {"1e-99", 6, 0}, {"123456789012345678", 0, 123456789012345678},
		{"9223372036854775.807", 3, math.MaxInt64}, {"-9223372036854775.808", 3, math.MinInt64},
		{"0.999999999999999999", 2, 100},
	}
	for _, tt := range tests {
		if got, err := tt.give.Scaled(tt.scale); err != nil || got != tt.want {
			t.Errorf("%s at %d decimals: %d, %v; want %d", tt.give, tt.scale, got, err, tt.want)
		}
	}
}

func TestDecimalRefuses(t *testing.T) {
	for _, d := range []waymark.Decimal{"", " 1", "1 ", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "1e100", "1,5", "NaN", "Inf", "-Infinity",
		"0x10", "1_000", "1/3", "1234567890123456789", "0.1234567890123456789", "１", "1\n", "--1"} {
		if got, err := d.Scaled(2); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%q: %d, %v", d, got, err)
		}
	}
	for _, d := range []waymark.Decimal{"9223372036854775.808", "-9223372036854775.809", "1e99", "-1e18"} {
		if got, err := d.Scaled(3); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%q is out of range at 3 decimals: %d, %v", d, got, err)
		}
	}
}

func TestFormatScaled(t *testing.T) {
	tests := []struct {
		value int64
		scale int
		want  waymark.Decimal
	}{
		{0, 2, "0"}, {425, 2, "4.25"}, {-425, 2, "-4.25"}, {-5, 2, "-0.05"}, {400, 2, "4"}, {410, 2, "4.1"}, {1000, 0, "1000"},
		{math.MaxInt64, 6, "9223372036854.775807"}, {math.MinInt64, 2, "-92233720368547758.08"},
	}
	for _, tt := range tests {
		if got := waymark.FormatScaled(tt.value, tt.scale); got != tt.want {
			t.Errorf("%d at %d: %s, want %s", tt.value, tt.scale, got, tt.want)
		}
	}
}

// FuzzDecimal checks the rounding against its definition: of all integers, the
// nearest to the exact value, and of two equally near the one away from zero.
func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"0", "-0.005", "1.015", "1e99", "9223372036854775.807", "NaN", "01", "-1.5e-3"} {
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, text string, scale int) {
		scale = (scale%8 + 8) % 8
		d := waymark.Decimal(text)
		got, err := d.Scaled(scale)
		if err != nil {
			if waymark.CodeOf(err) != waymark.Invalid {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		exact, parsed := new(big.Rat).SetString(text) // only now: it can be made to run for hours
		if !parsed {
			t.Fatalf("%q was taken for a number", text)
		}
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		difference := new(big.Rat).Sub(exact.Mul(exact, power), new(big.Rat).SetInt64(got))
		half := big.NewRat(1, 2)
		away := new(big.Rat).Abs(difference)
		if away.Cmp(half) > 0 || away.Cmp(half) == 0 && difference.Sign() == exact.Sign() {
			t.Fatalf("%s at %d decimals became %d, off by %s", text, scale, got, difference)
		}
		again, err := waymark.FormatScaled(got, scale).Scaled(scale)
		if len(waymark.FormatScaled(got, scale)) < 18 && (err != nil || again != got) {
			t.Fatalf("%d at %d decimals became %d, %v", got, scale, again, err)
		}
	})
}
