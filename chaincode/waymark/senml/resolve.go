package senml

import (
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// relativeTimeLimit is where SenML times begin to be absolute: seconds below
// 2^28 count from "now" (RFC 8428, clause 4.5.3), which endorsers cannot agree on.
const relativeTimeLimit = 1 << 28

// maxTime keeps a time inside four-digit years, in seconds since the epoch.
const maxTime = 253402300799

// record is a record as written, before its base fields are resolved. What is nil,
// or a number that is not set, is absent.
type record struct {
	baseName, name     *string
	baseUnit, unit     *string
	baseValue, value   number
	baseSum, sum       number
	baseTime, time     number
	version, update    number
	boolean            *bool
	more               bool // it has members that are not of RFC 8428
	textValue, rawData *string
}

// base holds the base fields that are in force (RFC 8428, clause 4.1).
type base struct {
	name, unit       string
	value, sum, time number
	version          number
}

// resolve turns the records of a pack into readings.
func resolve(records []record) ([]Reading, error) {
	b := &base{}
	readings := make([]Reading, 0, len(records))
	for i, r := range records {
		more, err := b.read(r)
		if err != nil {
			return nil, waymark.Errorf(waymark.Invalid, "record %d of the pack: %s", i, waymark.AsError(err).Message)
		}
		if readings = append(readings, more...); len(readings) > MaxReadings {
			return nil, waymark.Errorf(waymark.Invalid, "the pack has more than %d readings", MaxReadings)
		}
	}
	if len(readings) == 0 {
		return nil, waymark.Errorf(waymark.Invalid, "the pack has no record with a value (v, vs, vb or vd) or a sum (s)")
	}
	return readings, nil
}

// read takes the base fields of a record and returns its readings: none if it has
// only base fields, two if it has a value and a sum. Base fields alone make no
// reading: the ledger keeps what a sensor says, not what follows from defaults.
func (b *base) read(r record) ([]Reading, error) {
	if err := b.update(r); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil || !r.measures() {
		return nil, err
	}
	common, err := b.common(r)
	if err != nil {
		return nil, err
	}
	var readings []Reading
	if r.values() == 1 {
		reading, err := b.valueOf(r, common)
		if err != nil {
			return nil, err
		}
		readings = append(readings, reading)
	}
	if !r.sum.set {
		return readings, nil
	}
	sum, err := b.quantity(common, Sum, r, b.sum, r.sum)
	return append(readings, sum), err
}

// check refuses fields that do not go together.
func (r record) check() error {
	switch {
	case r.values() > 1:
		return waymark.Errorf(waymark.Invalid, "has more than one of v, vs, vb and vd")
	case !r.measures() && r.hasRegular():
		return waymark.Errorf(waymark.Invalid, "has n, u, t or ut, and neither a value (v, vs, vb or vd) nor a sum (s)")
	case r.hasStrayUnit():
		return waymark.Errorf(waymark.Invalid, `has a unit (u) that no number is in: it goes with v and s; with vb it may be "/"`)
	}
	return nil
}

// measures reports whether the record has a value or a sum.
func (r record) measures() bool { return r.values() > 0 || r.sum.set }

// update puts the base fields of a record in force. The version must be the same
// in the whole pack, and is 10 if nothing else is said (clauses 4.1 and 4.4).
func (b *base) update(r record) error {
	if !b.version.set {
		b.version = whole(supportedVersion)
		replace(&b.version, r.version)
	}
	if r.version.set && r.version.exact().Cmp(b.version.exact()) != 0 {
		return waymark.Errorf(waymark.Invalid, "has another bver than the records before it")
	}
	if r.baseName != nil {
		b.name = *r.baseName
	}
	if r.baseUnit != nil {
		b.unit = *r.baseUnit
	}
	replace(&b.value, r.baseValue)
	replace(&b.sum, r.baseSum)
	replace(&b.time, r.baseTime)
	return nil
}

func replace(target *number, value number) {
	if value.set {
		*target = value
	}
}

// values counts the value fields. There may be one (clause 4.2).
func (r record) values() int {
	n := 0
	for _, there := range []bool{r.value.set, r.boolean != nil, r.textValue != nil, r.rawData != nil} {
		if there {
			n++
		}
	}
	return n
}

func (r record) hasRegular() bool {
	return r.name != nil || r.unit != nil || r.time.set || r.update.set
}

// hasStrayUnit reports a unit that belongs to no number. The base unit does not
// count: it is for those records that can have one.
func (r record) hasStrayUnit() bool {
	if r.unit == nil || r.value.set || r.sum.set {
		return false
	}
	return r.boolean == nil || *r.unit != booleanUnit
}

// common is what the readings of a record share.
func (b *base) common(r record) (Reading, error) {
	reading := Reading{Name: b.name}
	if r.name != nil {
		reading.Name += *r.name
	}
	if err := waymark.ValidateMeasurement("", reading.Name); err != nil {
		return Reading{}, err
	}
	var err error
	if reading.Time, err = absolute(b.time, r.time); err != nil {
		return Reading{}, err
	}
	if r.update.set {
		reading.Update, err = updateTime(r.update)
	}
	return reading, err
}

// valueOf returns the reading of the one value field.
func (b *base) valueOf(r record, reading Reading) (Reading, error) {
	switch {
	case r.textValue != nil:
		reading.Kind, reading.Body = Text, *r.textValue
		return reading, nil
	case r.rawData != nil:
		reading.Kind, reading.Body = Data, *r.rawData
		return reading, nil
	case r.boolean != nil:
		reading.Kind, reading.Unit = Boolean, booleanUnit
		if !*r.boolean {
			return reading, nil
		}
		var err error
		reading.Value, err = whole(1).scaled(waymark.ScaleOf(booleanUnit))
		return reading, err
	}
	return b.quantity(reading, Number, r, b.value, r.value)
}

// quantity returns a reading that has a unit: the sum of a base and what is written.
func (b *base) quantity(reading Reading, kind Kind, r record, from, written number) (Reading, error) {
	reading.Kind, reading.Unit = kind, b.unit
	if r.unit != nil {
		reading.Unit = *r.unit
	}
	if err := waymark.ValidateUnit("", reading.Unit); err != nil {
		return Reading{}, err
	}
	var err error
	reading.Value, err = from.plus(written).scaled(waymark.ScaleOf(reading.Unit))
	return reading, err
}

// absolute adds base time and time, in seconds, and refuses what is relative to now.
func absolute(baseTime, offset number) (time.Time, error) {
	seconds := baseTime.plus(offset)
	if seconds.compare(relativeTimeLimit) < 0 {
		return time.Time{}, waymark.Errorf(waymark.Invalid, "the time (bt + t) is relative to now, or missing, and members would not agree on it: send seconds since 1970, at least 2^28")
	}
	if seconds.compare(maxTime) > 0 {
		return time.Time{}, waymark.Errorf(waymark.Invalid, "the time (bt + t) is after the year 9999")
	}
	millis, err := seconds.scaled(3)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(millis).UTC(), nil
}

func updateTime(seconds number) (time.Duration, error) {
	if seconds.compare(0) < 0 || seconds.compare(int64(MaxUpdate/time.Second)) > 0 {
		return 0, waymark.Errorf(waymark.Invalid, "the update time (ut) must be 0 to 2^28 seconds")
	}
	millis, err := seconds.scaled(3)
	return time.Duration(millis) * time.Millisecond, err
}
