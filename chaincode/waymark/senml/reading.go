package senml

import (
	"math/big"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// MaxReadings bounds the records of one pack.
const MaxReadings = 1000

// Reading is one resolved record of a pack (RFC 8428, clause 4.6).
type Reading struct {
	Name  string    // base name and name joined
	Unit  string    // SenML unit symbol
	Value int64     // in the scale of the unit, waymark.ScaleOf
	Time  time.Time // UTC, to the millisecond
}

// Decimal returns the value as a decimal number in its unit.
func (r Reading) Decimal() waymark.Decimal {
	return waymark.FormatScaled(r.Value, waymark.ScaleOf(r.Unit))
}

// relativeTimeLimit is where SenML times begin to be absolute: seconds below
// 2^28 count from "now" (RFC 8428, clause 4.5.3), which endorsers cannot agree on.
const relativeTimeLimit = 1 << 28

// maxTime keeps a time inside four-digit years, in seconds since the epoch.
const maxTime = 253402300799

// record is a record as written, before its base fields are resolved. A nil
// number is absent.
type record struct {
	baseName, name string
	baseUnit, unit string
	baseValue      *big.Rat
	value          *big.Rat
	baseTime, time *big.Rat
}

// base holds the base fields that are in force (RFC 8428, clause 4.1).
type base struct {
	name, unit  string
	value, time *big.Rat
}

// resolve turns the records of a pack into readings. A record without a value
// only sets base fields.
func resolve(records []record) ([]Reading, error) {
	b := base{value: new(big.Rat), time: new(big.Rat)}
	readings := make([]Reading, 0, len(records))
	for i, r := range records {
		b.update(r)
		if r.value == nil {
			continue
		}
		reading, err := b.reading(r)
		if err != nil {
			return nil, waymark.Errorf(waymark.Invalid, "record %d of the pack: %s", i, waymark.AsError(err).Message)
		}
		readings = append(readings, reading)
	}
	if len(readings) == 0 {
		return nil, waymark.Errorf(waymark.Invalid, "the pack has no record with a numeric value (v)")
	}
	return readings, nil
}

func (b *base) update(r record) {
	if r.baseName != "" {
		b.name = r.baseName
	}
	if r.baseUnit != "" {
		b.unit = r.baseUnit
	}
	if r.baseValue != nil {
		b.value = r.baseValue
	}
	if r.baseTime != nil {
		b.time = r.baseTime
	}
}

func (b *base) reading(r record) (Reading, error) {
	reading := Reading{Name: b.name + r.name, Unit: r.unit}
	if reading.Unit == "" {
		reading.Unit = b.unit
	}
	if err := waymark.ValidateMeasurement("", reading.Name); err != nil {
		return Reading{}, err
	}
	if err := waymark.ValidateUnit("", reading.Unit); err != nil {
		return Reading{}, err
	}
	value, err := waymark.ScaleRat(new(big.Rat).Add(b.value, r.value), waymark.ScaleOf(reading.Unit))
	if err != nil {
		return Reading{}, err
	}
	reading.Value = value
	reading.Time, err = absolute(b.time, r.time)
	return reading, err
}

// absolute adds base time and time, in seconds, and refuses what is relative to now.
func absolute(baseTime, offset *big.Rat) (time.Time, error) {
	seconds := new(big.Rat).Set(baseTime)
	if offset != nil {
		seconds.Add(seconds, offset)
	}
	if seconds.Cmp(new(big.Rat).SetInt64(relativeTimeLimit)) < 0 || seconds.Cmp(new(big.Rat).SetInt64(maxTime)) > 0 {
		return time.Time{}, waymark.Errorf(waymark.Invalid, "the time (bt + t) must be absolute: seconds since 1970, at least 2^28")
	}
	millis, err := waymark.ScaleRat(seconds, 3)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(millis).UTC(), nil
}
