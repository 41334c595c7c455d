package csvlog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/csvlog"
)

func TestRead(t *testing.T) {
	noon := "2026-03-01T12:00:00Z"
	tests := []struct {
		name, file string
		want       string // "time value unit, value unit; ..."
	}{
		{"all columns", "time,temperature,humidity,latitude,longitude\n2026-03-01T12:00:00Z,4.25,61,51.5074,-0.1278\n",
			noon + " 4.25Cel 61%RH 51.5074lat -0.1278lon"},
		{"any order, any case, other columns", "No.;LONGITUDE;Battery;Time;Temperature\n1;2.5;99;2026-03-01T12:00:00Z;4\n",
			noon + " 2.5lon 4Cel"},
		{"byte order mark, CRLF, blank lines", "\ufefftime,temperature\r\n\r\n2026-03-01T12:00:00Z,4\r\n,\r\n", noon + " 4Cel"},
		{"semicolons with decimal commas", "time;temperature\n01.03.2026 12:00:00;-4,5\n", noon + " -4.5Cel"},
		{"tabs", "time\ttemp\n2026-03-01 12:00\t4\n", noon + " 4Cel"},
		{"units in the header", "Date/Time,Temperature (°C),RH [%]\n2026/03/01 12:00:00,+4.0,50\n", noon + " 4Cel 50%RH"},
		{"quotes and spaces", "time, \"temperature\"\n\"2026-03-01 12:00:00\", \"4\"\n", noon + " 4Cel"},
		{"an empty cell", "time,temperature,humidity\n2026-03-01T12:00:00Z,,50\n", noon + " 50%RH"},
		{"zone", "time,temperature\n2026-03-01T13:00:00+01:00,4\n", noon + " 4Cel"},
		{"seconds since 1970", "time,temperature\n1772366400,4\n", noon + " 4Cel"},
		{"fraction of a second", "time,temperature\n2026-03-01 12:00:00.0004,4\n", noon + " 4Cel"},
		{"half away from zero", "time,temperature\n2026-03-01T12:00:00Z,-4.005\n", noon + " -4.01Cel"},
		{"no newline at the end", "time,temperature\n2026-03-01T12:00:00Z,4", noon + " 4Cel"},
		{"two rows at one time", "time,temp\n2026-03-01T12:00:00Z,4\n2026-03-01T12:00:00Z,5\n", noon + " 4Cel; " + noon + " 5Cel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := csvlog.Read(strings.NewReader(tt.file), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := render(rows); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func render(rows []csvlog.Row) string {
	var parts []string
	for _, row := range rows {
		part := row.Time.Format(time.RFC3339Nano)
		for _, r := range row.Readings {
			part += " " + string(r.Decimal()) + r.Unit
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func TestReadNamesTheFault(t *testing.T) {
	const good = "time,temperature\n2026-03-01T12:00:00Z,4\n"
	tests := []struct {
		name, file string
		line       int
		column     string
		why        string // part of it
	}{
		{"empty", "", 0, "", "empty"},
		{"header only", "time,temperature\n", 0, "", "no rows"},
		{"UTF-16", "\xff\xfet\x00", 0, "", "UTF-16"},
		{"no time", "temperature\n4\n", 1, "", `"time"`},
		{"no quantity", "time,speed\n", 1, "", "temperature"},
		{"twice", "time,temp,temperature\n", 1, "temperature", "already"},
		{"fahrenheit", "time,Temperature (°F)\n", 1, "Temperature (°F)", "Cel"},
		{"too few fields", good + "2026-03-01T12:01:00Z\n", 3, "", "fields"},
		{"no such time", good + "yesterday,4\n", 3, "time", "not a time"},
		{"missing time", good + ",4\n", 3, "time", "missing"},
		{"day or month", good + "01/03/2026 12:00,4\n", 3, "time", "day/month"},
		{"no such day", good + "2026-02-30 12:00:00,4\n", 3, "time", "not a time"},
		{"year", good + "0001-02-03 12:00:00,4\n", 3, "time", "years"},
		{"back in time", good + "2026-03-01T11:59:59Z,4\n", 3, "time", "goes back"},
		{"no number", good + "2026-03-01T12:01:00Z,OL\n", 3, "temperature", "not a number"},
		{"not finite", good + "2026-03-01T12:01:00Z,NaN\n", 3, "temperature", "not a number"},
		{"below absolute zero", good + "2026-03-01T12:01:00Z,-273.16\n", 3, "temperature", "between"},
		{"latitude", "time,lat\n2026-03-01T12:00:00Z,90.1\n", 2, "lat", "between"},
		{"no value", good + "2026-03-01T12:01:00Z,\n", 3, "", "no value"},
		{"quote", good + "2026-03-01T12:01:00Z,\"4\n", 3, "", "\""},
		{"after blank lines", good + "\n\n2026-03-01T12:01:00Z,x\n", 5, "temperature", "not a number"},
		{"long line", good + strings.Repeat("x", 70_000), 3, "", "longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := csvlog.Read(strings.NewReader(tt.file), nil)
			var e *csvlog.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a csvlog.Error", err)
			}
			if e.Line != tt.line || e.Column != tt.column || !strings.Contains(e.Why, tt.why) {
				t.Errorf("got line %d, column %q: %s; want line %d, column %q: ...%s", e.Line, e.Column, e.Why, tt.line, tt.column, tt.why)
			}
		})
	}
}

func TestZone(t *testing.T) {
	rows, err := csvlog.Read(strings.NewReader("time,temp\n2026-03-01 13:00:00,4\n"), time.FixedZone("", 3600))
	if err != nil || rows[0].Time.Hour() != 12 {
		t.Errorf("got %v, %v; want 12 o'clock UTC", rows, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"time,temperature\n2026-03-01T12:00:00Z,4\n",
		"\ufefftime;temp;rh\r\n01.03.2026 12:00:00;-4,5;50\r\n",
		"time\tlat\tlon\n1772366400\t51.5\t-0.1\n", "\"", "time,temp\n\"", "\xff\xfe",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := csvlog.Read(strings.NewReader(string(file)), nil)
		var e *csvlog.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatalf("%v is no csvlog.Error", err)
			}
			return
		}
		for i, row := range rows {
			if len(row.Readings) == 0 || row.Line < 2 || i > 0 && row.Time.Before(rows[i-1].Time) {
				t.Fatalf("row %d: %+v", i, row)
			}
		}
	})
}
