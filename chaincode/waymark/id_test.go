package waymark_test

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestValidateID(t *testing.T) {
	for _, id := range []string{"a", "0", "logger-1", "A_b:c-d", strings.Repeat("x", 64)} {
		if err := waymark.ValidateID("/id", id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", "-a", "_a", ":a", "a.b", "a/b", "a b", "a*", "a>", "a\n", "a\x00", "é", "a\xff", "\u212a", strings.Repeat("x", 65)} {
		if err := waymark.ValidateID("/id", id); waymark.CodeOf(err) != waymark.Invalid || waymark.AsError(err).Field != "/id" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestGS1CheckDigits(t *testing.T) {
	tests := []struct {
		name  string
		check func(pointer, digits string) error
		good  []string
		bad   []string
	}{
		{"GTIN", waymark.ValidateGTIN,
			[]string{"04012345678901", "00000000000000", "10614141000415", "00012345678905"},
			[]string{"", "4012345678901", "04012345678900", "0401234567890x", "004012345678901", "０4012345678901"}},
		{"GLN", waymark.ValidateGLN,
			[]string{"4012345000009", "0614141000012"},
			[]string{"", "4012345000000", "401234500000", "04012345000009", "401234500000 "}},
	}
	for _, tt := range tests {
		for _, digits := range tt.good {
			if err := tt.check("/x", digits); err != nil {
				t.Errorf("%s %q: %v", tt.name, digits, err)
			}
		}
		for _, digits := range tt.bad {
			if err := tt.check("/x", digits); waymark.CodeOf(err) != waymark.Invalid || waymark.AsError(err).Field != "/x" {
				t.Errorf("%s %q: %v", tt.name, digits, err)
			}
		}
	}
}

// Every change of one digit must be found.
func TestGS1CheckDigitFindsEveryWrongDigit(t *testing.T) {
	const good = "10614141000415"
	for i := range good {
		for d := byte('0'); d <= '9'; d++ {
			changed := good[:i] + string(d) + good[i+1:]
			if err := waymark.ValidateGTIN("", changed); (err == nil) != (changed == good) {
				t.Errorf("%s: %v", changed, err)
			}
		}
	}
}

func TestValidateSerial(t *testing.T) {
	for _, serial := range []string{"1", `!"%&'()*+,-./`, "abcXYZ_:;<=>?", strings.Repeat("9", 20)} {
		if err := waymark.ValidateSerial("/serial", serial); err != nil {
			t.Errorf("%q: %v", serial, err)
		}
	}
	for _, serial := range []string{"", strings.Repeat("9", 21), "a b", "a#b", "a\x00", "ä", "a~"} {
		if err := waymark.ValidateSerial("/serial", serial); waymark.CodeOf(err) != waymark.Invalid {
			t.Errorf("%q: %v", serial, err)
		}
	}
}

func TestValidateMeasurementAndUnit(t *testing.T) {
	for _, name := range []string{"temperature", "a", "urn:dev:ow:10e2073a01080063", "cold/a.b_c-d", strings.Repeat("x", 64)} {
		if err := waymark.ValidateMeasurement("", name); err != nil {
			t.Errorf("name %q: %v", name, err)
		}
	}
	for _, name := range []string{"", "/a", ".a", "a b", "a%", "é", strings.Repeat("x", 65)} {
		if waymark.CodeOf(waymark.ValidateMeasurement("", name)) != waymark.Invalid {
			t.Errorf("name %q was taken", name)
		}
	}
	// The units of RFC 8428, clause 12.1, and of RFC 8798, primary and secondary; then some more.
	units := strings.Fields(`m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l
		m/s m/s2 m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m
		B VA VAs var vars J/m kg/m3 deg
		ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3 mm/h m/h ppm
		/100 /1000 hPa mm cm km km/h furlong`)
	for _, unit := range append(units, strings.Repeat("x", 16)) {
		if err := waymark.ValidateUnit("", unit); err != nil {
			t.Errorf("unit %q: %v", unit, err)
		}
	}
	for _, unit := range []string{"", "°C", "/s", "//", "a b", "/" + strings.Repeat("1", 16), strings.Repeat("x", 17)} {
		if waymark.CodeOf(waymark.ValidateUnit("", unit)) != waymark.Invalid {
			t.Errorf("unit %q was taken", unit)
		}
	}
}

// An id is part of a ledger key, an MQTT client id and a topic level.
func FuzzValidateID(f *testing.F) {
	for _, seed := range []string{"logger-1", "", "a.b", "a\x00b", "\U0010FFFF", strings.Repeat("x", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if waymark.ValidateID("", id) != nil {
			return
		}
		if len(id) == 0 || len(id) > waymark.MaxIDLength || strings.ContainsAny(id, "./+#*> \x00\n\r\t$") || !ascii(id) {
			t.Fatalf("%q was taken", id)
		}
	})
}

func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 126 || r < 33 }) < 0
}
